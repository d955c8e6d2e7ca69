//! What a policy loosens of what it extends: the two are compared by what they mean, and not by their keys.

mod arguments;
mod before;
mod expiry;
mod hidden;
mod limits;
mod places;
mod programs;
mod writable;

pub use before::Before;

use super::calls::access;
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::inherit::Loosened;
use crate::ir::network::{Connections, Extent};
use crate::ir::syscalls::Meaning;
use crate::resolve::{Allowed, Grant, Placed, Resolved};
use crate::source::Span;
use crate::syscalls::groups::group;
use places::connections;

/// Runs the lints.
pub(super) fn lint(before: &Before, grants: &[Grant], scope: &mut Scope<'_>) {
    let Some((parents, granted)) = &before.meaning else {
        before.parents.report(|_| true, scope.sink);
        return;
    };
    keys(before, parents, scope);
    limits::lint(before, parents, scope);
    writable::lint(before, &parents.filesystem, scope);
    hidden::lint(&parents.filesystem, scope);
    programs::lint(&parents.filesystem, scope);
    expiry::lint((parents, granted), grants, scope);
    arguments::lint(parents, scope);
}

/// Keys that say otherwise than a parent, where that makes a difference.
fn keys(before: &Before, parents: &Resolved, scope: &mut Scope<'_>) {
    let opens = |written: &str| {
        let name = written.strip_prefix('!').unwrap_or(written);
        let names: Vec<&str> = match group(name) {
            Some(group) => group.calls().collect(),
            None => vec![name],
        };
        let meanings = scope.resolved.syscalls.iter();
        let mut interfaces = meanings.flat_map(Meaning::interfaces);
        interfaces.any(|one| names.iter().any(|name| access(one, name).passes()))
    };
    let isolated = scope.ir.network.extent == Extent::Loopback;
    let reached = Reached::of(parents);
    let counts = |one: &Loosened<'_>| match one.pointer {
        "/syscalls/deny" => opens(one.written),
        // What is listed beside an isolated network has findings of its own.
        pointer if isolated && pointer.starts_with("/network/") => false,
        "/network/allow" => !reached.holds(&scope.resolved.network.allowed, one.place),
        // Compared by what it comes to.
        pointer => !(one.is_own && limits::is_limit(pointer)),
    };
    let removed = before.parents.removed("/syscalls/deny");
    let mut unused: Vec<_> = removed.filter(|(written, ..)| !opens(written)).collect();
    // One that takes several out is one.
    unused.dedup_by_key(|(_, place, _)| *place);
    before.parents.report(counts, scope.sink);
    for (written, place, old) in unused {
        let name = written.trim_start_matches('!');
        let message = format!(
            "{} has no effect: {} stays denied",
            quote(written),
            quote(name)
        );
        let help = if group(name).is_some() {
            "remove it; to allow a call that is denied unless named, name it in `allow` too"
                .to_owned()
        } else {
            format!("remove it, or add `allow: [{name}]`: the call is denied unless it is named")
        };
        let mut found = Diagnostic::note("entry-without-effect", place, message).with_help(help);
        if let Some(old) = old {
            found = found.with_related(old, "this denial is removed");
        }
        scope.report(found);
    }
}

/// What parents reach by their lists of destinations.
struct Reached(Connections);

/// How many destinations are compared with all of the parents': beyond that it takes too long.
const MOST_COMPARED: usize = 192;

impl Reached {
    fn of(parents: &Resolved) -> Self {
        let allowed = parents.network.allowed.iter();
        Self(Connections::union_of(
            allowed.map(|one| connections(&one.value)).collect(),
        ))
    }

    /// Whether an entry of the policy's list leads nowhere else.
    fn holds(&self, allowed: &[Placed<Allowed>], place: Span) -> bool {
        let of_entry = |one: &&Placed<Allowed>| {
            let (inner, outer) = (one.span, place);
            (
                inner.file,
                outer.start <= inner.start,
                inner.end <= outer.end,
            ) == (outer.file, true, true)
        };
        if allowed.len() > MOST_COMPARED {
            return false;
        }
        let mut entry = allowed.iter().filter(of_entry).peekable();
        entry.peek().is_some() && entry.all(|one| connections(&one.value).is_within(&self.0))
    }
}
