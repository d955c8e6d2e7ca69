//! A filtered network: what its records may hold, and when they are there.

use crate::sample::{Tables, encode_again, hex, seal, tables};
use purple_plan::{
    DecodeError, EncodeError, MAX_NET_RULES, MAX_NET_SOCKETS, MAX_PLAN_BYTES, NetAction, NetBatch,
    NetBatchKind, NetResolver, NetRule, NetSocket, Network, NetworkMode, Plan, SourceLine, encode,
    net_rule_flags, net_socket_flags,
};

const ADDRESS: [u8; 16] = [192, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

const RULE: NetRule<'static> = NetRule {
    action: NetAction::Allow,
    protocol: 6,
    first_port: 443,
    last_port: 443,
    family: 0,
    prefix: 0,
    address: [0; 16],
    flags: 0,
    line: SourceLine::line_of_policy(31),
    name: c"",
};

const BLOCK: NetRule<'static> = NetRule {
    action: NetAction::Block,
    protocol: 0,
    first_port: 0,
    last_port: u16::MAX,
    family: 4,
    prefix: 24,
    address: ADDRESS,
    ..RULE
};

const NAMED: NetRule<'static> = NetRule {
    flags: net_rule_flags::WILDCARD | net_rule_flags::SERVER_NAME,
    name: c"example.org",
    ..RULE
};

const PUBLISH: NetRule<'static> = NetRule {
    action: NetAction::Publish,
    first_port: 18080,
    last_port: 8080,
    family: 4,
    prefix: 24,
    address: ADDRESS,
    ..RULE
};

/// The sample with a filtered network.
pub(crate) fn filtered() -> Tables<'static> {
    let batch = |kind, protocol, bytes| NetBatch {
        kind,
        protocol,
        acknowledgements: 4,
        bytes,
    };
    Tables {
        network: Network {
            mode: NetworkMode::Filtered,
            flags: 0,
            line: SourceLine::line_of_policy(30),
        },
        net_batches: vec![
            batch(
                NetBatchKind::Routes4,
                0,
                &b"links, addresses and routes"[..],
            ),
            batch(NetBatchKind::Routes6, 0, &b"and of IPv6"[..]),
            batch(NetBatchKind::Rules, 12, &b"a table"[..]),
        ],
        net_sockets: vec![
            NetSocket {
                family: 16,
                kind: 3,
                protocol: 12,
                port: 6,
                flags: net_socket_flags::LOG,
            },
            NetSocket {
                family: 2,
                kind: 1,
                protocol: 6,
                port: 9,
                flags: net_socket_flags::TRANSPARENT | net_socket_flags::LISTEN,
            },
        ],
        net_rules: vec![
            BLOCK,
            NAMED,
            NetRule {
                flags: net_rule_flags::PUBLIC_ONLY,
                ..RULE
            },
            NetRule {
                action: NetAction::HostService,
                first_port: 11434,
                last_port: 11434,
                ..RULE
            },
            PUBLISH,
            NetRule {
                action: NetAction::Listen,
                protocol: 17,
                first_port: 0,
                ..RULE
            },
        ],
        net_resolvers: vec![NetResolver {
            family: 6,
            port: 53,
            address: [0x20; 16],
            line: SourceLine::new(1, 4),
        }],
        ..tables()
    }
}

