//! What a plan says of one call: the steps of FORMAT.md, in their order.
//!
//! The process that answers for a filter needs the answer for the call at hand, and its line of the
//! policy.
//! The compiler has an evaluator of its own; a test holds the two against each other.

use crate::records::{
    Basis, CallRule, Comparison, Condition, Interface, NamedCall, Strength, interface_flags,
};
use crate::sections::Plan;
use crate::source_line::SourceLine;

/// A call as a filter sees it (`struct seccomp_data` of linux/seccomp.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Call {
    /// Its number, with the x32 bit for an x32 call.
    pub number: u32,
    /// `AUDIT_ARCH_*` of the interface that it came through.
    pub audit_arch: u32,
    /// The six argument registers.
    pub args: [u64; 6],
}

/// What a call gets that comes through no interface of the filter: its process is killed.
const KILL_PROCESS: u32 = 0x8000_0000;
const ALLOW: u32 = 0x7fff_0000;
const ERRNO: u32 = 0x0005_0000;
/// `__X32_SYSCALL_BIT` (asm/unistd.h): the first number that is not the architecture's own.
const X32_BIT: u32 = 0x4000_0000;

/// `SECCOMP_RET_USER_NOTIF`.
const NOTIFY: u32 = 0x7fc0_0000;
const EPERM: u32 = 1;

impl Plan<'_> {
    /// The error that a notified process answers a call with, and the line of the policy that says
    /// so. There is always one: a call that the plan would let through has not come here by the
    /// plan's own program, and is denied too.
    pub fn answer(&self, filter: u32, call: &Call) -> (u32, SourceLine) {
        let (action, line) = self.verdict(filter, call);
        let denial = || {
            let mut all = self.interfaces.iter();
            let own = |one: &Interface| one.filter == filter && one.audit_arch == call.audit_arch;
            all.find(own).and_then(|one| error(one.denial))
        };
        let notified = (action == NOTIFY).then(denial).flatten();
        (error(action).or(notified).unwrap_or(EPERM), line)
    }

    /// What happens to a call under the filter for `filter`, as a seccomp return value, and the
    /// line of the policy that says so.
    pub fn verdict(&self, filter: u32, call: &Call) -> (u32, SourceLine) {
        let x32 = call.number >= X32_BIT && call.number != u32::MAX;
        let mut numbers = self.numbers.iter();
        let mut calls = self.calls.iter();
        let mut rules = self.rules.iter();
        let mut conditions = self.conditions.iter();
        for one in &self.interfaces {
            let of_x32 = one.flags & interface_flags::X32 != 0;
            // The bit means x32 only where the architecture has an x32 interface to reach.
            let reached = one.filter == filter
                && one.audit_arch == call.audit_arch
                && of_x32 == (x32 && has_x32(one.audit_arch));
            let mut beyond = false;
            for _ in 0..one.beyond {
                beyond |= numbers
                    .next()
                    .is_some_and(|known| known.number == call.number);
            }
            if reached && call.number > one.newest && !beyond {
                return (ERRNO | one.enosys, SourceLine::NONE);
            }
            for _ in 0..one.calls {
                let Some(named) = calls.next() else { break };
                if reached && named.number == call.number {
                    return decide(&one, &named, &call.args, &mut rules, &mut conditions);
                }
                for _ in 0..named.rules {
                    let count = rules.next().map_or(0, |rule| rule.conditions);
                    skip(&mut conditions, count);
                }
                skip(&mut conditions, named.guard.into());
            }
            if reached {
                return (default(&one), one.line);
            }
        }
        (KILL_PROCESS, SourceLine::NONE)
    }
}

/// The error that an action gives.
const fn error(action: u32) -> Option<u32> {
    match action & 0xffff {
        errno if action == ERRNO | errno && errno != 0 => Some(errno),
        _ => None,
    }
}

/// `AUDIT_ARCH_X86_64` (linux/audit.h): the only one that two interfaces share.
const fn has_x32(audit_arch: u32) -> bool {
    audit_arch == 0xc000_003e
}

const fn default(one: &Interface) -> u32 {
    if one.flags & interface_flags::DEFAULT_DENY != 0 {
        one.denial
    } else {
        ALLOW
    }
}

fn skip(conditions: &mut impl Iterator<Item = Condition>, count: u32) {
    for _ in 0..count {
        if conditions.next().is_none() {
            break;
        }
    }
}

/// Steps 3 to 8.
fn decide(
    one: &Interface,
    named: &NamedCall,
    args: &[u64; 6],
    rules: &mut impl Iterator<Item = CallRule>,
    conditions: &mut impl Iterator<Item = Condition>,
) -> (u32, SourceLine) {
    let hidden = named.basis == Basis::Hidden;
    let mut narrowed = None;
    for _ in 0..named.rules {
        let Some(rule) = rules.next() else { break };
        let mut all = true;
        for _ in 0..rule.conditions {
            all &= conditions
                .next()
                .is_some_and(|condition| condition.holds(args));
        }
        let counts = !hidden || rule.strength.number() <= Strength::Deny.number();
        if all && counts {
            return (rule.action, rule.line);
        }
        if rule.strength == Strength::Allow && narrowed.is_none() {
            narrowed = Some(rule.line);
        }
    }
    if hidden {
        return (ERRNO | one.enosys, named.line);
    }
    if let Some(line) = narrowed {
        return (one.denial, line);
    }
    let (line, open) = match named.basis {
        Basis::Denied => return (one.denial, named.line),
        Basis::Baseline => return (one.denial, one.line),
        Basis::Allowed => (named.line, true),
        Basis::Default | Basis::Hidden => (one.line, default(one) == ALLOW),
    };
    (
        if open && passes(named.guard, args, conditions) {
            ALLOW
        } else {
            one.denial
        },
        line,
    )
}

/// Whether a guard lets the call through: with Eq one of its conditions must hold, with Ne all.
fn passes(guard: u16, args: &[u64; 6], conditions: &mut impl Iterator<Item = Condition>) -> bool {
    let mut passes = true;
    for at in 0..guard {
        let Some(condition) = conditions.next() else {
            return false;
        };
        let holds = condition.holds(args);
        passes = match (condition.comparison, at) {
            (Comparison::Eq, 0) => holds,
            (Comparison::Eq, _) => passes || holds,
            _ => passes && holds,
        };
    }
    passes
}

impl Condition {
    /// Whether it holds for these registers.
    pub fn holds(&self, args: &[u64; 6]) -> bool {
        let register = args.get(usize::from(self.arg)).copied().unwrap_or(0);
        let width = match self.bits {
            bits @ 0..64 => 1_u64.wrapping_shl(bits.into()).wrapping_sub(1),
            64.. => u64::MAX,
        };
        let seen = register & width;
        match self.comparison {
            Comparison::Eq => seen == self.value,
            Comparison::Ne => seen != self.value,
            Comparison::Lt => seen < self.value,
            Comparison::Le => seen <= self.value,
            Comparison::Gt => seen > self.value,
            Comparison::Ge => seen >= self.value,
            Comparison::MaskedEq => seen & self.mask == self.value,
            Comparison::MaskedNe => seen & self.mask != self.value,
        }
    }
}
