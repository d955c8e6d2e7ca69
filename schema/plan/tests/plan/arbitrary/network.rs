//! Filtered networks made at random.

use super::{blobs, source_line, text};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use purple_plan::{
    NetAction, NetBatch, NetBatchKind, NetResolver, NetRule, NetSocket, NetworkMode,
    net_rule_flags, net_socket_flags,
};

/// The records of a filtered network, or none.
pub(super) type Filtered = (
    Vec<NetBatch<'static>>,
    Vec<NetSocket>,
    Vec<NetRule<'static>>,
    Vec<NetResolver>,
);

/// The mode that goes with these records.
pub(super) fn mode(filtered: &Filtered, other: NetworkMode) -> NetworkMode {
    if filtered.0.is_empty() {
        other
    } else {
        NetworkMode::Filtered
    }
}

pub(super) fn filtered() -> impl Strategy<Value = Filtered> {
    let batches = (blobs(), any::<u16>(), any::<bool>());
    let sockets = vec((any::<[u32; 4]>(), any::<u16>()), 1..9);
    let resolvers = vec((any::<u128>(), 1..=u16::MAX, any::<u32>()), 0..9);
    let records = (batches, sockets, vec(rules(), 0..12), resolvers);
    (any::<bool>(), records).prop_map(|(some, (batches, sockets, rules, resolvers))| {
        if some {
            let sockets = sockets.into_iter().map(socket).collect();
            let resolvers = resolvers.into_iter().map(resolver).collect();
            (batch(batches), sockets, rules, resolvers)
        } else {
            Filtered::default()
        }
    })
}

fn batch((bytes, answers, v6): (&'static [u8], u16, bool)) -> Vec<NetBatch<'static>> {
    let bytes = if bytes.is_empty() { b"x" } else { bytes };
    NetBatchKind::ALL
        .iter()
        .filter(|&&kind| v6 || kind != NetBatchKind::Routes6)
        .map(|&kind| NetBatch {
            kind,
            protocol: if kind == NetBatchKind::Rules { 12 } else { 0 },
            acknowledgements: u32::from(answers) + 1,
            bytes,
        })
        .collect()
}

fn socket(([family, kind, protocol, flags], port): ([u32; 4], u16)) -> NetSocket {
    NetSocket {
        family,
        kind,
        protocol,
        port,
        flags: flags & net_socket_flags::ALL,
    }
}

/// The address with nothing behind the prefix.
fn masked(address: u128, prefix: u32) -> [u8; 16] {
    let behind = u128::MAX.checked_shr(prefix).unwrap_or(0);
    (address & !behind).to_be_bytes()
}

fn resolver((address, port, line): (u128, u16, u32)) -> NetResolver {
    let six = address & 1 != 0;
    NetResolver {
        family: if six { 6 } else { 4 },
        port,
        address: masked(address, if six { 128 } else { 32 }),
        line: source_line(line),
    }
}

fn rules() -> impl Strategy<Value = NetRule<'static>> {
    let name = "[a-z0-9_-]{1,5}([.][a-z0-9_-]{1,5}){0,3}";
    let numbers = (any::<[u16; 2]>(), any::<[u32; 2]>(), any::<u128>());
    let choices = (select(NetAction::ALL), select(&[0, 6, 17][..]), 0..3_u32);
    (choices, numbers, name).prop_map(
        |((action, protocol, form), ([one, other], [bits, line], address), name)| {
            let family = match (action, form) {
                (NetAction::HostService | NetAction::Listen, _) | (NetAction::Allow, 0) => 0,
                (_, 1) => 6,
                _ => 4,
            };
            let prefix = bits % (if family == 6 { 128 } else { family * 8 } + 1);
            let named = action == NetAction::Allow && family == 0 && bits & 8 != 0;
            let paired = matches!(action, NetAction::HostService | NetAction::Publish);
            let flags = match (action, family) {
                (NetAction::Allow, 0) if named => net_rule_flags::ALL ^ net_rule_flags::PUBLIC_ONLY,
                (NetAction::Allow, 0) => net_rule_flags::PUBLIC_ONLY,
                _ => 0,
            };
            NetRule {
                action,
                protocol,
                first_port: if paired { one.max(1) } else { one.min(other) },
                last_port: if paired { other.max(1) } else { one.max(other) },
                family,
                prefix,
                address: masked(address, prefix),
                flags: flags & bits,
                line: source_line(line),
                name: text(if named { name.into_bytes() } else { Vec::new() }),
            }
        },
    )
}
