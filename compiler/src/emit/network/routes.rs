//! The loopback interface, the sandbox's address, and the route that makes every address local (rtnetlink(7)).

use super::netlink::{Messages, NLM_F_CREATE, NLM_F_EXCL, Payload};
use purple_plan::OWN_INSIDE;
use std::net::IpAddr;

/// Types of messages (`linux/rtnetlink.h`).
const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;

/// The index of the loopback interface, the first of each namespace (`LOOPBACK_IFINDEX`, `linux/net.h`).
const LOOPBACK: u32 = 1;

/// `IFF_UP` (`linux/if.h`).
const UP: u32 = 1;

/// `IFA_F_NODAD` (`linux/if_addr.h`): no duplicate address detection (RFC 4862, 5.4).
const NODAD: u8 = 2;

/// `RT_SCOPE_HOST`, `RT_TABLE_LOCAL`, `RTPROT_STATIC`, `RTN_LOCAL` (`linux/rtnetlink.h`).
const HOST: u8 = 254;
const LOCAL_TABLE: u8 = 255;
const STATIC: u8 = 4;
const LOCAL: u8 = 2;

/// Attributes (`linux/if_addr.h`, `linux/rtnetlink.h`).
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const RTA_OIF: u16 = 4;
const RTA_PREFSRC: u16 = 7;

/// The batches for IPv4 and IPv6, each with how many answers it brings.
pub(super) fn routes() -> [(Vec<u8>, u32); 2] {
    let mut four = Messages::default();
    // struct ifinfomsg: family, padding, type, index, flags, and which of the flags count.
    let mut up = vec![0; 4];
    for number in [LOOPBACK, UP, UP] {
        up.extend(number.to_le_bytes());
    }
    four.add(RTM_NEWLINK, 0, Payload::after(&up));
    four.acknowledge();
    let [own_4, own_6] = OWN_INSIDE;
    address_and_route(&mut four, own_4);
    let mut six = Messages::default();
    address_and_route(&mut six, own_6);
    [(four.into_bytes(), 3), (six.into_bytes(), 2)]
}

fn address_and_route(messages: &mut Messages, own: IpAddr) {
    let (family, bytes, flags) = match own {
        IpAddr::V4(address) => (AF_INET, address.octets().to_vec(), 0),
        IpAddr::V6(address) => (AF_INET6, address.octets().to_vec(), NODAD),
    };
    let whole = if own.is_ipv4() { 32 } else { 128 };
    // struct ifaddrmsg: family, prefix length, flags, scope, index.
    let mut head = vec![family, whole, flags, 0];
    head.extend(LOOPBACK.to_le_bytes());
    let address = Payload::after(&head)
        .bytes(IFA_LOCAL, &bytes)
        .bytes(IFA_ADDRESS, &bytes);
    messages.add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
    messages.acknowledge();
    // struct rtmsg: family, lengths of destination and source, type of service, table, protocol, scope, type, flags.
    // No destination is every destination. With the address as source, no connection can be to itself.
    let scope = if own.is_ipv4() { HOST } else { 0 };
    let head = [
        family,
        0,
        0,
        0,
        LOCAL_TABLE,
        STATIC,
        scope,
        LOCAL,
        0,
        0,
        0,
        0,
    ];
    let route = Payload::after(&head)
        .bytes(RTA_OIF, &LOOPBACK.to_le_bytes())
        .bytes(RTA_PREFSRC, &bytes);
    messages.add(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
    messages.acknowledge();
}

/// `AF_INET` and `AF_INET6` (`linux/socket.h`).
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
