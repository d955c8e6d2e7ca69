//! What is said of an entry without effect.

use crate::diagnostics::Diagnostic;
use crate::lint::scope::Scope;
use crate::resolve::Resolved;
use crate::source::Span;

/// The policy's own place, where something is its own.
pub(super) fn own(span: Option<Span>) -> Option<Span> {
    span.filter(|span| span.file == 0)
}

/// What to do about an entry.
const HELP: &str = "remove it: a reader takes it for a decision";

/// Reports an entry, and what makes it superfluous, if the policy says that.
pub(super) fn report(
    span: Span,
    message: String,
    other: Option<(Span, &str)>,
    scope: &mut Scope<'_>,
) {
    report_with(HELP, span, message, other, scope);
}

/// The same with a help of its own.
pub(super) fn report_with(
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
pub(super) fn is_inherited(parents: Option<&Resolved>, inside: &str) -> bool {
    parents.is_some_and(|parents| {
        let wanted = &parents.filesystem;
        let mut shared = wanted.immutable.iter().chain(&wanted.output);
        let mut scratch = wanted.scratch.iter();
        shared.any(|one| one.inside == inside) || scratch.any(|one| one.inside == inside)
    })
}
