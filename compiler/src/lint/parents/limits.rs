//! Limits that are higher than what parents come to: as they are enforced, and with what comes with them.

use super::before::Before;
use crate::diagnostics::{Diagnostic, quote};
use crate::lint::scope::Scope;
use crate::resolve::{Placed, Resolved};
use crate::source::Span;

/// A limit: how it is enforced, and where the policy says so.
#[derive(Debug, Clone, Copy)]
struct Limit {
    /// `None` for no limit, or one that no policy says.
    value: Option<u64>,
    /// What says so, by itself or by what it comes with.
    span: Option<Span>,
}

/// The keys of limits.
const KEYS: [&str; 8] = [
    "/filesystem/scratch_size_bytes",
    "/resources/memory_limit_bytes",
    "/resources/memory_swap_limit_bytes",
    "/resources/block_io_limit_bytes_per_sec",
    "/resources/cpu_limit",
    "/resources/cpu_shares",
    "/resources/pids_limit",
    "/resources/session_timeout_seconds",
];

/// Whether a key is one of these limits.
pub(super) fn is_limit(pointer: &str) -> bool {
    KEYS.contains(&pointer)
}

/// Runs the lint.
pub(super) fn lint(before: &Before, parents: &Resolved, scope: &mut Scope<'_>) {
    let limits = limits(parents).into_iter().zip(limits(scope.resolved));
    for (pointer, (old, new)) in KEYS.into_iter().zip(limits) {
        // Where a parent has no limit, none is raised.
        let Some(limit) = old.value else { continue };
        if new.value.is_some_and(|new| new <= limit) {
            continue;
        }
        let Some(place) = new.span.filter(|span| span.file == 0) else {
            continue;
        };
        let key = pointer.rsplit('/').next().unwrap_or_default();
        let (was, written) = before.parents.written(pointer).unwrap_or_default();
        let written = quote(written);
        let (message, what) = match was {
            Some(old) => (
                format!("`{key}` is raised from {} to {written}", quote(old)),
                "an inherited text says otherwise here",
            ),
            None => (
                format!("`{key}` is raised to {written}; it was {limit}"),
                "this comes with no swap, unless the key says so",
            ),
        };
        let said = old.span.unwrap_or_else(|| before.parents.extends());
        scope.report(
            Diagnostic::note("loosens-parent", place, message)
                .with_related(said, what)
                .with_help("leave it out to keep what is inherited"),
        );
    }
}

/// The limits of a policy, in the order of [`KEYS`].
fn limits(resolved: &Resolved) -> [Limit; 8] {
    let of = |placed: Option<Placed<u64>>| Limit {
        value: placed.map(|placed| placed.value),
        span: placed.map(|placed| placed.span),
    };
    let limits = &resolved.resources;
    // A memory limit comes with no swap.
    let swap = limits
        .swap
        .or(limits.memory.map(|memory| Placed { value: 0, ..memory }));
    let written = resolved.filesystem.scratch_bytes_key;
    let scratch = Limit {
        value: written.map(|_| resolved.filesystem.scratch_bytes),
        span: written,
    };
    [
        scratch,
        of(limits.memory),
        of(swap),
        of(limits.block_io),
        of(limits.cpu_quota),
        of(limits.cpu_weight),
        of(limits.pids),
        of(limits.timeout),
    ]
}
