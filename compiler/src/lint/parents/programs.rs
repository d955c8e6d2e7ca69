//! Paths in which a parent allows no programs, and the policy does; and scratch paths that the policy makes larger.

use crate::diagnostics::{Diagnostic, quote};
use crate::lint::scope::Scope;
use crate::resolve::host::within;
use crate::resolve::{Filesystem, Shared};
use crate::source::Span;
use std::collections::BTreeMap;

/// Runs the lints.
pub(super) fn lint(parents: &Filesystem, scope: &mut Scope<'_>) {
    programs(parents, scope);
    sizes(parents, scope);
}

/// A path inside: what of the host is shown there, whether programs in it can be executed, and where a policy says so.
struct Place<'f> {
    host: Option<&'f str>,
    no_exec: bool,
    span: Option<Span>,
}

/// The paths inside.
fn places(filesystem: &Filesystem) -> BTreeMap<&str, Place<'_>> {
    let shared = filesystem.immutable.iter().chain(&filesystem.output);
    let shared = shared.map(|one: &Shared| {
        let place = Place {
            host: Some(&one.host),
            no_exec: one.no_exec,
            span: one.inside_span,
        };
        (one.inside.as_str(), place)
    });
    let scratch = filesystem.scratch.iter().map(|one| {
        let place = Place {
            host: None,
            no_exec: one.no_exec,
            span: Some(one.span),
        };
        (one.inside.as_str(), place)
    });
    shared.chain(scratch).collect()
}

/// A path inside that loses its `noexec`, and a directory of the host that is shown without it somewhere else.
fn programs(parents: &Filesystem, scope: &mut Scope<'_>) {
    let before = places(parents);
    let is_allowed = |host: &str| {
        let mut all = before.values().filter(|one| !one.no_exec);
        all.any(|one| one.host.is_some_and(|shown| within(host, shown)))
    };
    let overlap = |one: Option<&str>, other: Option<&str>| match (one, other) {
        (Some(one), Some(other)) => within(one, other) || within(other, one),
        _ => false,
    };
    let resolved = scope.resolved;
    for (inside, now) in places(&resolved.filesystem) {
        let Some(place) = now.span.filter(|span| span.file == 0 && !now.no_exec) else {
            continue;
        };
        let closed = before.iter().filter(|(_, was)| was.no_exec);
        let mut closed = closed.filter(|(path, was)| {
            **path == inside || overlap(was.host, now.host) && !now.host.is_some_and(is_allowed)
        });
        let Some((_, was)) = closed.next() else {
            continue;
        };
        let message = format!(
            "programs in {} can be executed; they could not",
            quote(inside)
        );
        let mut found = Diagnostic::note("loosens-parent", place, message)
            .with_help("add `noexec: true` to keep what is inherited");
        if let Some(said) = was.span {
            found = found.with_related(said, "an inherited policy has `noexec` here");
        }
        scope.report(found);
    }
}

/// A scratch path that may hold more than under the parents.
fn sizes(parents: &Filesystem, scope: &mut Scope<'_>) {
    let before: BTreeMap<&str, _> = parents
        .scratch
        .iter()
        .filter_map(|one| Some((one.inside.as_str(), one.bytes?)))
        .collect();
    let resolved = scope.resolved;
    for own in &resolved.filesystem.scratch {
        let Some(was) = before.get(own.inside.as_str()) else {
            continue;
        };
        let bytes = own
            .bytes
            .map_or(resolved.filesystem.scratch_bytes, |size| size.value);
        let place = own.bytes.map_or(own.span, |size| size.span);
        if place.file != 0 || bytes <= was.value {
            continue;
        }
        let message = format!(
            "the size of {} is raised from {} to {bytes} bytes",
            quote(&own.inside),
            was.value
        );
        scope.report(
            Diagnostic::note("loosens-parent", place, message)
                .with_related(was.span, "the inherited value is here")
                .with_help("leave it out to keep the inherited value"),
        );
    }
}
