//! Directories of the host that a parent shows read-only, and the policy lets a program write to, as a whole or in part.

use super::before::Before;
use crate::diagnostics::{Diagnostic, quote};
use crate::lint::scope::Scope;
use crate::resolve::host::within;
use crate::resolve::{Filesystem, Shared};
use crate::source::Span;

/// Runs the lint.
pub(super) fn lint(before: &Before, parents: &Filesystem, scope: &mut Scope<'_>) {
    let known: Vec<Span> = before.parents.writable().collect();
    let own = scope.resolved.filesystem.output.iter();
    let mut found = Vec::new();
    for output in own {
        let Some(place) = output.host_span.filter(|span| span.file == 0) else {
            continue;
        };
        let holds = |outer: &Span| {
            outer.file == place.file && outer.start <= place.start && place.end <= outer.end
        };
        if known.iter().any(holds) {
            continue;
        }
        let mut readable = parents.immutable.iter();
        let shown = readable.find_map(|shown| {
            let part = part(output, shown)?;
            let mut written = parents.output.iter();
            (!written.any(|one| within(&part.host, &one.host))).then_some((shown, part))
        });
        if let Some((shown, part)) = shown {
            found.push((place, shown.clone(), part.host.clone()));
        }
    }
    for (place, shown, host) in found {
        let message = if within(&shown.host, &host) && within(&host, &shown.host) {
            format!("{} is writable; it was read-only", quote(&host))
        } else {
            format!(
                "{} is writable; it was read-only, as a part of {}",
                quote(&host),
                quote(&shown.host)
            )
        };
        let found = Diagnostic::note("loosens-parent", place, message)
            .with_help("leave it out to keep what is inherited");
        scope.report(match shown.host_span {
            Some(span) => found.with_related(span, "an inherited text shows it read-only"),
            None => found,
        });
    }
}

/// The one of two paths of the host that lies in the other.
fn part<'s>(one: &'s Shared, other: &'s Shared) -> Option<&'s Shared> {
    if within(&one.host, &other.host) {
        Some(one)
    } else {
        within(&other.host, &one.host).then_some(other)
    }
}
