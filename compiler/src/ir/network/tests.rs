//! The sets against a model that looks at one connection at a time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it relies on"
)]

use super::{
    Connection, ConnectionRule, Connections, Destination, Direction, Effect, Extent, Host, Link,
    Name, NamePattern, Network, Reason,
};
use crate::quantity::{AddressBlock, Ports, Protocol};
use crate::source::Span;
use proptest::prelude::*;
use purple_plan::is_public;
use std::net::IpAddr;

const ADDRESSES: [&str; 14] = [
    "10.77.0.1",
    "10.77.0.2",
    "0.0.0.0",
    "10.0.0.1",
    "10.1.0.0",
    "127.0.0.1",
    "192.0.2.53",
    "192.0.2.255",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:192.0.2.53",
    "2001:db8::1",
    "ffff::",
];

const BLOCKS: [&str; 12] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/15",
    "192.0.2.0/24",
    "192.0.2.53/32",
    "127.0.0.0/8",
    "::/0",
    "::/1",
    "::/96",
    "2001:db8::/32",
    "::ffff:192.0.2.0/120",
    "::fffe:0:0/95",
];

const NAMES: [&str; 8] = [
    "a",
    "b",
    "b.a",
    "c.a",
    "c.b.a",
    "a.c.b.a",
    "host.purple.internal",
    "localhost",
];

fn block(text: &str) -> AddressBlock {
    let (address, prefix) = text.split_once('/').unwrap();
    AddressBlock {
        address: address.parse().unwrap(),
        prefix: prefix.parse().unwrap(),
    }
    .canonical()
}

fn destination() -> impl Strategy<Value = Destination> {
    prop_oneof![
        Just(Destination::Anywhere),
        Just(Destination::Public),
        proptest::sample::select(&BLOCKS[..]).prop_map(|text| Destination::Addresses(block(text))),
        (proptest::sample::select(&NAMES[..]), any::<bool>()).prop_map(|(name, below)| {
            let text = if below {
                format!("*.{name}")
            } else {
                name.to_owned()
            };
            Destination::Names(NamePattern::new(&text).unwrap())
        }),
    ]
}

fn ports() -> impl Strategy<Value = Ports> {
    let protocol = proptest::sample::select(&[None, Some(Protocol::Tcp), Some(Protocol::Udp)][..]);
    let one = |first: u16, length: u16, protocol| Ports {
        first,
        last: first.saturating_add(length),
        protocol,
    };
    prop_oneof![
        Just(Ports::ALL),
        (1..9_u16, 0..5_u16, protocol.clone())
            .prop_map(move |(first, length, protocol)| one(first, length, protocol)),
        (65_530..=u16::MAX, 0..5_u16, protocol)
            .prop_map(move |(first, length, protocol)| one(first, length, protocol)),
    ]
}

fn entry() -> impl Strategy<Value = ConnectionRule> {
    let effect = proptest::sample::select(&[Effect::Allow, Effect::Block][..]);
    let direction = proptest::sample::select(&Direction::ALL[..]);
    (effect, direction, destination(), ports()).prop_map(
        |(effect, direction, destination, ports)| ConnectionRule {
            effect,
            direction,
            destination,
            ports,
            span: None,
        },
    )
}

fn entries() -> impl Strategy<Value = Vec<ConnectionRule>> {
    proptest::collection::vec(entry(), 0..6).prop_map(|mut all| {
        for (at, entry) in all.iter_mut().enumerate() {
            entry.span = Some(Span::new(at, at + 1));
        }
        all
    })
}

/// Every connection of a small world, in which each of the sets above has a boundary.
fn world() -> Vec<Connection> {
    let addresses = ADDRESSES
        .iter()
        .map(|text| Host::Address(text.parse().unwrap()));
    let names = NAMES
        .iter()
        .map(|text| Host::Name(Name::new(text).unwrap()));
    let hosts: Vec<Host> = addresses.chain(names).collect();
    let mut all = Vec::new();
    for direction in Direction::ALL {
        for protocol in Protocol::ALL {
            for host in &hosts {
                for port in (0..14).chain(65_528..=u16::MAX) {
                    let host = host.clone();
                    all.push(Connection {
                        direction,
                        protocol,
                        host,
                        port,
                    });
                }
            }
        }
    }
    all
}

