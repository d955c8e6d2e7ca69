//! A filtered network: its routes and its rules, as a plan has them, sent in namespaces of the child's own.

use super::namespaces::{Namespace, OwnIds};
use super::{Reporter, Steps};
use crate::errno;
use crate::sys::netlink::socket;
use nix::errno::Errno;
use nix::sched::unshare;
use std::fs::File;
use std::io::{Read as _, Write as _};

/// The step that makes a user and a network namespace, and a socket for the routes.
pub const NEW_NETWORK: &str = "a user and a network namespace";
/// The step that sets the routes.
pub const ROUTES: &str = "the routes";
/// The step that has the kernel take the table, its chains, and all rules but those below.
pub const TABLE: &str = "the table of rules";
/// The steps that have it take the rules with an expression of that name (`net/netfilter/nft_*.c`).
pub const EXPRESSIONS: [&str; 4] = ["reject", "ct", "tproxy", "log"];

/// Messages for the kernel, one behind the other (netlink(7)).
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The netlink protocol.
    pub protocol: u32,
    /// How many answers without an error a complete success brings.
    pub acknowledgements: u32,
    /// The messages.
    pub bytes: &'a [u8],
}

/// The kinds of messages that say how another one went, and the length of a message's head (linux/netlink.h).
const NLMSG_ERROR: u16 = 2;
const HEAD: usize = 16;

/// The most bytes of one answer (`netlink_dump`).
const ANSWER: usize = 32 << 10;

/// Sends both: the steps [`NEW_NETWORK`], [`ROUTES`], [`TABLE`] and [`EXPRESSIONS`].
pub fn load(routes: Batch<'_>, rules: Batch<'_>) -> Steps {
    let ids = OwnIds::get();
    super::run(|reporter| {
        let kinds = Namespace::User.flag() | Namespace::Network.flag();
        let entered = unshare(kinds).and_then(|()| ids.map(0));
        if !reporter.step(NEW_NETWORK, &entered) {
            return;
        }
        let sent = send(routes).and_then(|refused| first(&refused));
        if reporter.step(ROUTES, &sent) {
            report_rules(&send(rules), rules.bytes, reporter);
        }
    })
}

/// Says of the table and of each expression whether the kernel takes them.
fn report_rules(sent: &Result<Vec<Refusal>, Errno>, batch: &[u8], reporter: &mut Reporter) {
    for (step, result) in rules(sent, batch) {
        // Without a table the kernel takes no rule, whatever is in it.
        if !reporter.step(step, &result) && step == TABLE {
            return;
        }
    }
}

/// What came of the table and of each expression.
fn rules(
    sent: &Result<Vec<Refusal>, Errno>,
    batch: &[u8],
) -> Vec<(&'static str, Result<(), Errno>)> {
    let refused = match sent {
        Ok(refused) => refused,
        Err(errno) => return vec![(TABLE, Err(*errno))],
    };
    let of = |wanted: Option<&'static str>| {
        let mut found = refused.iter();
        let found = found.find(|one| expression(batch, one.sequence) == wanted);
        found.map_or(Ok(()), |one| Err(one.errno))
    };
    let expressions = EXPRESSIONS.map(|name| (name, of(Some(name))));
    std::iter::once((TABLE, of(None)))
        .chain(expressions)
        .collect()
}

/// A message that the kernel has not taken, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    sequence: u32,
    errno: Errno,
}

/// The error of the first message that was not taken.
fn first(refused: &[Refusal]) -> Result<(), Errno> {
    refused.first().map_or(Ok(()), |one| Err(one.errno))
}

/// Sends a batch as one. The kernel answers before the call returns (netlink(7)).
fn send(batch: Batch<'_>) -> Result<Vec<Refusal>, Errno> {
    let mut socket = socket(batch.protocol)?;
    let sent = socket
        .write(batch.bytes)
        .map_err(|error| errno::of(&error))?;
    if sent != batch.bytes.len() {
        return Err(Errno::EMSGSIZE);
    }
    let answers = read_all(&mut socket)?;
    let (taken, refused) = answers_in(&answers).ok_or(Errno::EBADMSG)?;
    if refused.is_empty() && taken != batch.acknowledgements {
        return Err(Errno::EBADMSG);
    }
    Ok(refused)
}

