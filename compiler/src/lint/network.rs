//! Parts of the `network` section that do not fit each other, or the system calls.

use super::calls::way;
use super::{Scope, listed};
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::syscalls::{Action, ArchMeaning, Call};
use crate::syscalls::constants::constant;
use crate::syscalls::syscall_number;
use std::net::IpAddr;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let policy = scope.policy;
    let Some(network) = policy.network.as_ref() else {
        return;
    };
    let lists = [
        (
            network.allowed_outgoing_ports.len(),
            "allowed_outgoing_ports",
            "connect",
        ),
        (
            network.allowed_incoming_ports.len(),
            "allowed_incoming_ports",
            "bind",
        ),
    ];
    let used = lists.into_iter().filter(|(count, ..)| *count > 0);
    if network.isolated {
        for (_, key, _) in used {
            isolated_ports(key, scope);
        }
        if !network.dns_servers.is_empty() {
            let place = scope.key("/network/dns_servers");
            scope.report(
                Diagnostic::note(
                    "dns-while-isolated",
                    place,
                    "no name server can be reached: the network is isolated",
                )
                .with_help("leave them out, or write `isolated: false` with the ports that the program needs"),
            );
        }
        return;
    }
    for (_, key, call) in used {
        ports_without_calls(key, call, scope);
    }
    name_servers(scope);
}

fn isolated_ports(key: &str, scope: &mut Scope<'_>) {
    let place = scope.key(&format!("/network/{key}"));
    let mut found = Diagnostic::warning(
        "ports-while-isolated",
        place,
        "ports are listed while the network is isolated: one of the two is not meant",
    )
    .with_help("write `isolated: false` to use the ports, or leave them out");
    if scope.key("/network/isolated") != scope.span("/network") {
        found = found.with_related(scope.key("/network/isolated"), "isolated here");
    }
    scope.report(found);
}

fn ports_without_calls(key: &str, call: &'static str, scope: &mut Scope<'_>) {
    let Some(one) = scope.ir.filters.first().map(|filter| &filter.native) else {
        return;
    };
    let denied: Vec<&str> = ["socket", call]
        .into_iter()
        .filter(|name| !way(one, name).passes())
        .collect();
    let what = match denied.as_slice() {
        [] if makes_sockets(one) => return,
        [] => "`socket` is denied for the families inet and inet6".to_owned(),
        [one] => format!("`{one}` is denied"),
        more => format!("{} are denied", listed(more)),
    };
    let message = format!("no program can use these ports: {what}");
    let place = scope.key(&format!("/network/{key}"));
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

/// Name servers that the section's own lists keep out of reach.
fn name_servers(scope: &mut Scope<'_>) {
    let policy = scope.policy;
    let Some(network) = policy.network.as_ref() else {
        return;
    };
    for (at, server) in network.dns_servers.iter().enumerate() {
        let Ok(address) = server.parse::<IpAddr>() else {
            continue;
        };
        let block = network
            .blocked_ips
            .iter()
            .position(|block| covers(block, address));
        if let Some(block) = block {
            let message = format!(
                "the name server {} is among the blocked addresses",
                quote(server)
            );
            let (place, why) = (
                scope.span(&format!("/network/dns_servers/{at}")),
                scope.span(&format!("/network/blocked_ips/{block}")),
            );
            scope.report(
                Diagnostic::warning("dns-server-blocked", place, message)
                    .with_related(why, "blocked here")
                    .with_help("use another name server, or do not block this one: no name can be looked up"),
            );
        }
    }
    let ports = &network.allowed_outgoing_ports;
    let name_service = (0..ports.len()).any(|at| {
        let text = scope
            .document
            .text_at(&format!("/network/allowed_outgoing_ports/{at}"));
        text.is_none_or(|text| reaches(text, 53))
    });
    if !network.dns_servers.is_empty() && !ports.is_empty() && !name_service {
        let place = scope.key("/network/dns_servers");
        let list = scope.key("/network/allowed_outgoing_ports");
        scope.report(
            Diagnostic::warning(
                "dns-port-closed",
                place,
                "no name server can be reached: port 53 is not among the allowed ones",
            )
            .with_related(list, "the allowed ports")
            .with_help("add 53 to `allowed_outgoing_ports`, or leave the name servers out"),
        );
    }
}

/// Whether a port or range such as `53`, `53/udp` or `1-1023` holds a port.
fn reaches(text: &str, port: u16) -> bool {
    let numbers = text.split('/').next().unwrap_or_default();
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let read = |text: &str| text.trim().parse::<u16>();
    matches!((read(first), read(last)), (Ok(first), Ok(last)) if (first..=last).contains(&port))
}

/// Whether a block such as `10.0.0.0/8`, or a single address, holds an address.
fn covers(block: &str, address: IpAddr) -> bool {
    let (base, length) = match block.split_once('/') {
        Some((base, length)) => (base, length.parse::<u32>().ok()),
        None => (block, Some(128)),
    };
    let (Ok(base), Some(length)) = (base.parse::<IpAddr>(), length) else {
        return false;
    };
    let same = |a: u128, b: u128, bits: u32| {
        let shift = bits.saturating_sub(length);
        a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            same(u32::from(base).into(), u32::from(address).into(), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => same(base.into(), address.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{covers, reaches};

    #[test]
    fn a_range_holds_its_ports_and_no_others() {
        assert!(reaches("53", 53) && reaches("53/udp", 53) && reaches("1-1023/tcp", 53));
        assert!(!reaches("443", 53) && !reaches("8000-9000", 53) && !reaches("dns", 53));
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_others() {
        let holds = |block, address: &str| address.parse().is_ok_and(|one| covers(block, one));
        assert!(holds("8.8.8.8", "8.8.8.8") && holds("8.0.0.0/8", "8.8.4.4"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && holds("2001:db8::/32", "2001:db8::1"));
        assert!(!holds("8.8.8.8", "8.8.4.4") && !holds("8.8.8.0/24", "8.8.4.4"));
        assert!(!holds("::/0", "8.8.8.8") && !holds("2001:db8::/32", "2001:db9::1"));
    }
}
