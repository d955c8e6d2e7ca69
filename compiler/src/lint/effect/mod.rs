//! Entries of the file system, the environment and the network without which the plan means the same. What is compared is
//! what an entry comes to, and not how it is written. Lists of calls have theirs where they are resolved.
//!
//! Only what the policy itself says counts. What a parent has at the same place would come back without the entry, and what
//! says again what a parent says holds when the parent changes.

mod blocked;
mod cover;
mod masks;
mod protected;
mod shares;
mod variables;

pub(super) use cover::{covers, inside};

use super::parents::Before;
use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::resolve::Resolved;
use crate::source::Span;

/// Runs the lints.
pub(super) fn lint(before: Option<&Before>, scope: &mut Scope<'_>) {
    let parents = match before.map(|before| &before.meaning) {
        None => None,
        Some(Some((parents, _))) => Some(parents),
        // What would come back is not known.
        Some(None) => return,
    };
    shares::lint(parents, scope);
    masks::lint(scope);
    protected::lint(scope);
    variables::lint(parents, scope);
    blocked::lint(scope);
}

/// The policy's own place, where something is its own.
fn own(span: Option<Span>) -> Option<Span> {
    span.filter(|span| span.file == 0)
}

/// What to do about an entry.
const HELP: &str = "remove it: a reader takes it for a decision";

/// Reports an entry, and what makes it superfluous, if the policy says that.
fn report(span: Span, message: String, other: Option<(Span, &str)>, scope: &mut Scope<'_>) {
    report_with(HELP, span, message, other, scope);
}

/// The same with a help of its own.
fn report_with(
    help: &str,
    span: Span,
    message: String,
    other: Option<(Span, &str)>,
    scope: &mut Scope<'_>,
) {
    let found = Diagnostic::note("entry-without-effect", span, message).with_help(help);
    scope.report(match other {
        Some((place, what)) => found.with_related(place, what),
        None => found,
    });
}

/// Whether something has an entry at a path inside in what the policy extends.
fn is_inherited(parents: Option<&Resolved>, inside: &str) -> bool {
    parents.is_some_and(|parents| {
        let wanted = &parents.filesystem;
        let mut shared = wanted.immutable.iter().chain(&wanted.output);
        let mut scratch = wanted.scratch.iter();
        shared.any(|one| one.inside == inside) || scratch.any(|one| one.value == inside)
    })
}
