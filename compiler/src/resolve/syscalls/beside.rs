//! What a plain allow leaves out by two arguments: netlink sockets of all protocols but one.
//!
//! A guard compares one argument. What its value needs beside it is a rule, ahead of everything that lets the call through.

use super::modes::may_pass;
use super::resolver::{Resolver, call_mut};
use crate::ir::syscalls::{
    Action, ArchMeaning, CallMeaning, Condition, Rule, Strength, Test, covers,
};
use crate::source::Span;
use crate::syscalls::{Arch, Beside, guarded};

/// The calls that have such a guard.
const CALLS: [&str; 1] = ["socket"];

impl Resolver<'_> {
    /// Denies what the guards in force leave out by two arguments.
    pub(super) fn guards_by_two(&mut self) {
        for one in &mut self.interfaces {
            for name in CALLS {
                let Some((name, number)) = may_pass(one, name) else {
                    continue;
                };
                let (denial, default) = (one.denial, one.default.span);
                let Some(conditions) = left_out(one.arch, name) else {
                    continue;
                };
                let call = call_mut(one, name, number);
                let rule = rule(conditions, denial, call.allowed.unwrap_or(default));
                let is_said = |other: &Rule| covers(&other.conditions, &rule.conditions);
                if call.guard_in_force().is_none()
                    || opens_a_part(call)
                    || call.rules.iter().any(is_said)
                {
                    continue;
                }
                let at = call
                    .rules
                    .partition_point(|other| other.strength <= Strength::Deny);
                call.rules.insert(at, rule);
            }
        }
    }
}

fn rule(conditions: [(u8, Test); 2], action: Action, span: Span) -> Rule {
    let conditions = conditions.map(|(arg, test)| Condition {
        arg,
        width: u64::from(u32::MAX),
        test,
        span,
    });
    Rule {
        strength: Strength::Deny,
        action,
        conditions: conditions.into(),
        span,
    }
}

/// What a plain allow of a call leaves out by two arguments.
fn left_out(arch: Arch, name: &str) -> Option<[(u8, Test); 2]> {
    let guard = guarded(arch, name)?;
    let Beside { value, arg, equals } = guard.beside?;
    Some([(guard.arg, Test::Eq(value)), (arg, Test::Ne(equals))])
}

/// Whether one of the policy's rules lets a part of the call through.
fn opens_a_part(call: &CallMeaning) -> bool {
    let mut rules = call.rules.iter();
    rules.any(|rule| rule.strength > Strength::Deny)
}

/// Whether a rule says what the call's guard says by itself.
pub(crate) fn is_of_the_guard(one: &ArchMeaning, call: &CallMeaning, rule: &Rule) -> bool {
    let says = |conditions: [(u8, Test); 2]| {
        let said = rule.conditions.iter().map(|one| (one.arg, one.test));
        said.eq(conditions)
    };
    !opens_a_part(call)
        && call.guard_in_force().is_some()
        && (rule.strength, rule.action) == (Strength::Deny, one.denial)
        && left_out(one.arch, call.name).is_some_and(says)
}
