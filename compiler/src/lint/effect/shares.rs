//! Paths of the host that are shown at a place where a directory above shows the same.

use super::compare::has_below;
use super::finding::{is_inherited, own, report_with};
use crate::diagnostics::quote;
use crate::ir::{Action, Ir};
use crate::lint::scope::Scope;
use crate::resolve::{Resolved, Shared, Views, above};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// What to do. The compiler compares paths by their names, and a link is another directory.
const HELP: &str =
    "remove it, unless it is a symbolic link on the host: a reader takes it for a decision";

/// Runs the lint.
pub(super) fn lint(parents: Option<&Resolved>, scope: &mut Scope<'_>) {
    let wanted = &scope.resolved.filesystem;
    let layout = Layout::of(scope.ir);
    let views = Views::of(wanted);
    let kept = wanted.protected.iter().map(|one| one.inside.as_str());
    let kept: BTreeSet<&str> = kept.collect();
    let readable = wanted.immutable.iter().map(|shared| (shared, false));
    let writable = wanted.output.iter().map(|shared| (shared, true));
    let mut found = Vec::new();
    for (shared, writable) in readable.chain(writable) {
        let Some(place) = own(shared.inside_span) else {
            continue;
        };
        // Its own list of what is kept goes with it.
        let inside = shared.inside.as_str();
        if kept.contains(inside)
            || has_below(&kept, inside)
            || is_inherited(parents, &shared.inside)
        {
            continue;
        }
        if let Some((top, span)) = shown_anyway(shared, writable, &views, &layout) {
            let message = format!(
                "{} has no effect: {} shows the same there",
                quote(&shared.inside),
                quote(top)
            );
            found.push((place, message, span));
        }
    }
    for (place, message, span) in found {
        let other = Some((span, "shown from here on"));
        report_with(HELP, place, message, other, scope);
    }
}

/// What decides about paths inside: by their names, whether it is kept as it is or something of its own.
struct Layout<'i>(BTreeMap<&'i str, Over>);

/// What lies at a path inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    /// What the host has there, read-only.
    Kept,
    /// Something else.
    Other,
}

impl<'i> Layout<'i> {
    fn of(ir: &'i Ir) -> Self {
        let over = |action: &Action| match action {
            Action::Pin | Action::Matches { .. } => None,
            Action::Protect { hidden: false, .. } => Some(Over::Kept),
            _ => Some(Over::Other),
        };
        let steps = ir.steps.iter();
        Self(
            steps
                .filter_map(|step| Some((step.target.as_str(), over(&step.action)?)))
                .collect(),
        )
    }
}

/// The path inside and the place of a view of the policy's own that shows at a share's place what the share shows, with the
/// same access.
fn shown_anyway<'v>(
    shared: &Shared,
    writable: bool,
    views: &'v Views,
    layout: &Layout<'_>,
) -> Option<(&'v str, Span)> {
    let (top, view, host) = views.behind(&shared.inside)?;
    let between = above(&shared.inside).take_while(|path| *path != top);
    let mut kept = false;
    for path in between {
        match layout.0.get(path) {
            None => {}
            Some(Over::Kept) => kept = true,
            Some(Over::Other) => return None,
        }
    }
    let same = views.host_of(&shared.inside)? == host && (view.writable && !kept) == writable;
    Some((top, own(view.span)?)).filter(|_| same)
}
