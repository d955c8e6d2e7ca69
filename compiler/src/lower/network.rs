//! The network: a policy's keys as entries of one set.

use crate::ir::network::{ConnectionRule, Destination, Direction, Effect, Extent, Link, Network};
use crate::quantity::{AddressBlock, Ports};
use crate::resolve::{self, Placed};

/// The network.
pub(super) fn lower(wanted: &resolve::Network) -> Network {
    let mut entries = Vec::new();
    allow(
        Direction::Out,
        &wanted.outgoing,
        &[Destination::Anywhere],
        &mut entries,
    );
    // Nothing leads in from outside but a port that is listed.
    allow(
        Direction::In,
        &wanted.incoming,
        &AddressBlock::LOOPBACK.map(Destination::Addresses),
        &mut entries,
    );
    entries.extend(wanted.blocked.iter().map(|block| ConnectionRule {
        effect: Effect::Block,
        direction: Direction::Out,
        destination: Destination::Addresses(block.value),
        ports: Ports::ALL,
        span: Some(block.span),
    }));
    Network {
        link: Link::Loopback,
        narrowed: wanted.wider.map(|wider| wider.span),
        extent: if wanted.isolated {
            Extent::Loopback
        } else {
            Extent::Everywhere
        },
        extent_span: wanted.isolated_span,
        entries,
        lists: [wanted.outgoing_span, wanted.incoming_span],
        name_servers: wanted
            .dns_servers
            .iter()
            .map(|server| (server.value, server.span))
            .collect(),
    }
}

/// What a list of ports allows: those ports, with whomever. Where nothing is listed, every port with
/// these hosts.
fn allow(
    direction: Direction,
    listed: &[Placed<Ports>],
    unlisted: &[Destination],
    entries: &mut Vec<ConnectionRule>,
) {
    let entry = |destination, ports, span| ConnectionRule {
        effect: Effect::Allow,
        direction,
        destination,
        ports,
        span,
    };
    if listed.is_empty() {
        let hosts = unlisted.iter().cloned();
        entries.extend(hosts.map(|host| entry(host, Ports::ALL, None)));
    }
    let ports = listed.iter();
    entries.extend(ports.map(|ports| entry(Destination::Anywhere, ports.value, Some(ports.span))));
}
