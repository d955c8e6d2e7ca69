//! Rules that never hold, or are never reached.

use super::Scope;
use super::sets::{negated, satisfiable};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{CallMeaning, Condition, Rule, Strength};
use crate::source::Span;
use std::collections::BTreeSet;

/// How many pairs of rules on one call are compared.
const MOST_PAIRS: usize = 10_000;

/// Runs the lints on every interface of every architecture.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    for (at, one) in ir.filters.iter().flat_map(|filter| filter.interfaces().enumerate()) {
        for call in one.calls.values() {
            let never = contradictory(call);
            // Where another interface has a narrower argument, a condition may never hold there
            // and be right all the same.
            if at == 0 {
                for span in &never {
                    scope.report(
                        Diagnostic::error(
                            "rule-never-holds",
                            *span,
                            format!("this rule on `{}` never holds: no argument fulfils all of its conditions", call.name),
                        )
                        .with_help("all conditions of one rule must hold; write a rule for each alternative"),
                    );
                }
            }
            unreached(call, &never, scope);
        }
    }
}

/// The rules none of whose alternatives can hold.
fn contradictory(call: &CallMeaning) -> BTreeSet<Span> {
    let holds = |rule: &&Rule| !never(&rule.conditions);
    let alive: BTreeSet<Span> = call.rules.iter().filter(holds).map(|rule| rule.span).collect();
    call.rules.iter().map(|rule| rule.span).filter(|span| !alive.contains(span)).collect()
}

/// Whether no arguments fulfil all conditions: then those on one of the arguments clash.
fn never(conditions: &[Condition]) -> bool {
    (0..6).any(|arg| satisfiable(&on(conditions, arg)) == Some(false))
}

fn on(conditions: &[Condition], arg: u8) -> Vec<Condition> {
    conditions.iter().filter(|one| one.arg == arg).copied().collect()
}

/// Whether the first rule holds wherever the second does.
fn covers(first: &[Condition], second: &[Condition]) -> bool {
    first.iter().all(|condition| {
        let mut both = on(second, condition.arg);
        both.push(negated(condition));
        satisfiable(&both) == Some(false)
    })
}

/// Rules behind one that holds wherever they do, and behind what hides the call. Where an argument
/// is guarded one rule has become several: it is reached where one of them is.
fn unreached(call: &CallMeaning, never: &BTreeSet<Span>, scope: &mut Scope<'_>) {
    let mut reached: BTreeSet<Span> = never.clone();
    let mut hidden: Vec<(Span, Span, &str)> = Vec::new();
    let mut pairs = 0_usize;
    for (at, rule) in call.rules.iter().enumerate() {
        let earlier = call.rules.get(..at).unwrap_or_default();
        pairs = pairs.saturating_add(earlier.len());
        if pairs > MOST_PAIRS {
            return;
        }
        // One that always holds is reported where the rules are read.
        if earlier.iter().any(|one| one.conditions.is_empty()) {
            reached.insert(rule.span);
            continue;
        }
        let stronger = earlier.iter().find(|one| {
            one.span != rule.span
                && !never.contains(&one.span)
                && covers(&one.conditions, &rule.conditions)
        });
        if let Some(place) = call.hidden.filter(|_| rule.strength > Strength::Deny) {
            hidden.push((
                rule.span,
                place,
                "this hides the call from the filter, so that it gets ENOSYS",
            ));
        } else if let Some(one) = stronger {
            hidden.push((
                rule.span,
                one.span,
                "this one holds wherever it does, and is tried first",
            ));
        } else {
            reached.insert(rule.span);
        }
    }
    for (span, place, why) in hidden {
        if !reached.contains(&span) {
            reached.insert(span);
            let message = format!("this rule on `{}` is never reached", call.name);
            scope.report(
                Diagnostic::warning("rule-unreachable", span, message)
                    .with_related(place, why)
                    .with_help("remove it, or narrow the other one"),
            );
        }
    }
}
