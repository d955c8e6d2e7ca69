//! What one call gets: its rules in order, then what holds when none does.

use super::arguments::{RuleCase, decide};
use super::graph::{Graph, Label};
use super::term::{Evaluation, Term};
use crate::emit::bpf::return_value::return_value;
use crate::ir::syscalls::{
    Action, ArchMeaning, CallMeaning, Condition, Rule, Strength, Test as Comparison,
};

/// What a call gets: its rules, then what holds when none does.
pub(super) fn arguments(graph: &mut Graph, one: &ArchMeaning, call: &CallMeaning) -> Label {
    let mut cases = Vec::new();
    for rule in reachable(call) {
        let then = graph.ret(return_value(rule.action));
        cases.extend(case(one, &rule.conditions, then));
    }
    let otherwise = match remainder(one, call) {
        Remainder::Verdict(action) => graph.ret(return_value(action)),
        Remainder::Guarded => {
            let allow = graph.ret(return_value(Action::Allow));
            let deny = graph.ret(return_value(one.denial));
            let Some(guard) = &call.guard else {
                return allow;
            };
            let (listed, otherwise) = if guard.only {
                (allow, deny)
            } else {
                (deny, allow)
            };
            let values = guard.values.iter().filter_map(|&value| {
                let test = Comparison::Eq(value);
                let (arg, width, span) = (guard.arg, guard.width, one.default.span);
                case(
                    one,
                    &[Condition {
                        arg,
                        width,
                        test,
                        span,
                    }],
                    listed,
                )
            });
            cases.extend(values);
            otherwise
        }
    };
    decide(graph, &cases, otherwise)
}

/// A rule's conditions as terms; `None` where they never all hold.
pub(super) fn case(one: &ArchMeaning, conditions: &[Condition], then: Label) -> Option<RuleCase> {
    let mut terms = Vec::new();
    for condition in conditions {
        match Term::of(one.arch, condition) {
            Evaluation::Holds => {}
            Evaluation::Fails => return None,
            Evaluation::Open(term) => terms.push(term),
        }
    }
    terms.sort_unstable();
    terms.dedup();
    Some(RuleCase {
        terms: terms.into(),
        then,
    })
}

enum Remainder {
    Verdict(Action),
    Guarded,
}

/// The rules that count: those behind what hides a call do not.
fn reachable(call: &CallMeaning) -> &[Rule] {
    let hidden = call.hidden.is_some();
    let end = call
        .rules
        .iter()
        .position(|rule| hidden && rule.strength > Strength::Deny);
    call.rules
        .get(..end.unwrap_or(call.rules.len()))
        .unwrap_or_default()
}

/// What holds for a call when no rule does.
fn remainder(one: &ArchMeaning, call: &CallMeaning) -> Remainder {
    let narrowed = call
        .rules
        .iter()
        .any(|rule| rule.strength == Strength::Allow);
    if call.hidden.is_some() {
        Remainder::Verdict(Action::Errno(one.enosys))
    } else if narrowed || call.denied.is_some() {
        Remainder::Verdict(one.denial)
    } else if call.allowed.is_some() || (!call.baseline && !one.default.deny) {
        if call.guard.is_some() {
            Remainder::Guarded
        } else {
            Remainder::Verdict(Action::Allow)
        }
    } else {
        Remainder::Verdict(one.denial)
    }
}
