//! Paths under `read_only` that are kept as they are anyway.

use super::finding::{own, report};
use crate::diagnostics::quote;
use crate::ir::Action;
use crate::lint::cover::covers;
use crate::lint::scope::Scope;
use crate::resolve::{Origin, Protected, Views, is_pattern};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many patterns are compared with each other: beyond that it takes too long.
const MOST_PATTERNS: usize = 64;

/// Runs the lint.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.filesystem;
    let named = wanted.protected.iter();
    let named: Vec<(&Protected, Span)> = named
        .filter(|one| one.origin == Origin::Named)
        .filter_map(|one| Some((one, own(one.span)?)))
        .collect();
    let mut found = by_group(&named, scope);
    let views = Views::of(wanted);
    let mut known: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    for (one, span) in named.iter().filter(|(one, _)| !is_pattern(&one.inside)) {
        let host = views.host_of(&one.inside).unwrap_or_default();
        match known.get(&host) {
            Some((other, place)) => {
                let message = format!(
                    "{} has no effect: {} is the same path of the host, and what one view keeps each keeps",
                    quote(&one.inside),
                    quote(other)
                );
                found.push((*span, message, Some(*place)));
            }
            None => {
                known.insert(host, (&one.inside, *span));
            }
        }
    }
    patterns(&named, &mut found);
    let mut seen = BTreeSet::new();
    for (place, message, other) in found {
        if seen.insert(place) {
            let other = other.map(|place| (place, "kept by this"));
            report(place, message, other, scope);
        }
    }
}

/// An entry's place, what is said of it, and the place of another one that says the same.
type Found = (Span, String, Option<Span>);

/// Paths that a group of the same directory has, where nothing lies in them: then what the policy names comes first.
fn by_group(named: &[(&Protected, Span)], scope: &Scope<'_>) -> Vec<Found> {
    let steps = scope.ir.steps.iter();
    let targets: BTreeSet<&str> = steps
        .filter(|step| !matches!(step.action, Action::Pin | Action::Matches { .. }))
        .map(|step| step.target.as_str())
        .collect();
    let is_empty = |inside: &str| {
        let below = format!("{inside}/");
        let first = targets.range(below.as_str()..).next();
        first.is_none_or(|target| !target.starts_with(&below))
    };
    let of_group = named.iter().filter_map(|(one, span)| {
        let group = one.also_of.filter(|_| is_empty(&one.inside))?;
        let message = format!(
            "{} has no effect: {} keeps it there",
            quote(&one.inside),
            quote(group)
        );
        Some((*span, message, None))
    });
    of_group.collect()
}

/// Patterns that match what another one matches.
fn patterns(named: &[(&Protected, Span)], found: &mut Vec<Found>) {
    let patterns = named.iter().filter(|(one, _)| is_pattern(&one.inside));
    let patterns: Vec<(usize, &str, Span)> = patterns
        .enumerate()
        .map(|(at, (one, span))| (at, one.inside.as_str(), *span))
        .collect();
    if patterns.len() > MOST_PATTERNS {
        return;
    }
    for (at, pattern, span) in &patterns {
        let wider = patterns.iter().find(|(other, wider, _)| {
            // Of two that cover each other the later says nothing new.
            other != at && covers(wider, pattern) && (other < at || !covers(pattern, wider))
        });
        if let Some((_, wider, place)) = wider {
            let message = format!(
                "{} has no effect: {} matches all that it matches",
                quote(pattern),
                quote(wider)
            );
            found.push((*span, message, Some(*place)));
        }
    }
}
