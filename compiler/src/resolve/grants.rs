//! What the policy says about its grants: whether one has expired.

use super::host::plain;
use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::parse::Document;
use crate::quantity::{Date, date};
use crate::source::Span;
use crate::syscalls::groups::group;
use purple_policy::{AllowEntry, CallEntry, CapabilityEntry, DeviceEntry, HostService, Policy};
use std::collections::BTreeSet;

/// A grant that ends within so many days draws a warning.
const SOON: u32 = 14;

/// Checks every grant with a day on which it ends, against `today`; without a day of today only
/// how the days are written.
pub(super) fn check(policy: &Policy, today: Option<Date>, scope: &mut Scope<'_>) {
    let mut one = |grant: purple_policy::Grant<'_>, pointer: String| {
        if let Some(text) = grant.expires {
            expiry(
                text,
                grant.owner,
                &format!("{pointer}/expires"),
                today,
                scope,
            );
        }
    };
    if let Some(filesystem) = &policy.filesystem {
        for (at, path) in filesystem.immutable_paths.iter().enumerate() {
            one(path.grant(), format!("/filesystem/immutable_paths/{at}"));
        }
        for (at, path) in filesystem.output_paths.iter().enumerate() {
            one(path.grant(), format!("/filesystem/output_paths/{at}"));
        }
        for (at, entry) in filesystem.devices.iter().enumerate() {
            if let DeviceEntry::Long(long) = entry {
                one(long.grant(), format!("/filesystem/devices/{at}"));
            }
        }
    }
    if let Some(capabilities) = &policy.capabilities {
        for (at, entry) in capabilities.add.iter().enumerate() {
            if let CapabilityEntry::Long(long) = entry {
                one(long.grant(), format!("/capabilities/add/{at}"));
            }
        }
    }
    if let Some(network) = &policy.network {
        for (at, entry) in network.allow.iter().enumerate() {
            if let AllowEntry::Long(long) = entry {
                one(long.grant(), format!("/network/allow/{at}"));
            }
        }
        for (at, entry) in network.host_services.iter().enumerate() {
            if let HostService::Long(long) = entry {
                one(long.grant(), format!("/network/host_services/{at}"));
            }
        }
        for (at, entry) in network.publish.iter().enumerate() {
            one(entry.grant(), format!("/network/publish/{at}"));
        }
    }
    let Some(syscalls) = &policy.syscalls else {
        return;
    };
    for (at, entry) in syscalls.allow.iter().enumerate() {
        if let CallEntry::Long(long) = entry {
            one(long.grant(), format!("/syscalls/allow/{at}"));
        }
    }
    for (at, entry) in syscalls.deny.iter().enumerate() {
        if let CallEntry::Long(long) = entry
            && long.expires.is_some()
        {
            scope.report(
                Diagnostic::error(
                    "denial-expires",
                    scope
                        .document
                        .key_span(&format!("/syscalls/deny/{at}/expires")),
                    "a denial does not expire: it grants nothing",
                )
                .with_help("remove the key; a grant with an end belongs under `allow`"),
            );
        }
    }
}

fn expiry(
    text: &str,
    owner: Option<&str>,
    pointer: &str,
    today: Option<Date>,
    scope: &mut Scope<'_>,
) {
    let last = match date(text) {
        Ok(last) => last,
        Err(error) => return scope.refuse_quantity("invalid-date", pointer, error),
    };
    let Some(today) = today else { return };
    let span = scope.span(pointer);
    let ask = match owner {
        Some(owner) => {
            format!(
                "ask {} whether it is still needed",
                crate::diagnostics::quote(owner)
            )
        }
        None => "ask whether it is still needed".to_owned(),
    };
    match last.number().checked_sub(today.number()) {
        None => {
            let message = format!("this grant ended on {last}, and today is {today}");
            scope.report(
                Diagnostic::error("grant-expired", span, message)
                    .with_help(format!("{ask}; remove it, or set a later day")),
            );
        }
        Some(days) if days <= SOON => {
            let left = match days {
                0 => "today is its last day".to_owned(),
                1 => "1 day is left".to_owned(),
                days => format!("{days} days are left"),
            };
            let message = format!("this grant ends on {last}: {left}");
            scope.report(
                Diagnostic::warning("grant-expires-soon", span, message)
                    .with_help(format!("{ask}: after that day the policy does not compile")),
            );
        }
        Some(_) => {}
    }
}

