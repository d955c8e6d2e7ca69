//! How entries with paths are compared with each other.

use crate::diagnostics::quote;
use crate::lint::cover::covers;
use crate::resolve::{Views, is_pattern};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many patterns are compared with each other and with paths: beyond that it takes too long.
const MOST_PATTERNS: usize = 64;

/// A path inside or a pattern, and its place.
pub(super) type Entry<'e> = (&'e str, Span);

/// An entry's place, what is said of it, and the place of another one that says the same.
pub(super) type Found = (Span, String, Option<Span>);

/// Finds paths that are one path of the host, shown in two views. `why` says that an entry in one view holds in each.
pub(super) fn in_two_views<'e>(
    entries: impl Iterator<Item = Entry<'e>>,
    views: &Views,
    why: &str,
    found: &mut Vec<Found>,
) {
    let mut known: BTreeMap<String, Entry<'e>> = BTreeMap::new();
    for (path, span) in entries.filter(|(path, _)| !is_pattern(path)) {
        let Some(host) = views.host_of(path) else {
            continue;
        };
        if let Some((other, place)) = known.get(&host) {
            let message = format!(
                "{} has no effect: {} is the same path of the host, and {why}",
                quote(path),
                quote(other)
            );
            found.push((span, message, Some(*place)));
        } else {
            known.insert(host, (path, span));
        }
    }
}

/// The patterns of a list, in its order.
pub(super) struct Patterns<'e>(Vec<Entry<'e>>);

impl<'e> Patterns<'e> {
    /// Those among the entries; none where there are too many to compare.
    pub(super) fn of(entries: impl Iterator<Item = Entry<'e>>) -> Self {
        let patterns: Vec<Entry<'e>> = entries.filter(|(path, _)| is_pattern(path)).collect();
        let few = patterns.len() <= MOST_PATTERNS;
        Self(if few { patterns } else { Vec::new() })
    }

    /// Their positions, with what is there.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, Entry<'e>)> {
        self.0.iter().copied().enumerate()
    }

    /// A pattern that matches all that a path or pattern matches, which is itself at this position or none of them. Of two
    /// that match the same the later says nothing new.
    pub(super) fn wider(&self, path: &str, own: Option<usize>) -> Option<Entry<'e>> {
        let wider = self.all().find(|(at, (pattern, _))| {
            let is_later = || own.is_none_or(|own| *at < own || !covers(path, pattern));
            Some(*at) != own && covers(pattern, path) && is_later()
        });
        wider.map(|(_, entry)| entry)
    }
}

/// Whether one of the paths lies below this one.
pub(super) fn has_below(paths: &BTreeSet<&str>, top: &str) -> bool {
    let below = format!("{top}/");
    let first = paths.range(below.as_str()..).next();
    first.is_some_and(|path| path.starts_with(&below))
}