/// Each answer that waits, one behind the other.
fn read_all(socket: &mut File) -> Result<Vec<u8>, Errno> {
    let mut all = Vec::new();
    let mut buffer = vec![0; ANSWER];
    loop {
        match socket.read(&mut buffer).map_err(|error| errno::of(&error)) {
            Ok(0) | Err(Errno::EAGAIN) => return Ok(all),
            Ok(length) => all.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// How many messages were taken, and those that were not; `None` where something else was answered.
fn answers_in(mut bytes: &[u8]) -> Option<(u32, Vec<Refusal>)> {
    let (mut taken, mut refused) = (0_u32, Vec::new());
    while let Some((message, rest)) = split(bytes) {
        bytes = rest;
        // Behind the error is the head of the message that it is about.
        let error = i32::from_ne_bytes(array(message, HEAD)?);
        let about = message.get(HEAD.checked_add(4)?..)?;
        if kind(message)? != NLMSG_ERROR {
            return None;
        }
        match error.checked_neg()? {
            0 => taken = taken.saturating_add(1),
            code => refused.push(Refusal {
                sequence: sequence(about)?,
                errno: Errno::from_raw(code),
            }),
        }
    }
    bytes.is_empty().then_some((taken, refused))
}

/// The first of [`EXPRESSIONS`] that a message of a batch has: each is an attribute with this text and a zero byte.
fn expression(batch: &[u8], number: u32) -> Option<&'static str> {
    let mut rest = batch;
    let mut messages = std::iter::from_fn(|| {
        let (message, behind) = split(rest)?;
        rest = behind;
        Some(message)
    });
    let message = messages.find(|message| sequence(message) == Some(number))?;
    let has = |name: &&str| {
        let length = u16::try_from(name.len().saturating_add(5)).unwrap_or(u16::MAX);
        // `NFTA_EXPR_NAME` (linux/netfilter/nf_tables.h).
        let mut attribute = [length.to_ne_bytes(), 1_u16.to_ne_bytes()].concat();
        attribute.extend([name.as_bytes(), b"\0"].concat());
        message
            .windows(attribute.len())
            .any(|part| part == attribute)
    };
    EXPRESSIONS.into_iter().find(has)
}

/// The first message, and what is behind it: each is padded to four bytes.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::try_from(u32::from_ne_bytes(array(bytes, 0)?)).ok()?;
    let message = bytes.get(..length).filter(|one| one.len() >= HEAD)?;
    let next = length.checked_next_multiple_of(4)?;
    Some((message, bytes.get(next..).unwrap_or_default()))
}

fn kind(message: &[u8]) -> Option<u16> {
    array(message, 4).map(u16::from_ne_bytes)
}

fn sequence(message: &[u8]) -> Option<u32> {
    array(message, 8).map(u32::from_ne_bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::{Refusal, TABLE, answers_in, rules};
    use nix::errno::Errno;

    /// A message of a kind, with a number, and what it holds.
    fn message(kind: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 16).unwrap_or(0);
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    /// The kernel's answer to a message.
    fn answer(sequence: u32, error: i32) -> Vec<u8> {
        let about = message(7, sequence, &[]);
        message(2, 99, &[&(-error).to_ne_bytes(), &about[..]].concat())
    }

    /// A table, and a rule with an expression: 11 is the length of the attribute with `tproxy`.
    fn batch() -> Vec<u8> {
        let name = [&11_u16.to_ne_bytes()[..], &[1, 0], b"tproxy\0"].concat();
        [
            message(1, 1, b"table"),
            message(2, 2, &name),
            message(2, 3, b"tproxy without an attribute"),
        ]
        .concat()
    }

    #[test]
    fn what_the_kernel_did_not_take_is_found_by_its_number() {
        let answers = [answer(2, 2), answer(3, 0)].concat();
        let refusal = Refusal {
            sequence: 2,
            errno: Errno::ENOENT,
        };
        assert_eq!(answers_in(&answers), Some((1, vec![refusal])));
        assert_eq!(answers_in(&message(3, 1, &[0; 20])), None, "no answer");
        assert_eq!(
            answers_in(answers.get(..30).unwrap_or_default()),
            None,
            "half of one"
        );
        assert_eq!(answers_in(&[]), Some((0, Vec::new())));
    }

    #[test]
    fn a_rule_that_was_not_taken_names_its_expression() {
        let found = |sequence| {
            let errno = Errno::ENOENT;
            let refused = Ok(vec![Refusal { sequence, errno }]);
            let all = rules(&refused, &batch()).into_iter();
            all.filter_map(|(step, result)| result.is_err().then_some(step))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(2), ["tproxy"]);
        assert_eq!(found(1), [TABLE]);
        assert_eq!(found(3), [TABLE], "a rule without one of them");
        let all = rules(&Ok(Vec::new()), &batch());
        assert!(all.iter().all(|(_, result)| result.is_ok()), "{all:?}");
        let none = rules(&Err(Errno::EPROTONOSUPPORT), &batch());
        assert_eq!(none, [(TABLE, Err(Errno::EPROTONOSUPPORT))]);
    }
}
