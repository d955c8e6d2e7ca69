//! The record of what a program did: whether there is one, and whether the program reaches it.

use super::host_paths::{Share, shares};
use super::scope::Scope;
use crate::diagnostics::{Applicability, Diagnostic, quote};
use crate::resolve::host::within;
use purple_plan::Layer;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    for (section, keys, what) in SECTIONS {
        not_enabled(section, keys, what, scope);
    }
    not_enforced(scope);
    within_reach(scope);
}

/// A layer that this version enforces on no host.
fn not_enforced(scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    for (_, place) in resolved
        .needs
        .iter()
        .filter(|(layer, _)| *layer == Layer::Monitor)
    {
        scope.report(
            Diagnostic::warning(
                "layer-not-enforced",
                *place,
                "this needs the layer `monitor`, which is not enforced yet: runs are refused",
            )
            .with_help("leave it out, or run with `--unenforced monitor`: nothing is traced then"),
        );
    }
}

/// The sections that do nothing unless they are enabled: their other keys, and what does not happen.
const SECTIONS: [(&str, [&str; 3], &str); 2] = [
    (
        "audit",
        ["detail_level", "log_path", "on_failure"],
        "no record is kept",
    ),
    (
        "ebpf_monitoring",
        ["trace_syscalls", "trace_files", "trace_network"],
        "nothing is traced",
    ),
];

/// A section that says how, and neither that it is on nor that it is off.
fn not_enabled(section: &str, keys: [&str; 3], what: &str, scope: &mut Scope<'_>) {
    let whole = scope.key(&format!("/{section}"));
    // Where a key is not there, its place is the section's.
    let written =
        |key: &str| Some(scope.key(&format!("/{section}/{key}"))).filter(|at| *at != whole);
    if written("enabled").is_some() {
        return;
    }
    let mut found = keys
        .into_iter()
        .filter_map(|key| Some((key, written(key)?)));
    let Some((key, place)) = found.next() else {
        return;
    };
    let message = format!("`{section}` is not enabled: {what}, and `{key}` has no effect");
    scope.report(
        Diagnostic::error("section-not-enabled", place, message)
            .with_help("write `enabled: true` beside it, or `enabled: false` to switch it off")
            .with_entry_before(Applicability::Safe, place, "enabled: true"),
    );
}

/// A record that the program can write to.
fn within_reach(scope: &mut Scope<'_>) {
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
