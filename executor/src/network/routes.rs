//! The interface, its addresses and the routes, read back: each one that was sent is there (rtnetlink(7),
//! linux/rtnetlink.h). The kernel makes some of its own besides.

use super::batch;
use super::message::{Message, Messages, is_within, u32_at};
use super::netlink::{DUMP, Netlink, Request, STEP};
use crate::message::{EMULATED, Refused, refuse};
use purple_plan::NetBatch;

/// `RTM_NEWLINK`, `RTM_SETLINK`, `RTM_NEWADDR` and `RTM_NEWROUTE`.
const NEW_LINK: u16 = 16;
const SET_LINK: u16 = 19;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;

/// `IFA_LOCAL` (`linux/if_addr.h`), which the kernel keeps of an IPv6 address only where there is a peer.
const LOCAL: u16 = 2;

/// `AF_INET` (linux/socket.h).
const INET: u8 = 2;

/// What a message sets up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Link,
    Address,
    Route,
}

impl Subject {
    fn of(kind: u16) -> Option<Self> {
        Some(match kind {
            NEW_LINK | SET_LINK => Self::Link,
            NEW_ADDRESS => Self::Address,
            NEW_ROUTE => Self::Route,
            _ => return None,
        })
    }

    /// By which message such are listed (`RTM_GET*`).
    const fn get(self) -> u16 {
        match self {
            Self::Link => 18,
            Self::Address => 22,
            Self::Route => 26,
        }
    }

    /// The size of `struct ifinfomsg`, `struct ifaddrmsg`, `struct rtmsg`.
    const fn head(self) -> usize {
        match self {
            Self::Link => 16,
            Self::Address => 8,
            Self::Route => 12,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Link => "the interface",
            Self::Address => "an address",
            Self::Route => "a route",
        }
    }
}

/// Reads back everything that a batch has made; returns how much that is.
pub(super) fn read_back(
    netlink: &Netlink,
    batch: &NetBatch<'_>,
    buffer: &mut [u8],
) -> Result<u64, Refused> {
    let mut count = 0_u64;
    let mut messages = Messages(batch.bytes);
    let missing = loop {
        let Some(sent) = messages.next() else {
            break (!messages.are_read()).then_some("a message");
        };
        let missing = missing(netlink, &sent, buffer)?;
        if missing.is_some() {
            break missing;
        }
        count = count.saturating_add(1);
    };
    let Some(what) = missing else {
        return Ok(count);
    };
    let batch = batch::name(batch.kind);
    Err(refuse!(
        STEP,
        what,
        " of ",
        batch,
        " is not in force",
        EMULATED
    ))
}

/// Looks for what a message has made; gives its name where it is not there.
fn missing(
    netlink: &Netlink,
    sent: &Message<'_>,
    buffer: &mut [u8],
) -> Result<Option<&'static str>, Refused> {
    let Some(subject) = Subject::of(sent.kind) else {
        return Ok(Some("a message of another kind"));
    };
    // Of one family of addresses; everything else is 0.
    let mut head = [0; 16];
    if let (Some(family), Some(place)) = (sent.body.first(), head.first_mut()) {
        *place = *family;
    }
    let request = Request {
        kind: subject.get(),
        flags: DUMP,
        head: head.get(..subject.head()).unwrap_or(&[]),
        attributes: &[],
    };
    let mut is_there = false;
    netlink.dump(request, buffer, &mut |read| {
        is_there |= is_made(subject, sent, &read);
        Ok(())
    })?;
    Ok((!is_there).then(|| subject.name()))
}

/// Whether what was read is what was sent.
fn is_made(subject: Subject, sent: &Message<'_>, read: &Message<'_>) -> bool {
    let length = subject.head();
    let (Some((wanted, attributes)), Some((found, in_force))) =
        (sent.split(length), read.split(length))
    else {
        return false;
    };
    let is_4 = wanted.first() == Some(&INET);
    let left_out = (subject == Subject::Address && !is_4).then_some(LOCAL);
    Subject::of(read.kind) == Some(subject)
        && is_head_made(subject, wanted, found)
        && is_within(attributes, in_force, left_out)
}

fn is_head_made(subject: Subject, wanted: &[u8], found: &[u8]) -> bool {
    let is_4 = wanted.first() == Some(&INET);
    // A bit for each byte that counts.
    let counts: u16 = match subject {
        // The index.
        Subject::Link => 0b1111_0000,
        // The family, the length of the prefix and the index. The kernel adds flags, and works out the
        // scope of an IPv6 address.
        Subject::Address if is_4 => 0b1111_1011,
        Subject::Address => 0b1111_0011,
        // All but the flags. The kernel has no scope for an IPv6 route.
        Subject::Route if is_4 => 0b1111_1111,
        Subject::Route => 0b1011_1111,
    };
    let mut bytes = (0..).zip(wanted.iter().zip(found));
    let is_same = bytes.all(|(at, (one, other))| counts.wrapping_shr(at) & 1 == 0 || one == other);
    is_same && (subject != Subject::Link || are_flags_made(wanted, found))
}

/// Whether an interface has of the flags (`ifi_flags`) those that are changed (`ifi_change`).
fn are_flags_made(wanted: &[u8], found: &[u8]) -> bool {
    let word = |head, at| u32_at(head, at).unwrap_or(0);
    let change = word(wanted, 12);
    change != 0 && word(wanted, 8) & change == word(found, 8) & change
}

#[cfg(test)]
mod tests {
    use super::{Subject, is_head_made};

    #[test]
    fn each_byte_of_a_head_that_counts() {
        let link = [0, 0, 4, 3, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
        let address = [2, 32, 0, 254, 1, 0, 0, 0];
        let route = [2, 0, 0, 0, 255, 4, 254, 2, 0, 0, 0, 0];
        let address6 = [10, 128, 0, 0, 1, 0, 0, 0];
        let route6 = [10, 0, 0, 0, 255, 4, 0, 2, 0, 0, 0, 0];
        for (subject, sent, counts) in [
            (Subject::Link, &link[..], &[4, 5, 6, 7, 8][..]),
            (Subject::Address, &address, &[0, 1, 3, 4, 5, 6, 7]),
            (Subject::Address, &address6, &[0, 1, 4, 5, 6, 7]),
            (Subject::Route, &route, &[0, 1, 2, 3, 4, 5, 6, 7]),
            (Subject::Route, &route6, &[0, 1, 2, 3, 4, 5, 7]),
        ] {
            assert!(is_head_made(subject, sent, sent));
            for at in 0..sent.len() {
                let mut read = [0_u8; 16];
                for (place, byte) in read.iter_mut().zip(sent) {
                    *place = *byte;
                }
                if let Some(byte) = read.get_mut(at) {
                    *byte ^= 1;
                }
                let found = is_head_made(subject, sent, &read);
                assert_eq!(found, !counts.contains(&at), "{subject:?} {at}");
            }
        }
        // A message that changes nothing of an interface proves nothing.
        assert!(!is_head_made(Subject::Link, &[0; 16], &[0; 16]));
    }
}
