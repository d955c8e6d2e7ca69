//! The definition of a filter's meaning. Slow and plain on purpose: it is what everything else is
//! checked against.

use std::fmt;

use super::basis::Basis;
use super::definition::{Action, ArchMeaning, Meaning, Strength};
use crate::source::Span;
use crate::syscalls::{Arch, X32_BIT};

/// The verdict on a call.
pub fn evaluate(meaning: &Meaning, call: &Call) -> Verdict {
    let not_a_call = call.number == NO_CALL;
    let x32 = call.audit_arch == Arch::X32.audit() && call.number >= X32_BIT && !not_a_call;
    let reached =
        |one: &&ArchMeaning| one.arch.audit() == call.audit_arch && (one.arch == Arch::X32) == x32;
    match meaning.interfaces().find(reached) {
        Some(interface) => interface.verdict(call),
        None => Verdict {
            action: Action::KillProcess,
            why: Reason::ForeignArchitecture,
            origin: None,
        },
    }
}

/// The number of "no call": a tracer sets it to skip one, and a program may pass it itself; the
/// kernel does nothing and answers ENOSYS. It has the x32 bit and is no x32 call.
const NO_CALL: u32 = u32::MAX;

/// A system call as a filter sees it (`struct seccomp_data`; no filter of ours looks at the
/// instruction pointer).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// `AUDIT_ARCH_*` of the interface that it came through.
    pub audit_arch: u32,
    /// Its number, with the x32 bit for an x32 call.
    pub number: u32,
    /// The six argument registers.
    pub args: [u64; 6],
}

/// What happens to a call, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What happens.
    pub action: Action,
    /// The step that decided.
    pub why: Reason,
    /// The place in the policy that decided; `None` where no line of it did.
    pub origin: Option<Span>,
}

/// The step of the evaluation that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The call came through an interface that the policy does not list.
    ForeignArchitecture,
    /// The number is newer than our table.
    AboveTable,
    /// The call's arguments are out of a filter's sight, and rules look at those of a like one.
    Hidden,
    /// A rule held.
    Rule,
    /// The call has allow rules and none held.
    NoAllowRuleHeld,
    /// `deny` names it.
    Denied,
    /// `allow` names it.
    Allowed,
    /// It belongs to the hardened baseline.
    Baseline,
    /// A plain allow of it leaves this argument out.
    Guard,
    /// Nothing names it.
    Default,
}

impl ArchMeaning {
    /// The verdict on a call through this interface.
    pub(crate) fn verdict(&self, call: &Call) -> Verdict {
        let verdict = |action, why, origin| Verdict {
            action,
            why,
            origin,
        };
        if call.number > self.newest && !self.beyond.contains(&call.number) {
            return verdict(Action::Errno(self.enosys), Reason::AboveTable, None);
        }
        let Some(named) = self.calls.get(&call.number) else {
            let action = if self.default.deny {
                self.denial
            } else {
                Action::Allow
            };
            return verdict(action, Reason::Default, Some(self.default.span));
        };

        // 1. The strongest rule whose conditions hold. What hides a call comes before its weaker
        //    rules: they would let it through unseen.
        let basis = named.basis();
        let hidden = matches!(basis, Basis::Hidden(_));
        for rule in &named.rules {
            if hidden && rule.strength > Strength::Deny {
                break;
            }
            if rule
                .conditions
                .iter()
                .all(|condition| condition.holds(&call.args))
            {
                return verdict(rule.action, Reason::Rule, Some(rule.span));
            }
        }
        // 2. Allow rules, and none held.
        let narrowing = named
            .rules
            .iter()
            .find(|rule| rule.strength == Strength::Allow && !hidden);
        if let Some(rule) = narrowing {
            return verdict(self.denial, Reason::NoAllowRuleHeld, Some(rule.span));
        }
        // 3. What the call's verdict is based on.
        let guarded = named
            .guard_in_force()
            .is_some_and(|guard| !guard.passes(&call.args));
        let default = Some(self.default.span);
        match (basis, guarded) {
            (Basis::Hidden(span), _) => {
                verdict(Action::Errno(self.enosys), Reason::Hidden, Some(span))
            }
            (Basis::Denied(span), _) => verdict(self.denial, Reason::Denied, Some(span)),
            (Basis::Allowed(span), true) => verdict(self.denial, Reason::Guard, Some(span)),
            (Basis::Allowed(span), false) => verdict(Action::Allow, Reason::Allowed, Some(span)),
            (Basis::Baseline, _) => verdict(self.denial, Reason::Baseline, default),
            (Basis::Default, _) if self.default.deny => {
                verdict(self.denial, Reason::Default, default)
            }
            (Basis::Default, true) => verdict(self.denial, Reason::Guard, default),
            (Basis::Default, false) => verdict(Action::Allow, Reason::Default, default),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arch {:#x} number {:#x} (", self.audit_arch, self.number)?;
        for (at, arg) in self.args.iter().enumerate() {
            write!(f, "{}{arg:#x}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str(")")
    }
}
