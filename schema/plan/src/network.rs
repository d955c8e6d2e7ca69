//! What the sections about a filtered network may hold, and when they are there.

use crate::error::DecodeError;
use crate::records::{
    NetAction, NetBatch, NetBatchKind, NetResolver, NetRule, NetSocket, Network, NetworkMode,
    net_rule_flags, net_socket_flags, network_flags,
};
use crate::rules::known;

/// `NETLINK_ROUTE` and `NETLINK_NETFILTER` (linux/netlink.h).
const ROUTE: u32 = 0;
const NETFILTER: u32 = 12;

/// `IPPROTO_TCP` and `IPPROTO_UDP` (linux/in.h).
const PROTOCOLS: [u32; 3] = [0, 6, 17];

/// The most bytes of a name (RFC 1035, 2.3.4, without the root's label), and of one label.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

pub(crate) fn network(network: &Network) -> Result<(), DecodeError> {
    known(network.flags & !network_flags::ALL == 0)
}

pub(crate) fn batch(batch: &NetBatch<'_>) -> Result<(), DecodeError> {
    known(batch.acknowledgements != 0 && !batch.bytes.is_empty())?;
    known(match batch.kind {
        NetBatchKind::Routes4 | NetBatchKind::Routes6 => batch.protocol == ROUTE,
        NetBatchKind::Rules => batch.protocol == NETFILTER,
    })
}

pub(crate) fn socket(socket: &NetSocket) -> Result<(), DecodeError> {
    known(socket.flags & !net_socket_flags::ALL == 0)
}

pub(crate) fn rule(rule: &NetRule<'_>) -> Result<(), DecodeError> {
    known(rule.flags & !net_rule_flags::ALL == 0 && PROTOCOLS.contains(&rule.protocol))?;
    known(address(rule.family, rule.prefix, &rule.address))?;
    let bytes = rule.name.to_bytes();
    let named = rule.flags & (net_rule_flags::WILDCARD | net_rule_flags::SERVER_NAME) != 0;
    if bytes.is_empty() {
        known(!named)?;
    } else {
        known(rule.action == NetAction::Allow && rule.family == 0 && name(bytes))?;
    }
    if rule.flags & net_rule_flags::PUBLIC_ONLY != 0 {
        known(rule.action == NetAction::Allow && rule.family == 0 && bytes.is_empty())?;
    }
    match rule.action {
        NetAction::Allow => known(rule.first_port <= rule.last_port),
        NetAction::Block => known(rule.first_port <= rule.last_port && rule.family != 0),
        NetAction::Listen => known(rule.first_port <= rule.last_port && rule.family == 0),
        NetAction::HostService => {
            known(rule.family == 0 && rule.first_port != 0 && rule.last_port != 0)
        }
        NetAction::Publish => {
            known(rule.family != 0 && rule.first_port != 0 && rule.last_port != 0)
        }
    }
}

pub(crate) fn resolver(resolver: &NetResolver) -> Result<(), DecodeError> {
    let width = match resolver.family {
        4 => 32,
        6 => 128,
        _ => return Err(DecodeError::Value),
    };
    known(resolver.port != 0 && address(resolver.family, width, &resolver.address))
}

/// Only a filtered network has rules, and it always has what enforces them.
pub(crate) fn together<'a>(
    network: &Network,
    batches: impl Iterator<Item = NetBatch<'a>>,
    sockets: bool,
    rules: bool,
    resolvers: bool,
) -> Result<(), DecodeError> {
    let mut seen = [false; 3];
    for batch in batches {
        let [routes4, routes6, rules] = &mut seen;
        match batch.kind {
            NetBatchKind::Routes4 => *routes4 = true,
            NetBatchKind::Routes6 => *routes6 = true,
            NetBatchKind::Rules => *rules = true,
        }
    }
    let [routes4, routes6, table] = seen;
    known(match network.mode {
        NetworkMode::Filtered => routes4 && table && sockets,
        NetworkMode::Loopback | NetworkMode::Host => {
            !(routes4 || routes6 || table || sockets || rules || resolvers)
        }
    })
}

/// Whether it is an address of the family, and nothing is set behind the prefix.
fn address(family: u32, prefix: u32, address: &[u8; 16]) -> bool {
    let width = match family {
        0 => 0,
        4 => 32,
        6 => 128,
        _ => return false,
    };
    let behind = u128::MAX.checked_shr(prefix).unwrap_or(0);
    prefix <= width && u128::from_be_bytes(*address) & behind == 0
}

/// Whether it is a name in its one spelling: labels of lower-case letters, digits, `-` and `_`.
fn name(name: &[u8]) -> bool {
    name.len() <= MAX_NAME
        && name.split(|&byte| byte == b'.').all(|label| {
            (1..=MAX_LABEL).contains(&label.len())
                && label
                    .iter()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        })
}
