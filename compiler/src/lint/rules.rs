//! Rules that never hold, or are never reached.

use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{CallMeaning, Rule, Strength, covers, impossible};
use crate::source::Span;
use std::collections::BTreeSet;

/// How many pairs of rules on one call are compared.
const MOST_PAIRS: usize = 10_000;

/// Runs the lints on every interface of every architecture.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    for (at, one) in ir
        .meanings()
        .flat_map(|filter| filter.interfaces().enumerate())
    {
        for call in one.calls.values() {
            let never = contradictory(call);
            // Where another interface has a narrower argument, a condition may never hold there
            // and be right all the same.
            if at == 0 {
                for span in &never {
                    scope.report(
                        Diagnostic::error(
                            "condition-never-holds",
                            *span,
                            format!("this rule on `{}` never holds beside what a plain `{}` leaves out", call.name, call.name),
                        )
                        .with_help("to let through what it leaves out, compare that argument with `==` or `eq`"),
                    );
                }
            }
            unreached(call, &never, scope);
        }
    }
}

/// The rules none of whose alternatives can hold.
fn contradictory(call: &CallMeaning) -> BTreeSet<Span> {
    let holds = |rule: &&Rule| !impossible(&rule.conditions);
    let alive: BTreeSet<Span> = call
        .rules
        .iter()
        .filter(holds)
        .map(|rule| rule.span)
        .collect();
    call.rules
        .iter()
        .map(|rule| rule.span)
        .filter(|span| !alive.contains(span))
        .collect()
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
