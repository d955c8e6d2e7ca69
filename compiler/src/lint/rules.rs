//! Rules that never hold, or are never reached.

use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{ArchMeaning, CallMeaning, Rule, Strength, covers, impossible};
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
                            format!("this rule on `{}` never applies: a plain `{}` does not allow these values", call.name, call.name),
                        )
                        .with_help("to allow these values, compare that argument with `==` or `eq`"),
                    );
                }
            }
            unreached(call, &never, scope);
            if let Some(span) = superfluous(one, call) {
                without_effect(call, span, scope.key("/syscalls/default_deny"), scope);
            }
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
    let (mut needed, mut covered) = (BTreeSet::new(), Vec::new());
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
                "this rule applies to the same calls, and is tried first",
            ));
        } else {
            reached.insert(rule.span);
            match covering(call.rules.get(at..).unwrap_or_default()) {
                Some(place) => covered.push((rule.span, place)),
                None => {
                    needed.insert(rule.span);
                }
            }
        }
    }
    for (span, place) in covered {
        // Where an argument is guarded one rule has become several.
        if needed.insert(span) {
            without_effect(call, span, place, scope);
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

/// The place of a later rule that does the same wherever the first one holds, with nothing else between them.
fn covering(rules: &[Rule]) -> Option<Span> {
    let (rule, later) = rules.split_first()?;
    let same = later
        .iter()
        .take_while(|one| (one.strength, one.action) == (rule.strength, rule.action));
    let covers = |one: &&Rule| one.span != rule.span && covers(&one.conditions, &rule.conditions);
    same.filter(covers).map(|one| one.span).next()
}

/// A rule that always lets a call through, where it goes through without it.
fn superfluous(one: &ArchMeaning, call: &CallMeaning) -> Option<Span> {
    let mut allows = call
        .rules
        .iter()
        .filter(|rule| rule.strength == Strength::Allow);
    let rule = allows.next().filter(|rule| rule.conditions.is_empty())?;
    let named = call.hidden.or(call.denied).or(call.allowed).is_some();
    let is_open = !named && !call.baseline && !one.default.deny && call.guard.is_none();
    (is_open && allows.next().is_none()).then_some(rule.span)
}

/// Reports a rule without which each call gets the same verdict.
fn without_effect(call: &CallMeaning, span: Span, place: Span, scope: &mut Scope<'_>) {
    let message = format!("this rule on `{}` has no effect", call.name);
    scope.report(
        Diagnostic::note("entry-without-effect", span, message)
            .with_related(place, "this has the same result for these calls")
            .with_help("remove it: a reader may think that it has an effect"),
    );
}
