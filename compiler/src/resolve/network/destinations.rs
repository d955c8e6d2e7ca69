//! What may be connected to, and what of the host leads inside.

use crate::diagnostics::{Diagnostic, quote};
use crate::hosts::HostGroups;
use crate::ir::network::{Destination, Name, NamePattern, Published, RESOLVER_PORT};
use crate::quantity::{self, Hosts, Ports, Target, TargetError, TargetFault, target};
use crate::resolve::scope::{Placed, Scope};
use crate::source::Span;
use purple_policy::{AllowEntry, HostService, Publish};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// Hosts and ports that may be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Which hosts.
    pub hosts: Destination,
    /// Over which ports.
    pub ports: Ports,
}

/// The entries of `allow`, each group as what it stands for.
pub(super) fn allowed(
    entries: &[AllowEntry],
    groups: &HostGroups,
    scope: &mut Scope<'_>,
) -> Vec<Placed<Allowed>> {
    let mut found: Vec<(Target, bool, Span)> = Vec::new();
    let mut taken_out: Vec<(Target, Span)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let pointer = match entry {
            AllowEntry::To(_) => format!("/network/allow/{at}"),
            AllowEntry::Long(_) => format!("/network/allow/{at}/to"),
        };
        let span = scope.span(&pointer);
        let (text, is_out) = match entry.to().strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (entry.to(), false),
        };
        let target = match target(text) {
            Ok(target) => target,
            Err(mut error) => {
                let shift = usize::from(is_out);
                error.error.range.start += shift;
                error.error.range.end += shift;
                refuse(error, &pointer, scope);
                continue;
            }
        };
        if is_out {
            taken_out.push((target, span));
            continue;
        }
        match &target.hosts {
            Hosts::Group(name) => {
                let members = groups.of(name).unwrap_or_default();
                found.extend(members.iter().map(|one| {
                    let mut one = one.clone();
                    if target.has_port {
                        one.ports = target.ports;
                    }
                    (one, true, span)
                }));
            }
            _ => found.push((target, false, span)),
        }
    }
    for (target, span) in &taken_out {
        let before = found.len();
        found.retain(|(one, grouped, _)| !(*grouped && one.hosts == target.hosts));
        if found.len() == before {
            let message = format!("{} removes nothing", quote(&format!("!{}", target.hosts)));
            scope.report(
                Diagnostic::error("removes-nothing", *span, message).with_help(
                    "no group in the list contains it: remove the line, or correct the name",
                ),
            );
        }
    }
    found
        .into_iter()
        .filter_map(|(target, _, span)| {
            let value = Allowed {
                hosts: destination(&target.hosts)?,
                ports: target.ports,
            };
            Some(Placed { value, span })
        })
        .collect()
}

/// Hosts as the IR has them.
fn destination(hosts: &Hosts) -> Option<Destination> {
    match hosts {
        Hosts::Block(block) => Some(Destination::Addresses(*block)),
        Hosts::Name(name) => {
            Name::new(name).map(|name| Destination::Names(NamePattern::Exact(name)))
        }
        Hosts::Below(name) => {
            Name::new(name).map(|name| Destination::Names(NamePattern::Below(name)))
        }
        Hosts::Group(_) => None,
    }
}

fn refuse(error: TargetError, pointer: &str, scope: &mut Scope<'_>) {
    let TargetError { fault, error } = error;
    match fault {
        TargetFault::Form => scope.refuse_quantity("invalid-destination", pointer, error),
        TargetFault::Wildcard => scope.refuse_quantity("wildcard-misplaced", pointer, error),
        TargetFault::NotAscii => scope.refuse_quantity("name-not-ascii", pointer, error),
        TargetFault::TooLong => scope.refuse_quantity("name-too-long", pointer, error),
        TargetFault::Address => scope.refuse_quantity("invalid-address", pointer, error),
        TargetFault::Port => scope.refuse_quantity("invalid-port", pointer, error),
        TargetFault::Inside => scope.refuse_quantity("destination-is-inside", pointer, error),
    }
}

/// The ports of the host's services.
pub(super) fn host_services(entries: &[HostService], scope: &mut Scope<'_>) -> Vec<Placed<u16>> {
    let mut found: Vec<Placed<u16>> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let span = scope.span(&match entry {
            HostService::Port(_) => format!("/network/host_services/{at}"),
            HostService::Long(_) => format!("/network/host_services/{at}/port"),
        });
        let value = entry.port();
        if value == RESOLVER_PORT {
            scope.report(
                Diagnostic::error(
                    "host-service-taken",
                    span,
                    "port 53 of the host's name is the port of the sandbox's resolver",
                )
                .with_help("list the host's resolver under `dns_servers` instead"),
            );
        } else if let Some(first) = found.iter().find(|one| one.value == value) {
            let message = format!("the host's port {value} is listed already");
            scope.report(
                Diagnostic::error("host-service-taken", span, message)
                    .with_related(first.span, "first here")
                    .with_help("keep one entry for each port"),
            );
        } else {
            found.push(Placed { value, span });
        }
    }
    found
}

/// The published ports.
pub(super) fn published(entries: &[Publish], scope: &mut Scope<'_>) -> Vec<Placed<Published>> {
    let mut found: Vec<Placed<Published>> = Vec::new();
    let mut taken: BTreeMap<u16, Vec<(IpAddr, Span)>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let pointer = format!("/network/publish/{at}");
        let address = match &entry.address {
            None => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(text) => match quantity::address(text) {
                Ok(address) => address,
                Err(error) => {
                    scope.refuse_quantity("invalid-address", &format!("{pointer}/address"), error);
                    continue;
                }
            },
        };
        let span = scope.span(&format!("{pointer}/host"));
        let others = taken.entry(entry.host).or_default();
        // An unspecified address is every address of its family, and IPv6's those of IPv4 too.
        let meets =
            |other: IpAddr| other == address || other.is_unspecified() || address.is_unspecified();
        if let Some((_, first)) = others.iter().find(|(other, _)| meets(*other)) {
            let message = format!("the host's port {} is published already", entry.host);
            scope.report(
                Diagnostic::error("publish-twice", span, message)
                    .with_related(*first, "first here")
                    .with_help("give each published port a port of the host of its own"),
            );
            continue;
        }
        others.push((address, span));
        let value = Published {
            address,
            host: entry.host,
            inside: entry.inside,
        };
        found.push(Placed { value, span });
    }
    found
}
