//! What a parent hides or keeps as it is, and the policy shows or lets a program change.

use super::places::place;
use crate::diagnostics::{Diagnostic, quote};
use crate::lint::cover::{covers, inside};
use crate::lint::scope::{Scope, listed};
use crate::resolve::{Filesystem, Origin, View, Views, above, is_pattern};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Runs the lints.
pub(super) fn lint(parents: &Filesystem, scope: &mut Scope<'_>) {
    paths(parents, scope);
    kept(parents, scope);
    patterns(parents, scope);
}

/// Whether a path inside is one of these, or lies below one.
fn lies_in(inside: &str, paths: &BTreeSet<&str>) -> bool {
    std::iter::once(inside)
        .chain(above(inside))
        .any(|path| paths.contains(path))
}

/// What a parent hides and the policy shows.
fn paths(parents: &Filesystem, scope: &mut Scope<'_>) {
    let (before, resolved) = (Views::of(parents), scope.resolved);
    let now = Views::of(&resolved.filesystem);
    let masks = resolved.filesystem.masked.iter();
    let masks: BTreeSet<&str> = masks.map(|one| one.inside.as_str()).collect();
    for masked in &parents.masked {
        if is_pattern(&masked.inside) {
            continue;
        }
        let Some(host) = before.host_of(&masked.inside) else {
            continue;
        };
        let mut places = now.places(&host).into_iter();
        let shown = places.find(|(inside, ..)| !lies_in(inside, &masks));
        let Some((inside, view, _)) = shown else {
            continue;
        };
        let message = format!("{} is shown; it was hidden", quote(&inside));
        let place = place(view, "/filesystem/masked_paths", scope);
        scope.report(
            Diagnostic::note("loosens-parent", place, message)
                .with_related(masked.span, "an inherited text hides it here")
                .with_help("leave it out to keep what is inherited"),
        );
    }
}

/// Paths that can be written, and where parents say that they stay as they are.
type Open = (Vec<String>, BTreeSet<Span>);

/// How many places of parents a finding shows.
const MOST_PLACES: usize = 4;

/// What a parent keeps as it is in a directory that the program may write to, and the policy does not.
fn kept(parents: &Filesystem, scope: &mut Scope<'_>) {
    let (before, resolved) = (Views::of(parents), scope.resolved);
    let now = Views::of(&resolved.filesystem);
    let filesystem = &resolved.filesystem;
    let masks = filesystem.masked.iter().map(|one| one.inside.as_str());
    let kept_now = filesystem.protected.iter().map(|one| one.inside.as_str());
    let kept_now: BTreeSet<&str> = kept_now.chain(masks).collect();
    let mut open: BTreeMap<Option<Span>, Open> = BTreeMap::new();
    for kept in &parents.protected {
        if is_pattern(&kept.inside) {
            continue;
        }
        let Some(host) = before.host_of(&kept.inside) else {
            continue;
        };
        for (inside, view, writable) in now.places(&host) {
            if writable && !lies_in(&inside, &kept_now) {
                let of = before.showing(&kept.inside);
                let said = kept.span.or(of.and_then(|(_, view)| view.span));
                let (paths, places) = open.entry(view).or_default();
                // What a text names is said first.
                match kept.origin {
                    Origin::Group => paths.push(inside),
                    Origin::Named | Origin::OtherView { .. } => paths.insert(0, inside),
                }
                places.extend(said);
            }
        }
    }
    for (view, (paths, places)) in open {
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let was = if paths.len() == 1 {
            "is writable; it was"
        } else {
            "are writable; they were"
        };
        let message = format!("{} {was} read-only", listed(&paths));
        let place = place(view, "/filesystem/output_paths", scope);
        let mut found = Diagnostic::note("loosens-parent", place, message)
            .with_help("name them under `read_only` of this path to keep what is inherited");
        for said in places.into_iter().take(MOST_PLACES) {
            found = found.with_related(said, "an inherited text keeps it as it is");
        }
        scope.report(found);
    }
}

/// How many patterns of parents are compared with how many of the policy's: beyond that it takes too long.
const MOST_PAIRS: usize = 4_096;

/// What parents hide or keep by a pattern. A run hides and keeps what matches in each view of the host, so that what matters is
/// which paths of the host a pattern is about.
fn patterns(parents: &Filesystem, scope: &mut Scope<'_>) {
    let (before, resolved) = (Views::of(parents), scope.resolved);
    let wanted = &resolved.filesystem;
    let now = Views::of(wanted);
    let hosts = |inside: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        inside.filter_map(|path| now.host_of(path)).collect()
    };
    let hidden = hosts(&mut wanted.masked.iter().map(|one| one.inside.as_str()));
    let kept = hosts(&mut wanted.protected.iter().map(|one| one.inside.as_str()));
    let both: Vec<String> = hidden.iter().chain(&kept).cloned().collect();
    let hides = parents.masked.iter();
    let hides = hides.map(|one| (one.inside.as_str(), Some(one.span), true));
    let keeps = parents.protected.iter();
    let keeps = keeps.map(|one| (one.inside.as_str(), one.span, false));
    let patterns: Vec<_> = hides.chain(keeps).collect();
    let of_parents = patterns.iter().filter(|(path, ..)| is_pattern(path));
    if of_parents.clone().count().saturating_mul(both.len()) > MOST_PAIRS {
        return;
    }
    let mut found = Vec::new();
    for &(pattern, said, hides) in of_parents {
        let Some(host) = before.host_of(pattern) else {
            continue;
        };
        let held = if hides { &hidden } else { &both };
        let is_held = |path: &str| {
            let mut paths = std::iter::once(path).chain(above(path));
            paths.any(|path| held.iter().any(|known| covers(known, path)))
        };
        if is_held(&host) {
            continue;
        }
        let is_open = |(_, shown, view): &(&str, &str, &View)| {
            let parts = inside(&host, shown);
            (hides || view.writable) && parts.iter().any(|part| !is_held(part))
        };
        // The view that the pattern was about is named first, and then one of the policy's own.
        let first = before.showing(pattern).map(|(top, _)| top);
        let open = now.all().filter(is_open);
        let open = open.min_by_key(|(top, _, view)| {
            let is_inherited = view.span.is_none_or(|span| span.file != 0);
            (Some(*top) != first, is_inherited)
        });
        if let Some((top, _, view)) = open {
            found.push((pattern, said, hides, top.to_owned(), view.span));
        }
    }
    for (pattern, said, hides, top, view) in found {
        let (list, message, said_there) = if hides {
            (
                "/filesystem/masked_paths",
                format!("{} shows what {} hid", quote(&top), quote(pattern)),
                "an inherited text hides it here",
            )
        } else {
            (
                "/filesystem/output_paths",
                format!(
                    "what {} kept read-only is writable in {}",
                    quote(pattern),
                    quote(&top)
                ),
                "an inherited text keeps it as it is",
            )
        };
        let mut found = Diagnostic::note("loosens-parent", place(view, list, scope), message)
            .with_help("leave it out to keep what is inherited, or name the same pattern here");
        if let Some(said) = said {
            found = found.with_related(said, said_there);
        }
        scope.report(found);
    }
}
