//! Whether the host has a way to IPv6.

use core::net::{Ipv6Addr, SocketAddrV6};
use purple_plan::Plan;
use purple_sys::descriptors::made;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

/// The first global unicast address (RFC 4291, 2.4; RFC 3513, 2.5.4): what has a default route reaches it.
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 1);

/// The number of the family in the plan's records.
const SIX: u32 = 6;

/// Whether the host has a route to IPv6 at large, or to an address that the plan names. Connecting a datagram socket looks
/// for the route and sends nothing (udp(7)). Whatever keeps this process from it keeps the helper from it too.
pub(super) fn has_six(plan: &Plan<'_>) -> bool {
    let mut rules = plan.net_rules.iter();
    is_routed(GLOBAL) || rules.any(|rule| rule.family == SIX && is_routed(rule.address.into()))
}

fn is_routed(address: Ipv6Addr) -> bool {
    /// Any port: none is used.
    const PORT: u16 = 9;
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET6, SocketType::DGRAM, flags, None).and_then(made);
    let connected =
        socket.and_then(|socket| connect(socket, &SocketAddrV6::new(address, PORT, 0, 0)));
    connected.is_ok()
}
