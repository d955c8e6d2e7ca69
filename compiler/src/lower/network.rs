//! The network: a policy's keys as entries of one set.

use crate::ir::network::{ConnectionRule, Destination, Direction, Effect, Extent, Link, Network};
use crate::quantity::{AddressBlock, Ports};
use crate::resolve::{self, Placed};
use purple_policy::NetworkMode;

/// The network.
pub(super) fn lower(wanted: &resolve::Network) -> Network {
    let mut entries = Vec::new();
    let mode = wanted.mode;
    let everywhere = [Destination::Anywhere];
    match mode {
        NetworkMode::None | NetworkMode::Host => {
            let to = Destination::Anywhere;
            allow(
                Direction::Out,
                &wanted.outgoing,
                (&to, &everywhere),
                &mut entries,
            );
        }
        // What nothing lists is not reached.
        NetworkMode::Filtered => {
            entries.extend(wanted.allowed.iter().map(|allowed| ConnectionRule {
                effect: Effect::Allow,
                direction: Direction::Out,
                destination: allowed.value.hosts.clone(),
                ports: allowed.value.ports,
                span: Some(allowed.span),
            }));
            let to = Destination::Public;
            allow(Direction::Out, &wanted.outgoing, (&to, &[]), &mut entries);
        }
    }
    // Nothing leads in from outside but a port that is listed.
    let loopback = AddressBlock::LOOPBACK.map(Destination::Addresses);
    let unlisted = match mode {
        NetworkMode::Host => &everywhere[..],
        NetworkMode::None | NetworkMode::Filtered => &loopback,
    };
    let from = Destination::Anywhere;
    allow(
        Direction::In,
        &wanted.incoming,
        (&from, unlisted),
        &mut entries,
    );
    entries.extend(wanted.blocked.iter().map(|block| ConnectionRule {
        effect: Effect::Block,
        direction: Direction::Out,
        destination: Destination::Addresses(block.value),
        ports: Ports::ALL,
        span: Some(block.span),
    }));
    let is_filtered = mode == NetworkMode::Filtered;
    let listed = |list: &[Placed<u16>]| list.iter().map(|one| (one.value, one.span)).collect();
    let published = wanted.published.iter().map(|one| (one.value, one.span));
    Network {
        link: match mode {
            NetworkMode::None => Link::Loopback,
            NetworkMode::Filtered => Link::Filtered,
            NetworkMode::Host => Link::Host,
        },
        narrowed: wanted.wider.map(|wider| wider.span),
        extent: match mode {
            NetworkMode::None => Extent::Loopback,
            NetworkMode::Filtered | NetworkMode::Host => Extent::Everywhere,
        },
        extent_span: wanted.mode_span,
        entries,
        lists: [
            wanted.outgoing_span.or(wanted.allowed_span),
            wanted.incoming_span,
        ],
        host_services: if is_filtered {
            listed(&wanted.host_services)
        } else {
            Vec::new()
        },
        published: if is_filtered {
            published.collect()
        } else {
            Vec::new()
        },
        name_servers: wanted
            .dns_servers
            .iter()
            .map(|server| (server.value, server.span))
            .collect(),
    }
}

/// What a list of ports allows: those ports, with these hosts. Where nothing is listed, every port with
/// the others.
fn allow(
    direction: Direction,
    listed: &[Placed<Ports>],
    (hosts, unlisted): (&Destination, &[Destination]),
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
    entries.extend(ports.map(|ports| entry(hosts.clone(), ports.value, Some(ports.span))));
}
