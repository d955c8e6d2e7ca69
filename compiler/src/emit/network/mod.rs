//! A filtered network as finished bytes: netlink messages that init sends, sockets that it makes, and the entries that the
//! helper decides by. It translates and decides nothing.

mod netlink;
mod nft;
mod routes;
mod rules;
mod table;

pub(super) use table::{Entry, entries, names};

use crate::ir::network::{Link, Network};
use purple_plan::{NetBatchKind, NetSocket, net_socket_flags};
use rules::{DENIED, HELD, Numbered, TRANSPARENT_PORT};

/// Netlink messages, and how many answers they bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) kind: NetBatchKind,
    pub(super) protocol: u32,
    pub(super) acknowledgements: u32,
    pub(super) bytes: Vec<u8>,
}

/// `NETLINK_ROUTE` and `NETLINK_NETFILTER` (`linux/netlink.h`).
const ROUTE: u32 = 0;
const NETFILTER: u32 = 12;

/// The batches; none for a network that is not filtered.
pub(super) fn batches(network: &Network) -> Vec<Batch> {
    if network.link != Link::Filtered {
        return Vec::new();
    }
    let numbered: Vec<Numbered<'_>> = entries(network)
        .into_iter()
        .zip(0..)
        .filter_map(|(entry, number)| match entry {
            Entry::Rule(rule) => Some(Numbered::Entry(number, rule)),
            Entry::Service(port, _) => Some(Numbered::Service(number, port)),
            Entry::Published(..) => None,
        })
        .collect();
    let [(four, answers_4), (six, answers_6)] = routes::routes();
    let batch = |kind, protocol, acknowledgements, bytes| Batch {
        kind,
        protocol,
        acknowledgements,
        bytes,
    };
    vec![
        batch(NetBatchKind::Routes4, ROUTE, answers_4, four),
        batch(NetBatchKind::Routes6, ROUTE, answers_6, six),
        batch(NetBatchKind::Rules, NETFILTER, 1, rules::rules(&numbered)),
    ]
}

/// The sockets that the helper gets, in their order; none for a network that is not filtered.
pub(super) fn sockets(network: &Network) -> Vec<NetSocket> {
    use net_socket_flags::{LISTEN, LOG, MARK, ORIGINAL_DESTINATION, TRANSPARENT};
    if network.link != Link::Filtered {
        return Vec::new();
    }
    let socket = |family, kind, protocol, port, flags| NetSocket {
        family,
        kind,
        protocol,
        port,
        flags,
    };
    let mut all = vec![
        socket(NETLINK, RAW, NETFILTER, HELD, LOG),
        socket(NETLINK, RAW, NETFILTER, DENIED, LOG),
        socket(INET, RAW, IPPROTO_RAW, 0, MARK),
        socket(INET6, RAW, IPPROTO_RAW, 0, MARK),
    ];
    for family in [INET, INET6] {
        let port = TRANSPARENT_PORT;
        all.push(socket(
            family,
            STREAM,
            IPPROTO_TCP,
            port,
            TRANSPARENT | LISTEN,
        ));
        let flags = TRANSPARENT | ORIGINAL_DESTINATION;
        all.push(socket(family, DATAGRAM, IPPROTO_UDP, port, flags));
    }
    // Out of it the helper makes those by which published ports lead inside.
    if !network.published.is_empty() {
        all.push(socket(INET, STREAM, IPPROTO_TCP, 0, 0));
    }
    all
}

/// Families, types and protocols (`linux/socket.h`, `linux/net.h`, `linux/in.h`), the same on every architecture that
/// plans are for but MIPS, where a stream and a datagram socket have each other's number.
const INET: u32 = 2;
const INET6: u32 = 10;
const NETLINK: u32 = 16;
const STREAM: u32 = 1;
const DATAGRAM: u32 = 2;
const RAW: u32 = 3;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const IPPROTO_RAW: u32 = 255;
