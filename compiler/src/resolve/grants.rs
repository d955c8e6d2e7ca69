//! What the policy says about its grants: whether one has expired.

use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::quantity::{Date, date};
use purple_policy::{AllowEntry, CallEntry, CapabilityEntry, Grant, HostService, Policy};

/// A grant that ends within so many days draws a warning.
const SOON: u32 = 14;

/// Checks every grant with a day on which it ends, against `today`; without a day of today only
/// how the days are written.
pub(super) fn check(policy: &Policy, today: Option<Date>, scope: &mut Scope<'_>) {
    let mut one = |grant: Grant<'_>, pointer: String| {
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
                .with_help("remove the key; a grant with an end stands under `allow`"),
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
