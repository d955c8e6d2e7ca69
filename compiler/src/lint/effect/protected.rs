//! Paths under `read_only` that are kept as they are anyway.

use super::compare::{Found, Patterns, has_below, in_two_views};
use super::finding::{own, report};
use crate::diagnostics::quote;
use crate::ir::Action;
use crate::lint::scope::Scope;
use crate::resolve::{Origin, Protected, Views};
use crate::source::Span;
use std::collections::BTreeSet;

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
    let paths = || {
        let named = named.iter();
        named.map(|(one, span)| (one.inside.as_str(), *span))
    };
    let why = "what one view keeps each keeps";
    in_two_views(paths(), &views, why, &mut found);
    patterns(&Patterns::of(paths()), &mut found);
    let mut seen = BTreeSet::new();
    for (place, message, other) in found {
        if seen.insert(place) {
            let other = other.map(|place| (place, "kept by this"));
            report(place, message, other, scope);
        }
    }
}

/// Paths that a group of the same directory has, where nothing lies in them: then what the policy names comes first.
fn by_group(named: &[(&Protected, Span)], scope: &Scope<'_>) -> Vec<Found> {
    let steps = scope.ir.steps.iter();
    let targets: BTreeSet<&str> = steps
        .filter(|step| !matches!(step.action, Action::Pin | Action::Matches { .. }))
        .map(|step| step.target.as_str())
        .collect();
    let of_group = named.iter().filter_map(|(one, span)| {
        let group = one.also_of.filter(|_| !has_below(&targets, &one.inside))?;
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
fn patterns(patterns: &Patterns<'_>, found: &mut Vec<Found>) {
    for (at, (pattern, span)) in patterns.all() {
        if let Some((wider, place)) = patterns.wider(pattern, Some(at)) {
            let message = format!(
                "{} has no effect: {} matches all that it matches",
                quote(pattern),
                quote(wider)
            );
            found.push((span, message, Some(place)));
        }
    }
}