/// The model: whether an entry names a connection.
fn names(entry: &ConnectionRule, one: &Connection) -> bool {
    let ports = entry.ports;
    entry.direction == one.direction
        && ports.are_for(one.protocol)
        && (ports.first..=ports.last).contains(&one.port)
        && match (&entry.destination, &one.host) {
            (Destination::Anywhere, _) | (Destination::Public, Host::Name(_)) => true,
            (Destination::Public, Host::Address(address)) => is_public(address.to_canonical()),
            (Destination::Addresses(block), Host::Address(address)) => holds(block, *address),
            (Destination::Names(pattern), Host::Name(name)) => pattern.matches(name),
            _ => false,
        }
}

/// The model: whether a block holds an address, bit by bit, each family by itself.
fn holds(block: &AddressBlock, address: IpAddr) -> bool {
    let same = |one: u128, two: u128, bits: u32| {
        let shift = bits - u32::from(block.prefix);
        one.checked_shr(shift).unwrap_or(0) == two.checked_shr(shift).unwrap_or(0)
    };
    match (block.address, address.to_canonical()) {
        (IpAddr::V4(base), IpAddr::V4(one)) => {
            same(u32::from(base).into(), u32::from(one).into(), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(one)) => same(base.into(), one.into(), 128),
        _ => false,
    }
}

fn set(entries: &[ConnectionRule]) -> Connections {
    Connections::union_of(entries.iter().map(ConnectionRule::connections).collect())
}

fn network(entries: Vec<ConnectionRule>, extent: Extent, link: Link) -> Network {
    Network {
        link,
        narrowed: Some(Span::default()),
        extent,
        extent_span: None,
        entries,
        lists: [None; 2],
        host_services: vec![(5, Span::new(90, 91)), (70, Span::new(91, 92))],
        published: Vec::new(),
        name_servers: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sets_hold_what_the_model_holds(left in entries(), right in entries()) {
        let (one, two) = (set(&left), set(&right));
        let (union, both, rest) = (one.union(&two), one.intersection(&two), one.difference(&two));
        for connection in world() {
            let in_one = left.iter().any(|entry| names(entry, &connection));
            let in_two = right.iter().any(|entry| names(entry, &connection));
            prop_assert_eq!(one.contains(&connection), in_one, "{:?}", connection);
            prop_assert_eq!(union.contains(&connection), in_one || in_two, "{:?}", connection);
            prop_assert_eq!(both.contains(&connection), in_one && in_two, "{:?}", connection);
            prop_assert_eq!(rest.contains(&connection), in_one && !in_two, "{:?}", connection);
        }
    }

    #[test]
    fn a_set_has_one_form(left in entries(), right in entries()) {
        let (one, two) = (set(&left), set(&right));
        prop_assert_eq!(one.union(&two), two.union(&one));
        prop_assert_eq!(one.difference(&two).union(&one.intersection(&two)), one.clone());
        prop_assert_eq!(one.union(&two).difference(&two), one.difference(&two));
        prop_assert!(one.difference(&one).is_empty() && one.intersection(&two).is_within(&one));
        prop_assert_eq!(one.is_within(&two), one.union(&two) == two);
    }

    #[test]
    fn the_verdict_is_what_the_reach_says_and_names_an_entry_that_holds(
        entries in entries(), far in any::<bool>(), filtered in any::<bool>(),
    ) {
        let (extent, link) = match (far, filtered) {
            (true, true) => (Extent::Everywhere, Link::Filtered),
            (true, false) => (Extent::Everywhere, Link::Host),
            (false, _) => (Extent::Loopback, Link::Loopback),
        };
        let network = network(entries, extent, link);
        let reach = network.reach();
        for connection in world() {
            let verdict = network.verdict(&connection);
            prop_assert_eq!(verdict.allowed, reach.contains(&connection), "{:?}", connection);
            prop_assert_eq!(verdict.allowed, matches!(verdict.why, Reason::Allowed | Reason::Own));
            if matches!(verdict.why, Reason::Allowed | Reason::Blocked) {
                let said = network.entries.iter().find(|entry| entry.span == verdict.origin).unwrap();
                prop_assert!(names(said, &connection));
            }
        }
    }

    #[test]
    fn ports_are_counted_once(entries in entries()) {
        let found = set(&entries);
        for direction in Direction::ALL {
            let mut used = vec![false; 65_536];
            for entry in entries.iter().filter(|entry| entry.direction == direction) {
                used[entry.ports.first.into()..=entry.ports.last.into()].fill(true);
            }
            let expected = used.iter().filter(|used| **used).count();
            prop_assert_eq!(usize::try_from(found.count_ports(direction)).unwrap(), expected);
            let ranges: Vec<_> = found.ports(direction, None).collect();
            prop_assert!(ranges.windows(2).all(|pair| u32::from(pair[0].1) + 1 < u32::from(pair[1].0)));
        }
    }
}

#[test]
fn addresses_are_counted_once_and_mapped_ones_with_their_own() {
    let count = |texts: &[&str]| {
        let one = |text: &&str| {
            let hosts = Destination::Addresses(block(text));
            Connections::new(Direction::Out, &hosts, Ports::ALL)
        };
        let all = Connections::union_of(texts.iter().map(one).collect());
        assert_eq!(all.count_addresses(Direction::In), 0);
        all.count_addresses(Direction::Out)
    };
    assert_eq!(count(&["10.0.0.0/8"]), 1 << 24);
    assert_eq!(
        count(&["192.0.2.0/24", "::ffff:192.0.2.0/120", "192.0.2.7/32"]),
        256
    );
    assert_eq!(count(&["0.0.0.0/0"]), 1 << 32);
    // No packet to an IPv4 address is IPv6.
    assert_eq!(count(&["::/0"]), u128::MAX - (1 << 32) + 1);
    assert_eq!(count(&["0.0.0.0/0", "::/0"]), u128::MAX);
    assert_eq!(count(&[]), 0);
}

#[test]
fn a_block_contains_blocks_of_its_family() {
    let contains = |outer: &str, inner: &str| block(outer).contains(&block(inner));
    assert!(contains("192.0.2.0/24", "::ffff:192.0.2.128/121"));
    assert!(contains("::ffff:192.0.2.0/120", "192.0.2.0/24"));
    assert!(contains("::/0", "2001:db8::/32") && contains("::/0", "::/0"));
    assert!(!contains("::/0", "192.0.2.0/24") && !contains("0.0.0.0/0", "::/0"));
    assert!(!contains("192.0.2.0/24", "192.0.0.0/16"));
}

#[test]
fn names_are_read_in_any_letters_and_hostile_ones_are_not() {
    let name = |text: &str| Name::new(text).map(|name| name.to_string());
    assert_eq!(name("Example.ORG.").as_deref(), Some("example.org"));
    let long = format!("{}.org", "a".repeat(64));
    for text in [
        "", ".", "a..b", ".a", "a b", "*.a", "a\0", "ä.org", "a/b", &long,
    ] {
        assert_eq!(name(text), None, "{text}");
    }
    assert_eq!(name(&"a.".repeat(127)), name(&["a"; 127].join(".")));
    assert_eq!(name(&["a"; 128].join(".")), None);
    let pattern = NamePattern::new("*.Example.org").unwrap();
    assert_eq!(pattern.to_string(), "*.example.org");
    let matches = |text: &str| pattern.matches(&Name::new(text).unwrap());
    assert!(matches("a.example.org") && matches("a.b.example.org"));
    assert!(!matches("example.org") && !matches("aexample.org") && !matches("example.org.a"));
}

#[test]
fn a_set_without_a_port_is_the_empty_set_whatever_name_it_has() {
    let none = Ports {
        first: 5,
        last: 4,
        protocol: None,
    };
    for pattern in ["a", "*.a.b"] {
        let pattern = NamePattern::new(pattern).unwrap();
        let set = Connections::new(Direction::Out, &Destination::Names(pattern), none);
        assert!(set.is_empty());
        assert_eq!(set, Connections::default());
    }
}
