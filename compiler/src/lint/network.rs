//! Parts of the `network` section that do not fit each other, or the system calls.

use super::calls::access;
use super::scope::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::network::{Connection, Direction, Effect, Extent, Host, Link};
use crate::ir::syscalls::{Action, ArchMeaning, Call};
use crate::quantity::Protocol;
use crate::source::Span;
use crate::syscalls::constants::constant;
use crate::syscalls::syscall_number;
use std::net::IpAddr;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let network = &scope.resolved.network;
    let lists = [
        (network.outgoing_span, "connect"),
        (network.incoming_span, "bind"),
    ];
    let listed = lists
        .into_iter()
        .filter_map(|(key, call)| Some((key?, call)));
    if scope.ir.network.extent == Extent::Loopback {
        for (key, _) in listed {
            isolated_ports(key, scope);
        }
        let others = [
            network.allowed_span,
            network.host_services_span,
            network.published_span,
        ];
        for key in others.into_iter().flatten() {
            isolated_entries(key, scope);
        }
        if let Some(place) = network.dns_servers_span {
            scope.report(
                Diagnostic::note(
                    "dns-while-isolated",
                    place,
                    "no name server can be reached: the network is isolated",
                )
                .with_help(format!(
                    "remove `dns_servers`, or {} and list under `allow` the names that the program needs",
                    filtered(place, scope)
                )),
            );
        }
        return;
    }
    let others = [
        (network.allowed_span, "connect"),
        (network.host_services_span, "connect"),
        (network.published_span, "bind"),
    ];
    let others = others
        .into_iter()
        .filter_map(|(key, call)| Some((key?, call)));
    for (key, call) in listed.chain(others) {
        ports_without_calls(key, call, scope);
    }
    blocked_servers(scope);
    unused_servers(scope);
}

/// What to type where something is listed beside an isolated network. A key of the same text has to go; over one that is
/// inherited, the policy's own wins.
fn filtered(place: Span, scope: &Scope<'_>) -> &'static str {
    let section = scope.key("/network");
    let own = ["/network/mode", "/network/isolated"]
        .map(|key| (key, scope.key(key)))
        .into_iter()
        .find(|(_, at)| at.file == place.file && *at != section);
    match own {
        Some(("/network/mode", _)) => "write `mode: filtered` in place of `mode: none`",
        Some(_) => "write `mode: filtered` in place of `isolated: true`",
        None => "add the line `mode: filtered` to this `network` section",
    }
}

/// The help where what is listed has an effect in a filtered network.
fn remove_or_filter(place: Span, what: &str, scope: &Scope<'_>) -> String {
    let typed = filtered(place, scope);
    format!("remove {what}, or {typed} to use what is listed")
}

fn isolated_entries(place: Span, scope: &mut Scope<'_>) {
    let mut found = Diagnostic::warning(
        "entries-while-isolated",
        place,
        "this has no effect while the network is isolated: one of the two is a mistake",
    )
    .with_help(remove_or_filter(place, "it", scope));
    if let Some(key) = scope.resolved.network.mode_span {
        found = found.with_related(key, "isolated here");
    }
    scope.report(found);
}

fn isolated_ports(place: Span, scope: &mut Scope<'_>) {
    let mut found = Diagnostic::warning(
        "ports-while-isolated",
        place,
        "ports are listed while the network is isolated: one of the two is a mistake",
    )
    .with_help(remove_or_filter(place, "them", scope));
    if let Some(key) = scope.resolved.network.mode_span {
        found = found.with_related(key, "isolated here");
    }
    scope.report(found);
}

fn ports_without_calls(place: Span, call: &'static str, scope: &mut Scope<'_>) {
    let Some(one) = scope.ir.meanings().next().map(|one| &one.native) else {
        return;
    };
    let denied: Vec<&str> = ["socket", call]
        .into_iter()
        .filter(|name| !access(one, name).passes())
        .collect();
    let what = match denied.as_slice() {
        [] if makes_sockets(one) => return,
        [] => "`socket` is denied for the families inet and inet6".to_owned(),
        [one] => format!("`{one}` is denied"),
        more => format!("{} are denied", listed(more)),
    };
    let message = format!("no program can use these ports: {what}");
    scope.report(
        Diagnostic::warning("ports-without-socket", place, message)
            .with_help("allow these calls, or leave the ports out"),
    );
}

/// Whether a program gets a socket of TCP or UDP, asked for in one of the usual ways (socket(2)).
fn makes_sockets(one: &ArchMeaning) -> bool {
    let Some(number) = syscall_number(one.arch, "socket") else {
        return false;
    };
    let flag = |name| constant(one.arch, name).unwrap_or(0);
    let flags = [0, flag("SOCK_CLOEXEC"), flag("SOCK_NONBLOCK")];
    let flags = flags
        .into_iter()
        .chain([flag("SOCK_CLOEXEC") | flag("SOCK_NONBLOCK")]);
    flags.into_iter().any(|flags| {
        let kinds = [
            ("SOCK_STREAM", "IPPROTO_TCP"),
            ("SOCK_DGRAM", "IPPROTO_UDP"),
        ];
        kinds.into_iter().any(|(kind, protocol)| {
            [0, flag(protocol)].into_iter().any(|protocol| {
                ["AF_INET", "AF_INET6"].into_iter().any(|family| {
                    let args = [flag(family), flag(kind) | flags, protocol, 0, 0, 0];
                    let call = Call {
                        audit_arch: one.arch.audit(),
                        number,
                        args,
                    };
                    matches!(one.verdict(&call).action, Action::Allow | Action::Log)
                })
            })
        })
    })
}

/// The port of the name service (RFC 1035, 4.2).
const NAME_SERVICE: u16 = 53;

/// Name servers among the blocked addresses.
fn blocked_servers(scope: &mut Scope<'_>) {
    let network = &scope.ir.network;
    if network.name_servers.is_empty() {
        return;
    }
    let all_blocked = network.of(Effect::Block);
    for &(address, place) in &network.name_servers {
        let lookups = Protocol::ALL.map(|protocol| lookup(address, protocol));
        let Some(lookup) = lookups.iter().find(|one| all_blocked.contains(one)) else {
            continue;
        };
        if !scope.sink.has_room("dns-server-blocked") {
            return;
        }
        let message = format!("the name server `{address}` is among the blocked addresses");
        let mut found = Diagnostic::warning("dns-server-blocked", place, message).with_help(
            "use another name server, or do not block this one: no name can be looked up",
        );
        let block = network.first(Effect::Block, lookup);
        if let Some(block) = block.and_then(|block| block.span) {
            found = found.with_related(block, "blocked here");
        }
        scope.report(found);
    }
}

/// Name servers that are never used, because no entry allows a name.
fn unused_servers(scope: &mut Scope<'_>) {
    let network = &scope.ir.network;
    let Some(place) = scope.resolved.network.dns_servers_span else {
        return;
    };
    if network.link != Link::Filtered || network.resolves() {
        return;
    }
    scope.report(
        Diagnostic::warning(
            "dns-port-closed",
            place,
            "no name server is used: no allowed entry is a name",
        )
        .with_help("list names under `allow`, or ports under `allowed_outgoing_ports`, or leave the name servers out"),
    );
}

/// The connection by which a name is looked up.
const fn lookup(address: IpAddr, protocol: Protocol) -> Connection {
    Connection {
        direction: Direction::Out,
        protocol,
        host: Host::Address(address),
        port: NAME_SERVICE,
    }
}