/// What a policy grants by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// A path of the host.
    Path(String),
    /// A device of the host.
    Device(String),
    /// A capability.
    Capability(String),
    /// A destination of the network.
    Destination(String),
    /// A service of the host, by its port.
    Service(u16),
    /// A port of the host that leads inside.
    Port(u16),
    /// System calls.
    Calls(BTreeSet<String>),
}

/// A grant: what, until when, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What is granted.
    pub what: Granted,
    /// What the policy calls it.
    pub name: String,
    /// The last day; `None`: no end.
    pub last: Option<Date>,
    /// The place of its name.
    pub span: Span,
}

/// What a policy grants by name, in the order of its sections.
pub fn grants(policy: &Policy, document: &Document) -> Vec<Grant> {
    let mut all = Vec::new();
    let mut add = |what, name: &str, expires: Option<&str>, pointer: String| {
        all.push(Grant {
            what,
            name: name.to_owned(),
            last: expires.and_then(|text| date(text).ok()),
            span: document.span(&pointer),
        });
    };
    if let Some(filesystem) = &policy.filesystem {
        let list = "/filesystem/immutable_paths";
        for (at, one) in filesystem.immutable_paths.iter().enumerate() {
            let (host, expires) = (&one.host_path, one.expires.as_deref());
            let what = Granted::Path(plain(host));
            add(what, host, expires, format!("{list}/{at}/host_path"));
        }
        let list = "/filesystem/output_paths";
        for (at, one) in filesystem.output_paths.iter().enumerate() {
            let (host, expires) = (&one.host_path, one.expires.as_deref());
            let what = Granted::Path(plain(host));
            add(what, host, expires, format!("{list}/{at}/host_path"));
        }
        for (at, one) in filesystem.devices.iter().enumerate() {
            let (expires, part) = match one {
                DeviceEntry::Device(_) => (None, ""),
                DeviceEntry::Long(long) => (long.expires.as_deref(), "/device"),
            };
            let what = Granted::Device(one.device().to_owned());
            let place = format!("/filesystem/devices/{at}{part}");
            add(what, one.device(), expires, place);
        }
    }
    for (at, one) in policy
        .capabilities
        .iter()
        .flat_map(|section| section.add.iter().enumerate())
    {
        let expires = match one {
            CapabilityEntry::Name(_) => None,
            CapabilityEntry::Long(long) => long.expires.as_deref(),
        };
        let what = Granted::Capability(one.name().to_owned());
        add(what, one.name(), expires, format!("/capabilities/add/{at}"));
    }
    if let Some(network) = &policy.network {
        for (at, one) in network.allow.iter().enumerate() {
            let (expires, part) = match one {
                AllowEntry::To(_) => (None, ""),
                AllowEntry::Long(long) => (long.expires.as_deref(), "/to"),
            };
            let what = Granted::Destination(one.to().to_ascii_lowercase());
            add(
                what,
                one.to(),
                expires,
                format!("/network/allow/{at}{part}"),
            );
        }
        for (at, one) in network.host_services.iter().enumerate() {
            let expires = match one {
                HostService::Port(_) => None,
                HostService::Long(long) => long.expires.as_deref(),
            };
            let (what, name) = (Granted::Service(one.port()), one.port().to_string());
            add(what, &name, expires, format!("/network/host_services/{at}"));
        }
        for (at, one) in network.publish.iter().enumerate() {
            let (what, name) = (Granted::Port(one.host), one.host.to_string());
            let expires = one.expires.as_deref();
            add(what, &name, expires, format!("/network/publish/{at}"));
        }
    }
    for (at, one) in policy
        .syscalls
        .iter()
        .flat_map(|section| section.allow.iter().enumerate())
    {
        let (name, expires) = match one {
            CallEntry::Name(name) => (name.as_str(), None),
            CallEntry::Long(long) => (long.syscall.as_str(), long.expires.as_deref()),
            CallEntry::When(pair) => match pair.keys().next() {
                Some(name) => (name.as_str(), None),
                None => continue,
            },
        };
        let calls = match group(name) {
            Some(group) => group.opened().map(str::to_owned).collect(),
            None => BTreeSet::from([name.to_owned()]),
        };
        let what = Granted::Calls(calls);
        add(what, name, expires, format!("/syscalls/allow/{at}"));
    }
    all
}
