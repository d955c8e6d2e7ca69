//! Hidden paths that are hidden anyway.

use super::finding::{own, report};
use crate::diagnostics::quote;
use crate::lint::cover::covers;
use crate::lint::scope::Scope;
use crate::lower::hidden_anyway;
use crate::resolve::{Masked, Views, is_pattern};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many patterns are compared with each other and with paths: beyond that it takes too long.
const MOST_PATTERNS: usize = 64;

/// Runs the lint.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.filesystem;
    let views = Views::of(wanted);
    let mut seen = BTreeSet::new();
    // What was added for other views has the place of what it was added for.
    let entries = wanted.masked.iter();
    let entries: Vec<(&Masked, Span)> = entries
        .filter_map(|one| Some((one, own(Some(one.span))?)))
        .filter(|(_, span)| seen.insert(*span))
        .collect();
    let mut found = Vec::new();
    kernel(&entries, &mut found);
    elsewhere(&entries, &views, &mut found);
    patterns(&entries, &views, &mut found);
    for (place, message, other) in found {
        let other = other.map(|place| (place, "hidden by this"));
        report(place, message, other, scope);
    }
}

/// An entry's place, what is said of it, and the place of another one that says the same.
type Found = (Span, String, Option<Span>);

/// What the kernel shows of itself.
fn kernel(entries: &[(&Masked, Span)], found: &mut Vec<Found>) {
    let mut above: Option<(&str, Span)> = None;
    let is_kernel = |path: &str| path.starts_with("/proc/") || path.starts_with("/sys/");
    let paths: BTreeMap<Vec<&str>, (&str, Span)> = entries
        .iter()
        .filter(|(masked, _)| is_kernel(&masked.inside) && !is_pattern(&masked.inside))
        .map(|(masked, span)| {
            let path = masked.inside.as_str();
            (path.split('/').collect(), (path, *span))
        })
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

/// One path of the host that is hidden in two views: what is hidden in one is hidden in each.
fn elsewhere(entries: &[(&Masked, Span)], views: &Views, found: &mut Vec<Found>) {
    let mut known: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    for (masked, span) in entries {
        if is_pattern(&masked.inside) {
            continue;
        }
        let Some(host) = views.host_of(&masked.inside) else {
            continue;
        };
        match known.get(&host) {
            Some((other, place)) => {
                let message = format!(
                    "{} has no effect: {} is the same path of the host, and what is hidden in one view is hidden in each",
                    quote(&masked.inside),
                    quote(other)
                );
                found.push((*span, message, Some(*place)));
            }
            None => {
                known.insert(host, (&masked.inside, *span));
            }
        }
    }
}

/// What a pattern hides, too. A path in a writable directory is hidden even while it is missing, and a pattern hides what is
/// there when a run starts.
fn patterns(entries: &[(&Masked, Span)], views: &Views, found: &mut Vec<Found>) {
    let patterns = entries.iter().filter(|(one, _)| is_pattern(&one.inside));
    let patterns: Vec<(usize, &str, Span)> = patterns
        .enumerate()
        .map(|(at, (one, span))| (at, one.inside.as_str(), *span))
        .collect();
    if patterns.len() > MOST_PATTERNS {
        return;
    }
    for (masked, span) in entries {
        let path = masked.inside.as_str();
        let own = patterns.iter().find(|(_, _, place)| place == span);
        let is_open = || views.showing(path).is_none_or(|(_, view)| view.writable);
        if own.is_none() && is_open() {
            continue;
        }
        let wider = patterns.iter().find(|(at, pattern, place)| {
            // Of two that cover each other the later says nothing new.
            let is_later = || own.is_none_or(|(own, ..)| at < own || !covers(path, pattern));
            place != span && covers(pattern, path) && is_later()
        });
        if let Some((_, wider, place)) = wider {
            found.push((*span, covered(path, wider), Some(*place)));
        }
    }
}
