//! Hidden paths that are hidden anyway.

use super::compare::{Entry, Found, Patterns, in_two_views};
use super::finding::{own, report};
use crate::diagnostics::quote;
use crate::lint::scope::Scope;
use crate::lower::hidden_anyway;
use crate::resolve::{Views, is_pattern};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Runs the lint.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.filesystem;
    let views = Views::of(wanted);
    let mut seen = BTreeSet::new();
    // What was added for other views has the place of what it was added for.
    let entries = wanted.masked.iter();
    let entries: Vec<Entry<'_>> = entries
        .filter_map(|one| Some((one.inside.as_str(), own(Some(one.span))?)))
        .filter(|(_, span)| seen.insert(*span))
        .collect();
    let mut found = Vec::new();
    kernel(&entries, &mut found);
    let why = "what is hidden in one view is hidden in each";
    in_two_views(entries.iter().copied(), &views, why, &mut found);
    patterns(&entries, &views, &mut found);
    for (place, message, other) in found {
        let other = other.map(|place| (place, "hidden by this"));
        report(place, message, other, scope);
    }
}

/// What the kernel shows of itself.
fn kernel(entries: &[Entry<'_>], found: &mut Vec<Found>) {
    let mut above: Option<(&str, Span)> = None;
    let is_kernel = |path: &str| path.starts_with("/proc/") || path.starts_with("/sys/");
    let paths: BTreeMap<Vec<&str>, (&str, Span)> = entries
        .iter()
        .filter(|(path, _)| is_kernel(path) && !is_pattern(path))
        .map(|&(path, span)| (path.split('/').collect(), (path, span)))
        .collect();
    // In the order of their names a path comes after those above it.
    for (path, span) in paths.into_values() {
        let below = above.filter(|(upper, _)| {
            let rest = path.strip_prefix(upper);
            rest.is_some_and(|rest| rest.starts_with('/'))
        });
        if hidden_anyway(path) {
            let message = format!("{} has no effect: every sandbox hides it", quote(path));
            found.push((span, message, None));
        } else if let Some((upper, place)) = below {
            found.push((span, covered(path, upper), Some(place)));
        } else {
            above = Some((path, span));
        }
    }
}

fn covered(path: &str, by: &str) -> String {
    format!("{} has no effect: {} hides it", quote(path), quote(by))
}

/// What a pattern hides, too. A path in a writable directory is hidden even while it is missing, and a pattern hides what is
/// there when a run starts.
fn patterns(entries: &[Entry<'_>], views: &Views, found: &mut Vec<Found>) {
    let patterns = Patterns::of(entries.iter().copied());
    for &(path, span) in entries {
        let mut all = patterns.all();
        let own = all.find(|(_, (_, place))| *place == span).map(|(at, _)| at);
        let is_open = || views.showing(path).is_none_or(|(_, view)| view.writable);
        if own.is_none() && is_open() {
            continue;
        }
        if let Some((wider, place)) = patterns.wider(path, own) {
            found.push((span, covered(path, wider), Some(place)));
        }
    }
}
