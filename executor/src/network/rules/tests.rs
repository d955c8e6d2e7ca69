//! Rules read back from this kernel, in a network namespace of the test's own.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use super::{InForce, Kind, OBJECTS, read_back, subsystem};
use crate::network::batch;
use crate::network::bytes::{NESTED, attribute, message, nest};
use crate::network::message::Messages;
use crate::network::netlink::{ANSWER, NETFILTER, Netlink};
use purple_plan::{NetBatch, NetBatchKind};
use purple_sys::clone::enter_new;
use rustix::process::geteuid;
use std::ops::Range;
use std::println;
use std::vec;
use std::vec::Vec;

/// `CLONE_NEWNET` (linux/sched.h).
const NEW_NETWORK: u64 = 0x4000_0000;
/// `NLM_F_CREATE`, `NLM_F_EXCL` and `NLM_F_APPEND` (linux/netlink.h), `NLM_F_ACK`.
const CREATE: u16 = 0x400;
const EXCLUSIVE: u16 = 0x200;
const APPEND: u16 = 0x800;
const ACKNOWLEDGE: u16 = 4;

fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

fn expression(name: &str, data: &[Vec<u8>]) -> Vec<u8> {
    nest(1, &[attribute(1, name.as_bytes()), nest(2, data)])
}

fn of_inet(kind: u16, flags: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    let body = [vec![1, 0, 0, 0], attributes.concat()].concat();
    message(subsystem(kind), flags, &body)
}

fn chain(name: &[u8], hook: u32) -> Vec<u8> {
    let place = nest(4, &[number(1, hook), number(2, 0)]);
    let whole = [
        attribute(1, b"t\0"),
        attribute(3, name),
        place,
        number(5, 0),
        attribute(7, b"filter\0"),
    ];
    of_inet(3, CREATE | EXCLUSIVE, &whole)
}

/// A rule for a port: it loads it, compares it, counts, tells a group, and accepts.
fn rule(chain: &[u8], port: u8, prefix: &[u8], flags: u16) -> Vec<u8> {
    let expressions = [
        // NFT_META_L4PROTO into the first register, equal to TCP.
        expression("meta\0", &[number(2, 16), number(1, 1)]),
        expression(
            "cmp\0",
            &[number(1, 1), number(2, 0), nest(3, &[attribute(1, &[6])])],
        ),
        expression(
            "payload\0",
            &[number(1, 1), number(2, 2), number(3, 2), number(4, 2)],
        ),
        expression(
            "cmp\0",
            &[
                number(1, 1),
                number(2, 0),
                nest(3, &[attribute(1, &[0, port])]),
            ],
        ),
        expression("counter\0", &[]),
        expression(
            "log\0",
            &[
                attribute(1, &[0, 5]),
                attribute(2, prefix),
                number(3, 128),
                attribute(4, &[0, 1]),
            ],
        ),
        expression(
            "immediate\0",
            &[number(1, 0), nest(2, &[nest(2, &[number(1, 1)])])],
        ),
    ];
    let comment = attribute(7, b"\0\x07rule 1\0");
    let whole = [
        attribute(1, b"t\0"),
        attribute(2, chain),
        nest(4, &expressions),
        comment,
    ];
    of_inet(6, CREATE | APPEND | flags, &whole)
}

fn batch_of(messages: &[Vec<u8>]) -> Vec<u8> {
    let mark = |kind| message(kind, 0, &[0, 0, 0, 10]);
    [mark(16), messages.concat(), mark(17)].concat()
}

/// Two chains whose rules are sent in turns.
fn good() -> Vec<Vec<u8>> {
    vec![
        of_inet(0, CREATE | EXCLUSIVE, &[attribute(1, b"t\0"), number(2, 0)]),
        chain(b"one\0", 3),
        chain(b"two\0", 1),
        rule(b"one\0", 80, b"1\0", 0),
        rule(b"two\0", 81, b"2\0", 0),
        rule(b"one\0", 82, b"3\0", 0),
        rule(b"two\0", 83, b"4\0", ACKNOWLEDGE),
    ]
}

/// A namespace for the calling thread, with rules in it; `None` where the test is not root's.
fn with_rules(test: &str, messages: &[Vec<u8>]) -> Option<Netlink> {
    if !geteuid().is_root() {
        println!(
            "SKIP network-rules-{test}: a thread of a program enters a network namespace as root alone"
        );
        return None;
    }
    enter_new(NEW_NETWORK).unwrap();
    let netlink = Netlink::open(NETFILTER).unwrap();
    send(&netlink, messages);
    Some(netlink)
}

fn send(netlink: &Netlink, messages: &[Vec<u8>]) {
    let bytes = batch_of(messages);
    let batch = NetBatch {
        kind: NetBatchKind::Rules,
        protocol: NETFILTER,
        acknowledgements: 1,
        bytes: &bytes,
    };
    batch::send(netlink, &batch, &mut vec![0; ANSWER]).unwrap();
}

