//! The record of what a program did, within its reach.

use super::Scope;
use super::shared::{Share, shares, within};
use crate::diagnostics::{Diagnostic, quote};

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let Some(path) = scope
        .policy
        .audit
        .as_ref()
        .and_then(|audit| audit.log_path.clone())
    else {
        return;
    };
    let found = shares(scope.ir)
        .into_iter()
        .find(|share| share.writable && within(&path, &share.host));
    if let Some(Share { span, inside, .. }) = found {
        let place = scope.span("/audit/log_path");
        let message = format!("the program can write to the audit record {}", quote(&path));
        let mut diagnostic = Diagnostic::warning("audit-inside-sandbox", place, message)
            .with_help("put it outside of every output path: a record that the program can change proves nothing");
        if let Some(span) = span {
            diagnostic =
                diagnostic.with_related(span, format!("writable inside as {}", quote(&inside)));
        }
        scope.report(diagnostic);
    }
}
