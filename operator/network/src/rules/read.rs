//! Reads the rules out of a plan.

use super::{Action, Protocol, Rule, Rules, Target};
use purple_plan::{NetAction, NetRule, Plan, net_rule_flags};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address of a family that a plan's record holds: an IPv4 one in the first four bytes.
fn address(family: u32, bytes: [u8; 16]) -> Option<IpAddr> {
    let [a, b, c, d, ..] = bytes;
    match family {
        4 => Some(Ipv4Addr::new(a, b, c, d).into()),
        6 => Some(Ipv6Addr::from(bytes).into()),
        _ => None,
    }
}

fn rule(record: &NetRule<'_>) -> Rule {
    let has = |flag: u32| record.flags & flag != 0;
    let name = record.name.to_str().unwrap_or_default();
    Rule {
        action: match record.action {
            NetAction::Allow => Action::Allow,
            NetAction::Block => Action::Block,
            NetAction::HostService => Action::HostService,
            NetAction::Publish => Action::Publish,
            NetAction::Listen => Action::Listen,
        },
        protocol: match record.protocol {
            6 => Some(Protocol::Tcp),
            17 => Some(Protocol::Udp),
            _ => None,
        },
        first_port: record.first_port,
        last_port: record.last_port,
        target: if !name.is_empty() {
            Target::Name {
                name: name.to_owned(),
                below: has(net_rule_flags::WILDCARD),
            }
        } else if has(net_rule_flags::PUBLIC_ONLY) {
            Target::Public
        } else {
            address(record.family, record.address).map_or(Target::Any, |address| {
                Target::Network(address, record.prefix)
            })
        },
        server_name: has(net_rule_flags::SERVER_NAME),
        line: record.line.number(),
    }
}

impl Rules {
    /// The rules of a plan.
    pub fn of(plan: &Plan<'_>) -> Self {
        Self::new(plan.net_rules.iter().map(|record| rule(&record)).collect())
    }

    /// The resolvers that a plan names.
    pub fn resolvers(plan: &Plan<'_>) -> Vec<SocketAddr> {
        plan.net_resolvers
            .iter()
            .filter_map(|record| {
                address(record.family, record.address)
                    .map(|address| SocketAddr::new(address, record.port))
            })
            .collect()
    }
}
