//! The finding that a filter is longer than the kernel takes, with what makes it long.

use super::generate::{cost, cost_of_all};
use super::instruction::LONGEST;
use crate::diagnostics::{Diagnostic, listed};
use crate::ir::syscalls::{ArchMeaning, CallMeaning, Meaning, Rule};

/// How many calls are named, and how many rules on the first of them.
const NAMED: usize = 3;

/// Names the calls whose rules take most of a program of `length` instructions, and the rules on
/// the first of them that take most by themselves.
pub(super) fn finding(meaning: &Meaning, length: usize) -> Diagnostic {
    let calls = costliest(meaning);
    let message =
        format!("the filter has {length} instructions; the kernel accepts at most {LONGEST}");
    let costliest = calls.first().map(|(_, one, call)| {
        let mut rules: Vec<(usize, &Rule)> = call
            .rules
            .iter()
            .map(|rule| (cost(one, rule), rule))
            .collect();
        rules.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
        rules
    });
    let rules = costliest.unwrap_or_default();
    let span = rules
        .first()
        .map_or(meaning.native.default.span, |(_, rule)| rule.span);
    let mut diagnostic = Diagnostic::error("filter-too-long", span, message);
    for (cost, rule) in rules.iter().take(NAMED) {
        let text = format!("{cost} instructions by itself");
        diagnostic = diagnostic.with_related(rule.span, text);
    }
    let most: Vec<String> = calls
        .iter()
        .take(NAMED)
        .map(|(cost, one, call)| {
            let (name, count) = (call.name, call.rules.len());
            let rules = if count == 1 { "rule" } else { "rules" };
            format!("{count} {rules} on `{name}` ({}) take {cost}", one.arch)
        })
        .collect();
    diagnostic.with_help(format!(
        "{}: to make it shorter, use fewer constants, or replace them by masks and ordered comparisons",
        most.join(", ")
    ))
}

/// The calls with rules, with what these take of a program, the most first.
fn costliest(meaning: &Meaning) -> Vec<(usize, &ArchMeaning, &CallMeaning)> {
    let mut calls: Vec<(usize, &ArchMeaning, &CallMeaning)> = meaning
        .interfaces()
        .flat_map(|one| one.calls.values().map(move |call| (one, call)))
        .filter(|(_, call)| !call.rules.is_empty())
        .map(|(one, call)| (cost_of_all(one, call), one, call))
        .collect();
    // Stable: of equals, the first in the order of interfaces and numbers.
    calls.sort_by_key(|(cost, ..)| std::cmp::Reverse(*cost));
    calls
}

/// Says that a program was compared with its meaning by samples, at the first of the calls that were.
pub(super) fn sampled(meaning: &Meaning, calls: &[(u32, u32)]) -> Diagnostic {
    let first = calls
        .iter()
        .find_map(|call| Some(found(meaning, *call)?.1.rules.first()?.span));
    let span = first.unwrap_or(meaning.native.default.span);
    let names = names_of(meaning, calls);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let message = format!(
        "the filter is proven for every call number, and for all arguments except those of {}, which are sampled: the rules on {} have too many cases",
        listed(&names),
        if names.len() == 1 { "it" } else { "them" }
    );
    Diagnostic::note("proof-sampled", span, message).with_help(
        "rules that compare several arguments cause most cases: compare fewer arguments, or combine the rules",
    )
}

/// The names of calls, by their audit architectures and numbers; with the interface, where it is not the native one.
pub(crate) fn names_of(meaning: &Meaning, calls: &[(u32, u32)]) -> Vec<String> {
    let named = calls.iter().filter_map(|call| found(meaning, *call));
    let named = named.map(|(one, call)| {
        if one.arch == meaning.native.arch {
            call.name.to_owned()
        } else {
            format!("{} ({})", call.name, one.arch)
        }
    });
    named.collect()
}

/// A call by its audit architecture and number.
fn found(meaning: &Meaning, (audit, number): (u32, u32)) -> Option<(&ArchMeaning, &CallMeaning)> {
    let mut interfaces = meaning.interfaces().filter(|one| one.arch.audit() == audit);
    interfaces.find_map(|one| Some((one, one.calls.get(&number)?)))
}
