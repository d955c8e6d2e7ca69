//! The rules in force, read back: each one that was sent is there as it was sent, and no other
//! (`linux/netfilter/nf_tables.h`).

use super::message::{Message, Messages, is_within, value_of};
use super::netlink::{DUMP, Netlink, Request, STEP, answer, answer_to_asked, ask};
use crate::message::{OrRefuse, Refused, refuse};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// The size of `struct nfgenmsg`.
const HEAD: usize = 4;

/// `NFTA_RULE_TABLE` and `NFTA_RULE_CHAIN`.
const TABLE: u16 = 1;
const CHAIN: u16 = 2;
/// `NFTA_GEN_ID`.
const GENERATION: u16 = 1;

/// `NFT_MSG_GETGEN`.
const GET_GENERATION: u16 = subsystem(16);
/// `NFNL_MSG_BATCH_BEGIN` and `NFNL_MSG_BATCH_END` (linux/netfilter/nfnetlink.h).
const BATCH: [u16; 2] = [16, 17];

/// Things that a kernel has: the message by which one is made (`NFT_MSG_NEW*`), and by which all are listed
/// (`NFT_MSG_GET*`).
#[derive(Debug)]
struct Kind {
    name: &'static str,
    new: u16,
    get: u16,
}

/// Behind tables and chains, what rules can lead to and the plan's do not.
const KINDS: [Kind; 6] = [TABLES, CHAINS, SETS, OBJECTS, FLOW_TABLES, RULES];
const TABLES: Kind = kind("tables", 0, 1);
const CHAINS: Kind = kind("chains", 3, 4);
const SETS: Kind = kind("sets", 9, 10);
const OBJECTS: Kind = kind("objects", 18, 19);
const FLOW_TABLES: Kind = kind("flow tables", 22, 23);
/// The only ones without names: those of a chain hold in their order.
const RULES: Kind = kind("rules", 6, 7);

const fn kind(name: &'static str, new: u16, get: u16) -> Kind {
    Kind {
        name,
        new: subsystem(new),
        get: subsystem(get),
    }
}

/// A message of `NFNL_SUBSYS_NFTABLES` (linux/netfilter/nfnetlink.h).
const fn subsystem(message: u16) -> u16 {
    10 << 8 | message
}

/// What was found in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InForce {
    pub(super) rules: u64,
    pub(super) generation: u32,
}

/// Reads back everything that a batch has made.
pub(super) fn read_back(
    netlink: &Netlink,
    batch: &[u8],
    buffer: &mut [u8],
) -> Result<InForce, Refused> {
    const READING: &str = "the rules' generation";
    if !is_known(batch) {
        let what = "the plan's rules have something in them that this version cannot read back";
        return Err(refuse!(STEP, what));
    }
    let generation = read_generation(netlink.fd(), buffer).or_refuse(STEP, READING)?;
    let mut rules = 0;
    for kind in &KINDS {
        rules = compare(netlink, batch, kind, buffer)?;
    }
    if read_generation(netlink.fd(), buffer).or_refuse(STEP, READING)? == generation {
        return Ok(InForce { rules, generation });
    }
    let what = "the rules have changed while they were read back";
    Err(refuse!(STEP, what))
}

/// Whether a batch makes nothing but what is compared here.
fn is_known(batch: &[u8]) -> bool {
    let compared = [TABLES.new, CHAINS.new, RULES.new];
    let mut messages = Messages(batch);
    messages.all(|message| compared.contains(&message.kind) || BATCH.contains(&message.kind))
        && messages.are_read()
}

/// The number of the rules' generation: it is another one after each change.
pub(super) fn read_generation(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<u32, Errno> {
    let request = Request {
        kind: GET_GENERATION,
        flags: 0,
        head: &[0; HEAD],
        attributes: &[],
    };
    ask(socket, request)?;
    let answer = answer_to_asked(answer(socket, buffer)?)?;
    let (_, attributes) = answer.split(HEAD).ok_or(Errno::BADMSG)?;
    let number = value_of(attributes, GENERATION).and_then(|value| value.first_chunk());
    number
        .map(|bytes| u32::from_be_bytes(*bytes))
        .ok_or(Errno::BADMSG)
}

/// One thing of a batch, or of an answer.
#[derive(Debug, Clone, Copy)]
struct Thing<'a> {
    /// The family of addresses, and the version.
    family: &'a [u8],
    attributes: &'a [u8],
}

impl<'a> Thing<'a> {
    fn of(message: &Message<'a>) -> Option<Self> {
        let (head, attributes) = message.split(HEAD)?;
        // Behind these two, an answer has the generation.
        let family = head.get(..2)?;
        Some(Self { family, attributes })
    }

    fn has(&self, wanted: &Self) -> bool {
        self.family == wanted.family && is_within(wanted.attributes, self.attributes, None)
    }

    fn is_of_one_chain(&self, other: &Self) -> bool {
        [TABLE, CHAIN]
            .iter()
            .all(|&kind| value_of(self.attributes, kind) == value_of(other.attributes, kind))
    }
}

/// What a batch makes by messages of a kind, in its order.
#[derive(Debug, Clone, Copy)]
struct Sent<'b> {
    messages: Messages<'b>,
    new: u16,
}

#[expect(
    clippy::copy_iterator,
    reason = "a copy is another place in the same batch"
)]
impl<'b> Iterator for Sent<'b> {
    type Item = Thing<'b>;

    fn next(&mut self) -> Option<Thing<'b>> {
        let new = self.new;
        let message = self.messages.find(|message| message.kind == new)?;
        Thing::of(&message)
    }
}

/// Lists all things of a kind, of whichever family of addresses: each is one that was sent, and there are as many. The rules
/// of a chain are listed one behind the other, in the order in which they hold. Returns how many there are.
fn compare(
    netlink: &Netlink,
    batch: &[u8],
    kind: &Kind,
    buffer: &mut [u8],
) -> Result<u64, Refused> {
    let request = Request {
        kind: kind.get,
        flags: DUMP,
        head: &[0; HEAD],
        attributes: &[],
    };
    let differs = || {
        refuse!(
            STEP,
            "the ",
            kind.name,
            " in force are not those of the plan"
        )
    };
    let all = Sent {
        messages: Messages(batch),
        new: kind.new,
    };
    let is_rule = kind.new == RULES.new;
    let mut rest = all;
    // Of the chain that is being listed, the rule before.
    let mut before: Option<Thing<'_>> = None;
    let mut count = 0_usize;
    netlink.dump(request, buffer, &mut |message| {
        count = count.saturating_add(1);
        let found = Thing::of(&message).filter(|_| message.kind == kind.new);
        let found = found.ok_or_else(differs)?;
        if !(is_rule && before.is_some_and(|before| before.is_of_one_chain(&found))) {
            rest = all;
        }
        before = rest.find(|wanted| {
            if is_rule {
                wanted.is_of_one_chain(&found)
            } else {
                found.has(wanted)
            }
        });
        match before {
            Some(wanted) if found.has(&wanted) => Ok(()),
            _ => Err(differs()),
        }
    })?;
    if count == all.count() {
        return Ok(u64::try_from(count).unwrap_or(u64::MAX));
    }
    Err(differs())
}

#[cfg(test)]
mod tests;