/// By a socket of its own: a list that was not read to its end stays in one.
fn compare(batch: &[u8]) -> Option<InForce> {
    let netlink = Netlink::open(NETFILTER).unwrap();
    read_back(&netlink, batch, &mut vec![0; ANSWER]).ok()
}

#[test]
fn what_was_sent_is_in_force_and_every_flip_of_it_is_not() {
    let Some(_netlink) = with_rules("every_flip", &good()) else {
        return;
    };
    let mut batch = batch_of(&good());
    let expected = InForce {
        rules: 4,
        generation: 2,
    };
    assert_eq!(compare(&batch), Some(expected));
    let mut flips = 0;
    for at in attributes(&batch) {
        batch[at] ^= 1;
        assert_eq!(compare(&batch), None, "byte {at}");
        batch[at] ^= 1;
        flips += 1;
    }
    assert!(flips > 500, "{flips}");
    assert_eq!(compare(&batch), Some(expected), "as before");
}

/// Where the attributes of each message are, without what pads them.
fn attributes(batch: &[u8]) -> Vec<usize> {
    let start = batch.as_ptr().addr();
    let mut places = Vec::new();
    for message in Messages(batch) {
        if message.kind >> 8 == 10 {
            let (_, attributes) = message.split(4).unwrap();
            let first = attributes.as_ptr().addr().wrapping_sub(start);
            add_places(
                batch,
                first..first.wrapping_add(attributes.len()),
                &mut places,
            );
        }
    }
    places
}

fn add_places(bytes: &[u8], mut all: Range<usize>, places: &mut Vec<usize>) {
    while let Some([length, high, kind, flags]) = bytes[all.clone()].first_chunk() {
        let length = usize::from(u16::from_le_bytes([*length, *high]));
        let inside = all.start.wrapping_add(4)..all.start.wrapping_add(length);
        places.extend(all.start..inside.start);
        if u16::from_le_bytes([*kind, *flags]) & NESTED != 0 {
            add_places(bytes, inside, places);
        } else {
            places.extend(inside);
        }
        all.start = all
            .start
            .wrapping_add(length.next_multiple_of(4))
            .min(all.end);
    }
}

#[test]
fn a_rule_that_is_missing_added_or_moved_is_noticed() {
    let Some(_netlink) = with_rules("another_rule", &good()) else {
        return;
    };
    let changed = |change: fn(&mut Vec<Vec<u8>>)| {
        let mut messages = good();
        change(&mut messages);
        compare(&batch_of(&messages))
    };
    assert_eq!(changed(|_| ()).map(|found| found.rules), Some(4));
    // One of the other chain between them says nothing.
    assert!(changed(|all| all.swap(3, 4)).is_some());
    assert_eq!(changed(|all| all.swap(3, 5)), None, "moved");
    assert_eq!(changed(|all| drop(all.pop())), None, "one more in force");
    assert_eq!(
        changed(|all| all.push(all[6].clone())),
        None,
        "one less in force"
    );
    assert_eq!(
        changed(|all| drop(all.remove(2))),
        None,
        "one more chain in force"
    );
    assert_eq!(
        changed(|all| all.push(all[2].clone())),
        None,
        "one less chain in force"
    );
    assert_eq!(
        changed(|all| drop(all.remove(0))),
        None,
        "one more table in force"
    );
    let set = of_inet(9, CREATE, &[attribute(1, b"t\0")]);
    let mut messages = good();
    messages.push(set);
    assert_eq!(compare(&batch_of(&messages)), None, "it makes a set");
    assert_eq!(compare(&batch_of(&good())[..40]), None, "cut");
}

#[test]
fn what_somebody_else_has_made_is_noticed() {
    let batch = batch_of(&good());
    let table = |family: u8, flags| {
        let body = [vec![family, 0, 0, 0], attribute(1, b"more\0")].concat();
        message(subsystem(0), CREATE | flags, &body)
    };
    let Some(netlink) = with_rules("others", &good()) else {
        return;
    };
    assert!(compare(&batch).is_some());
    // Of another family: NFPROTO_IPV4.
    send(&netlink, &[table(2, ACKNOWLEDGE)]);
    assert_eq!(compare(&batch), None, "a table");

    let counter = Kind {
        name: "",
        ..OBJECTS
    };
    let object = [
        attribute(1, b"t\0"),
        attribute(2, b"c\0"),
        // NFT_OBJECT_COUNTER
        number(3, 1),
        nest(4, &[]),
    ];
    let Some(netlink) = with_rules("others", &good()) else {
        return;
    };
    let body = [vec![1, 0, 0, 0], object.concat()].concat();
    send(
        &netlink,
        &[message(counter.new, CREATE | ACKNOWLEDGE, &body)],
    );
    assert_eq!(compare(&batch), None, "an object");

    let Some(netlink) = with_rules("others", &good()) else {
        return;
    };
    send(&netlink, &[rule(b"two\0", 84, b"5\0", ACKNOWLEDGE)]);
    assert_eq!(compare(&batch), None, "a rule");
    assert!(compare(&[]).is_none(), "no rule at all was sent");
}
