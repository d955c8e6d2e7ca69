//! The record of what a program did, within its reach.

use super::host_paths::{Share, shares};
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::resolve::host::within;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    let Some(log) = &resolved.log_path else {
        return;
    };
    let path = &log.value;
    let found = shares(scope.ir)
        .into_iter()
        .find(|share| share.writable && within(path, &share.host));
    if let Some(Share { span, inside, .. }) = found {
        let message = format!("the program can write to the audit record {}", quote(path));
        let mut diagnostic = Diagnostic::warning("audit-inside-sandbox", log.span, message)
            .with_help("put it outside of every output path: a record that the program can change proves nothing");
        if let Some(span) = span {
            diagnostic =
                diagnostic.with_related(span, format!("writable inside as {}", quote(&inside)));
        }
        scope.report(diagnostic);
    }
}
