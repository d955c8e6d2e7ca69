//! Messages that are whole and that are not, and what is in one another.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use super::{Attributes, Messages, is_within, value_of};
use crate::network::bytes::{attribute, message, nest};
use rustix::io::Errno;
use std::vec::Vec;

#[test]
fn messages_one_behind_the_other() {
    let bytes = [message(20, 4, b"abcde"), message(24, 4, b"")].concat();
    let mut messages = Messages(&bytes);
    let all: Vec<_> = messages.by_ref().collect();
    assert!(messages.are_read());
    assert_eq!((all.len(), all[0].kind, all[1].kind), (2, 20, 24));
    assert_eq!(
        (all[0].body, all[0].flags, all[0].sequence),
        (&b"abcde"[..], 5, 7)
    );
    assert_eq!(all[0].split(2), Some((&b"ab"[..], &b"cde"[..])));
    assert_eq!(all[1].split(2), None);
}

#[test]
fn no_cut_of_a_message_is_whole() {
    let bytes = message(20, 4, b"abcd");
    for length in 1..bytes.len() {
        let mut all = Messages(&bytes[..length]);
        for _ in 0..2 {
            assert_eq!(all.next(), None, "{length}");
            assert!(!all.are_read(), "{length}");
        }
    }
    // A length that is shorter than the header, or longer than any memory.
    for length in [0_u32, 15, u32::MAX] {
        let mut bytes = bytes.clone();
        bytes[..4].copy_from_slice(&length.to_ne_bytes());
        let mut all = Messages(&bytes);
        assert_eq!(all.next(), None, "{length}");
        assert!(!all.are_read(), "{length}");
    }
}

#[test]
fn errors_of_answers() {
    let error = |number: i32| {
        let bytes = message(2, 4, &number.to_ne_bytes());
        Messages(&bytes).next().unwrap().error()
    };
    assert_eq!(error(0), Some(Ok(())));
    assert_eq!(error(-17), Some(Err(Errno::EXIST)));
    // No error numbers of the kernel's.
    for number in [1, 17, -4096, i32::MIN] {
        assert_eq!(error(number), Some(Err(Errno::BADMSG)), "{number}");
    }
    let short = message(2, 4, b"");
    let answer = Messages(&short).next().unwrap();
    assert_eq!(answer.error(), Some(Err(Errno::BADMSG)));
    let other = message(3, 4, &[0; 4]);
    assert_eq!(Messages(&other).next().unwrap().error(), None);
}

#[test]
fn attributes_that_are_not_whole() {
    for bytes in [
        &[4, 0][..],
        &[3, 0, 1, 0],
        &[9, 0, 1, 0, 1, 2, 3, 4],
        &[0; 8],
    ] {
        assert!(!Attributes(bytes).are_whole(), "{bytes:?}");
        assert!(!is_within(b"", bytes, None), "{bytes:?}");
        assert!(!is_within(bytes, bytes, None), "{bytes:?}");
        assert_eq!(value_of(bytes, 1), None, "{bytes:?}");
        let inside = attribute(2, bytes);
        let sent = nest(2, &[]);
        assert!(!is_within(&sent, &inside, None), "{bytes:?}");
    }
    // The last one needs no padding.
    assert_eq!(value_of(&[5, 0, 1, 0, 9], 1), Some(&[9][..]));
}

#[test]
fn the_kernel_may_add_kinds_and_order_them() {
    let (one, two, three) = (
        attribute(1, b"one"),
        attribute(2, b"two"),
        attribute(3, b"x"),
    );
    let sent = [one.clone(), two.clone()].concat();
    assert!(is_within(
        &sent,
        &[two.clone(), three, one.clone()].concat(),
        None
    ));
    assert!(!is_within(&sent, &one, None));
    assert!(is_within(&sent, &one, Some(2)));
    assert!(!is_within(
        &sent,
        &[one, attribute(2, b"twp")].concat(),
        None
    ));
    assert!(is_within(b"", &two, None));
}

#[test]
fn a_list_keeps_its_order_and_its_length() {
    let items: Vec<Vec<u8>> = (0..3).map(|number| attribute(1, &[number; 4])).collect();
    let sent = nest(4, &items);
    assert!(is_within(&sent, &attribute(4, &items.concat()), None));
    let mut changed = items.clone();
    changed.swap(0, 2);
    assert!(!is_within(&sent, &nest(4, &changed), None), "moved");
    assert!(!is_within(&sent, &nest(4, &items[..2]), None), "missing");
    changed = items.clone();
    changed.push(items[0].clone());
    assert!(!is_within(&sent, &nest(4, &changed), None), "added");
}

#[test]
fn every_flip_of_what_was_sent_is_noticed() {
    let inner = nest(2, &[attribute(1, b"abcd"), attribute(2, b"lo\0\0")]);
    let sent = [attribute(1, b"name"), nest(4, &[inner.clone(), inner])].concat();
    let added = attribute(9, b"kernel's");
    let mut read = [added, sent.clone()].concat();
    assert!(is_within(&sent, &read, None));
    let behind = read.len() - sent.len();
    for at in behind..read.len() {
        for bit in 0..8 {
            read[at] ^= 1 << bit;
            // That there are attributes inside, the sender says; bit 14 is the order of bytes (`NLA_F_NET_BYTEORDER`).
            let is_flag = bit >= 6 && is_high_byte_of_kind(&sent, at - behind);
            assert_eq!(
                is_within(&sent, &read, None),
                is_flag,
                "byte {at} bit {bit}"
            );
            read[at] ^= 1 << bit;
        }
    }
}

/// Whether the byte is the second one of an attribute's type.
fn is_high_byte_of_kind(bytes: &[u8], at: usize) -> bool {
    let mut start = 0;
    let mut rest = Attributes(bytes);
    while let Some(attribute) = rest.next() {
        if at == start + 3 {
            return true;
        }
        let inside = start + 4;
        if attribute.nested && (inside..inside + attribute.value.len()).contains(&at) {
            return is_high_byte_of_kind(attribute.value, at - inside);
        }
        start = bytes.len() - rest.0.len();
    }
    false
}

#[test]
fn deeper_than_any_rule_is_not_the_same() {
    let mut sent = attribute(1, b"x");
    for _ in 0..20 {
        sent = nest(1, &[sent]);
    }
    assert!(!is_within(&sent, &sent, None));
}

#[test]
fn values_by_kind() {
    let bytes = [attribute(1, b"a"), attribute(2, b"b"), attribute(1, b"c")].concat();
    assert_eq!(value_of(&bytes, 1), Some(&b"a"[..]), "the first");
    assert_eq!(value_of(&bytes, 2), Some(&b"b"[..]));
    assert_eq!(value_of(&bytes, 3), None);
}
