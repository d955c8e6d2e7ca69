//! The network, as records.

use super::lines::Lines;
use super::texts::Texts;
use crate::emit::network::{self, Batch, Entry, entries};
use crate::ir::network::{
    ConnectionRule, Destination, Direction, Effect, Link, NamePattern, Network, RESOLVER_PORT,
};
use crate::quantity::{AddressBlock, Ports, Protocol};
use purple_plan::{
    NetAction, NetBatch, NetResolver, NetRule, NetSocket, NetworkMode, SourceLine, net_rule_flags,
    network_flags,
};
use std::ffi::CStr;
use std::net::IpAddr;

/// The record of the network.
pub(super) fn network(network: &Network, lines: Lines<'_>) -> purple_plan::Network {
    let asked = match network.link {
        Link::Loopback => None,
        Link::Filtered | Link::Host => network.extent_span,
    };
    purple_plan::Network {
        mode: match network.link {
            Link::Loopback => NetworkMode::Loopback,
            Link::Filtered => NetworkMode::Filtered,
            Link::Host => NetworkMode::Host,
        },
        flags: if network.narrowed.is_some() {
            network_flags::NARROWED
        } else {
            0
        },
        line: lines.of(network.narrowed.or(asked)),
    }
}

/// The records of the batches.
pub(super) fn batches<'b>(all: &'b [Batch]) -> Vec<NetBatch<'b>> {
    let record = |batch: &'b Batch| NetBatch {
        kind: batch.kind,
        protocol: batch.protocol,
        acknowledgements: batch.acknowledgements,
        bytes: &batch.bytes,
    };
    all.iter().map(record).collect()
}

/// The records of the sockets.
pub(super) fn sockets(network: &Network) -> Vec<NetSocket> {
    network::sockets(network)
}

/// The records of the entries.
pub(super) fn rules<'t>(network: &Network, texts: &'t Texts, lines: Lines<'_>) -> Vec<NetRule<'t>> {
    let all = entries(network).into_iter().zip(&texts.hosts);
    all.map(|(entry, name)| match entry {
        Entry::Rule(rule) => connections(rule, name, lines.of(rule.span)),
        Entry::Service(port, span) => NetRule {
            protocol: TCP,
            first_port: port,
            last_port: port,
            ..plain(NetAction::HostService, name, lines.of(Some(span)))
        },
        Entry::Published(one, span) => NetRule {
            protocol: TCP,
            first_port: one.host,
            last_port: one.inside,
            ..at(
                one.address.into(),
                plain(NetAction::Publish, name, lines.of(Some(span))),
            )
        },
    })
    .collect()
}

/// The records of the resolvers; none where the host's resolvers are used, or no name is looked up.
pub(super) fn resolvers(network: &Network, lines: Lines<'_>) -> Vec<NetResolver> {
    if network.link != Link::Filtered {
        return Vec::new();
    }
    let servers = network.name_servers.iter();
    servers
        .map(|&(server, span)| NetResolver {
            family: family(server),
            port: RESOLVER_PORT,
            address: octets(server),
            line: lines.of(Some(span)),
        })
        .collect()
}

/// The port where the server name in TLS is looked at.
const HTTPS: u16 = 443;

/// `IPPROTO_TCP` and `IPPROTO_UDP` (`linux/in.h`).
const TCP: u32 = 6;
const UDP: u32 = 17;

/// A record about nothing yet.
const fn plain(action: NetAction, name: &CStr, line: SourceLine) -> NetRule<'_> {
    NetRule {
        action,
        protocol: 0,
        first_port: 0,
        last_port: 0,
        family: 0,
        prefix: 0,
        address: [0; 16],
        flags: 0,
        line,
        name,
    }
}

fn connections<'t>(rule: &ConnectionRule, name: &'t CStr, line: SourceLine) -> NetRule<'t> {
    let action = match (rule.direction, rule.effect) {
        (Direction::In, _) => NetAction::Listen,
        (Direction::Out, Effect::Allow) => NetAction::Allow,
        (Direction::Out, Effect::Block) => NetAction::Block,
    };
    let Ports {
        first,
        last,
        protocol,
    } = rule.ports;
    let record = NetRule {
        protocol: match protocol {
            None => 0,
            Some(Protocol::Tcp) => TCP,
            Some(Protocol::Udp) => UDP,
        },
        first_port: first,
        last_port: last,
        ..plain(action, name, line)
    };
    let holds_https = (first..=last).contains(&HTTPS) && rule.ports.are_for(Protocol::Tcp);
    match &rule.destination {
        Destination::Anywhere => record,
        Destination::Public => NetRule {
            flags: net_rule_flags::PUBLIC_ONLY,
            ..record
        },
        Destination::Addresses(block) => at(*block, record),
        Destination::Names(pattern) => {
            let below = match pattern {
                NamePattern::Exact(_) => 0,
                NamePattern::Below(_) => net_rule_flags::WILDCARD,
            };
            let checked = if holds_https {
                net_rule_flags::SERVER_NAME
            } else {
                0
            };
            NetRule {
                flags: below | checked,
                ..record
            }
        }
    }
}

fn at(block: AddressBlock, record: NetRule<'_>) -> NetRule<'_> {
    NetRule {
        family: family(block.address),
        prefix: block.prefix.into(),
        address: octets(block.first()),
        ..record
    }
}

const fn family(address: IpAddr) -> u32 {
    if address.is_ipv4() { 4 } else { 6 }
}

/// An address in 16 bytes, an IPv4 one in the first four.
fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let [one, two, three, four] = address.octets();
            [one, two, three, four, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
    }
}