fn refused(change: impl FnOnce(&mut Tables<'static>)) -> DecodeError {
    let mut changed = filtered();
    change(&mut changed);
    let mut out = vec![0; MAX_PLAN_BYTES];
    match encode(&changed.contents(), &mut out) {
        Err(EncodeError::Refused(why)) => why,
        other => unreachable!("{other:?} instead of a refusal of {changed:?}"),
    }
}

#[test]
fn the_filtered_sample_keeps_its_digest() {
    let bytes = filtered().encode();
    let plan = Plan::decode(&bytes).expect("the sample is a plan");
    assert_eq!(
        hex(&plan.digest),
        "47f8df9883febb9259a50a4f126d8cd79d89b0594f0ad21caa997d9714f26e00",
        "version 4 encodes otherwise than it did: a released version must not change"
    );
    assert_eq!(Tables::of(&plan).contents(), filtered().contents());
}

#[test]
fn every_byte_flipped_and_sealed_again() {
    let bytes = filtered().encode();
    let mut not = 0;
    for at in 0..bytes.len() - 32 {
        for pattern in [0x01, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= pattern;
            seal(&mut flipped);
            match Plan::decode(&flipped) {
                Ok(plan) => assert!(encode_again(&plan) == flipped, "byte {at} is read away"),
                Err(_) => not += 1,
            }
        }
    }
    assert!(not > 1000, "{not} refused: this proves too little");
}

#[test]
fn a_filtered_network_has_what_enforces_it_and_no_other_has_rules() {
    let parts: [fn(&mut Tables<'static>); 4] = [
        |t| t.net_sockets.clear(),
        |t| t.net_batches.clear(),
        |t| t.net_batches.truncate(2),
        |t| {
            t.net_batches
                .retain(|batch| batch.kind != NetBatchKind::Routes4);
        },
    ];
    for part in parts {
        assert_eq!(refused(part), DecodeError::Value);
    }
    for mode in [NetworkMode::Loopback, NetworkMode::Host] {
        assert_eq!(refused(|t| t.network.mode = mode), DecodeError::Value);
        let none = |t: &mut Tables<'static>| {
            t.network.mode = mode;
            t.net_batches.clear();
            t.net_sockets.clear();
            t.net_rules.clear();
            t.net_resolvers.clear();
        };
        let left: [fn(&mut Tables<'static>); 4] = [
            |t| t.net_batches = filtered().net_batches,
            |t| t.net_sockets = filtered().net_sockets,
            |t| t.net_rules = filtered().net_rules,
            |t| t.net_resolvers = filtered().net_resolvers,
        ];
        for one in left {
            let found = refused(|t| {
                none(t);
                one(t);
            });
            assert_eq!(found, DecodeError::Value, "{mode:?}");
        }
        let mut fine = filtered();
        none(&mut fine);
        assert!(Plan::decode(&fine.encode()).is_ok(), "{mode:?}");
    }
    let mut least = filtered();
    least
        .net_batches
        .retain(|batch| batch.kind != NetBatchKind::Routes6);
    least.net_rules.clear();
    least.net_resolvers.clear();
    assert!(Plan::decode(&least.encode()).is_ok());
}

#[test]
fn batches_and_sockets() {
    let batch = |change: fn(&mut NetBatch<'_>)| {
        refused(move |t| t.net_batches.last_mut().into_iter().for_each(change))
    };
    assert_eq!(batch(|b| b.bytes = b""), DecodeError::Value);
    assert_eq!(batch(|b| b.acknowledgements = 0), DecodeError::Value);
    assert_eq!(batch(|b| b.protocol = 0), DecodeError::Value);
    assert_eq!(
        refused(|t| t.net_batches[0].protocol = 12),
        DecodeError::Value
    );
    assert_eq!(refused(|t| t.net_batches.reverse()), DecodeError::Order);
    let twice = |t: &mut Tables<'_>| t.net_batches.push(t.net_batches[2]);
    assert_eq!(refused(twice), DecodeError::Order);
    let flag = |t: &mut Tables<'_>| t.net_sockets[0].flags = net_socket_flags::ALL + 1;
    assert_eq!(refused(flag), DecodeError::Value);
    let many = |t: &mut Tables<'_>| t.net_sockets.resize(MAX_NET_SOCKETS + 1, t.net_sockets[0]);
    assert_eq!(refused(many), DecodeError::Length);
}

#[test]
fn rules() {
    let long = [b'a'; 64];
    let long = std::ffi::CString::new(long)
        .expect("no NUL")
        .into_boxed_c_str();
    let long: &'static std::ffi::CStr = Box::leak(long);
    for (what, bad) in [
        (
            "a protocol",
            NetRule {
                protocol: 1,
                ..RULE
            },
        ),
        ("a family", NetRule { family: 5, ..BLOCK }),
        (
            "a prefix",
            NetRule {
                prefix: 33,
                ..BLOCK
            },
        ),
        (
            "host bits",
            NetRule {
                prefix: 22,
                address: [1; 16],
                ..BLOCK
            },
        ),
        ("a prefix of nothing", NetRule { prefix: 1, ..RULE }),
        (
            "an address of nothing",
            NetRule {
                address: ADDRESS,
                ..RULE
            },
        ),
        ("an unknown flag", NetRule { flags: 8, ..RULE }),
        (
            "ports that fall",
            NetRule {
                first_port: 444,
                ..RULE
            },
        ),
        (
            "a name with an address",
            NetRule {
                name: c"x",
                flags: 0,
                ..BLOCK
            },
        ),
        (
            "a name that listens",
            NetRule {
                action: NetAction::Listen,
                ..NAMED
            },
        ),
        (
            "a wildcard of nothing",
            NetRule {
                flags: net_rule_flags::WILDCARD,
                ..RULE
            },
        ),
        (
            "a server name of nothing",
            NetRule {
                flags: net_rule_flags::SERVER_NAME,
                ..RULE
            },
        ),
        (
            "a public name",
            NetRule {
                flags: net_rule_flags::PUBLIC_ONLY,
                ..NAMED
            },
        ),
        (
            "an upper-case name",
            NetRule {
                name: c"Example.org",
                ..NAMED
            },
        ),
        (
            "an empty label",
            NetRule {
                name: c"a..b",
                ..NAMED
            },
        ),
        (
            "a dot at the end",
            NetRule {
                name: c"a.",
                ..NAMED
            },
        ),
        (
            "a long label",
            NetRule {
                name: long,
                ..NAMED
            },
        ),
        (
            "a block of everything",
            NetRule {
                family: 0,
                prefix: 0,
                address: [0; 16],
                ..BLOCK
            },
        ),
        (
            "listening at an address",
            NetRule {
                action: NetAction::Listen,
                ..BLOCK
            },
        ),
        (
            "a host service at an address",
            NetRule {
                action: NetAction::HostService,
                ..PUBLISH
            },
        ),
        (
            "publish nowhere",
            NetRule {
                family: 0,
                prefix: 0,
                address: [0; 16],
                ..PUBLISH
            },
        ),
        (
            "publish no port",
            NetRule {
                first_port: 0,
                ..PUBLISH
            },
        ),
        (
            "publish to no port",
            NetRule {
                last_port: 0,
                ..PUBLISH
            },
        ),
    ] {
        assert_eq!(
            refused(|t| t.net_rules.push(bad)),
            DecodeError::Value,
            "{what}"
        );
    }
    let mut fine = filtered();
    fine.net_rules.resize(MAX_NET_RULES, RULE);
    assert!(Plan::decode(&fine.encode()).is_ok());
    let many = |t: &mut Tables<'_>| t.net_rules.resize(MAX_NET_RULES + 1, RULE);
    assert_eq!(refused(many), DecodeError::Length);
}

#[test]
fn resolvers() {
    let resolver = |change: fn(&mut NetResolver)| {
        refused(move |t| t.net_resolvers.iter_mut().for_each(change))
    };
    assert_eq!(resolver(|r| r.port = 0), DecodeError::Value);
    assert_eq!(resolver(|r| r.family = 0), DecodeError::Value);
    assert_eq!(resolver(|r| r.family = 4), DecodeError::Value);
    let many = |t: &mut Tables<'_>| t.net_resolvers.resize(9, t.net_resolvers[0]);
    assert_eq!(refused(many), DecodeError::Length);
}
