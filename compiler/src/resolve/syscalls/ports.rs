//! No TCP beside the list of ports.
//!
//! Landlock holds a list of TCP ports where a socket says that it speaks TCP, in `connect` and
//! `bind`. Three ways lead past it, and the filter closes them:
//!
//! - protocols of the kernel that speak TCP to the other side and are none to Landlock: MPTCP and
//!   SMC. Their numbers are 256 and more, which no IP packet can carry (linux/in.h);
//! - data that opens the connection itself, without `connect` (`MSG_FASTOPEN` in `tcp(7)`);
//! - `socketcall`, which carries all of these in memory, where no filter looks.
//!
//! Each gets the error that it gets from a kernel without it, so that libraries fall back.

use super::modes::may_pass;
use super::resolver::call_mut;
use crate::ir::syscalls::{Action, ArchMeaning, Condition, Meaning, Rule, Strength, Test};
use crate::source::Span;
use crate::syscalls::{errno_number, syscall, variants};

/// What a policy's lists of ports make necessary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    /// The first port in one of the lists.
    pub first: Span,
    /// The first port that may be connected to, where those are listed.
    pub outgoing: Option<Span>,
}

/// Denies what would get past the lists, but for protocols that a rule lets through by name.
pub(crate) fn keep_to_ports(meaning: &mut Meaning, listed: Listed) {
    for one in std::iter::once(&mut meaning.native).chain(&mut meaning.compat) {
        for family in FAMILIES {
            let named = named_protocols(one, family).into_iter().map(Test::Ne);
            let protocols = std::iter::once(Test::Ge(FIRST_OF_THE_KERNEL)).chain(named);
            let conditions = std::iter::once((FAMILY, Test::Eq(family)))
                .chain(protocols.map(|test| (PROTOCOL, test)))
                .map(|(arg, test)| condition(arg, test, listed.first));
            deny(
                one,
                "socket",
                "EPROTONOSUPPORT",
                conditions.collect(),
                listed.first,
            );
        }
        if let Some(span) = listed.outgoing {
            for (call, flags) in SENDS {
                let test = Test::MaskedNe {
                    mask: MSG_FASTOPEN,
                    value: 0,
                };
                deny(
                    one,
                    call,
                    "EOPNOTSUPP",
                    vec![condition(flags, test, span)],
                    span,
                );
            }
        }
        if let Some((name, number)) = may_pass(one, "socketcall") {
            call_mut(one, name, number)
                .hidden
                .get_or_insert(listed.first);
        }
    }
}

/// `AF_INET` and `AF_INET6` (linux/socket.h).
const FAMILIES: [u64; 2] = [2, 10];

/// The positions of `socket`'s arguments (socket(2)).
const FAMILY: u8 = 0;
const PROTOCOL: u8 = 2;

/// The number after `IPPROTO_RAW` (linux/in.h): a packet has eight bits for it.
const FIRST_OF_THE_KERNEL: u64 = 256;

/// `MSG_FASTOPEN` (linux/socket.h), the same on every architecture.
const MSG_FASTOPEN: u64 = 0x2000_0000;

/// The calls that send, and the positions of their flags (send(2), sendmmsg(2)). `send`, which few
/// architectures have, takes no address; whoever writes a rule on `sendto` denies it too.
const SENDS: [(&str, u8); 4] = [("send", 3), ("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)];

/// The protocols beyond a packet's that a rule names and lets through in a family.
fn named_protocols(one: &ArchMeaning, family: u64) -> Vec<u64> {
    let rules = one
        .calls
        .values()
        .filter(|call| call.name == "socket")
        .flat_map(|call| &call.rules);
    let in_family = |rule: &&Rule| {
        rule.conditions.iter().all(|one| match one.test {
            Test::Eq(other) if one.arg == FAMILY => other == family,
            _ => true,
        })
    };
    let mut named: Vec<u64> = rules
        .filter(in_family)
        .filter_map(beyond_the_ports)
        .collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// The protocol that gets past Landlock and that a rule on `socket` lets through by its number.
pub(crate) fn beyond_the_ports(rule: &Rule) -> Option<u64> {
    let opens = matches!(rule.action, Action::Allow | Action::Log);
    let foreign = |one: &Condition| {
        one.arg == FAMILY && matches!(one.test, Test::Eq(family) if !FAMILIES.contains(&family))
    };
    if !opens || rule.conditions.iter().any(foreign) {
        return None;
    }
    rule.conditions
        .iter()
        .filter(|one| one.arg == PROTOCOL)
        .find_map(|one| match one.test {
            Test::Eq(protocol) if protocol >= FIRST_OF_THE_KERNEL => Some(protocol),
            _ => None,
        })
}

/// Puts a denial before the policy's own: with `on_deny: log` those let the call through. A call that
/// does the same job gets it too where it fails anyway: no policy says one without the other, and
/// `purplec show` writes the filter as a policy.
fn deny(one: &mut ArchMeaning, name: &str, errno: &str, conditions: Vec<Condition>, span: Span) {
    let Some((name, number)) = syscall(one.arch, name) else {
        return;
    };
    let mut beside = variants(one.arch, name).into_iter();
    let fails = matches!(one.denial, Action::Errno(_));
    let passes = |name| may_pass(one, name).is_some();
    if passes(name) || (fails && beside.any(passes)) {
        let action = Action::Errno(errno_number(one.arch, errno).unwrap_or(EPERM));
        let rule = Rule {
            strength: Strength::Deny,
            action,
            conditions,
            span,
        };
        let rules = &mut call_mut(one, name, number).rules;
        let at = rules.partition_point(|other| other.strength < Strength::Deny);
        rules.insert(at, rule);
    }
}

/// The same on every architecture.
const EPERM: u16 = 1;

/// The kernel takes what is compared here as an `int`.
fn condition(arg: u8, test: Test, span: Span) -> Condition {
    Condition {
        arg,
        width: u64::from(u32::MAX),
        test,
        span,
    }
}

#[cfg(test)]
mod tests;
