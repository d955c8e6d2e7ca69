//! What a policy loosens of what it extends: the two are compared by what they mean, and not by their keys.

use super::calls::access;
use super::scope::{Scope, listed};
use crate::diagnostics::{Diagnostic, quote};
use crate::inherit::Parents;
use crate::ir::network::Extent;
use crate::ir::syscalls::{Meaning, Rule, Strength, covers};
use crate::quantity::Date;
use crate::resolve::host::within;
use crate::resolve::{Filesystem, Grant, Granted, Origin, Resolved, Views, above};
use crate::source::Span;
use crate::syscalls::groups::group;
use std::collections::{BTreeMap, BTreeSet};

/// What a policy extends.
pub struct Before {
    /// The texts, and what the policy changes in them by key.
    pub parents: Parents,
    /// What they mean without the policy, and what they grant by name; `None` where they are no policy.
    pub meaning: Option<(Resolved, Vec<Grant>)>,
}

/// Runs the lints.
pub(super) fn lint(before: &Before, grants: &[Grant], scope: &mut Scope<'_>) {
    let Some((parents, granted)) = &before.meaning else {
        before.parents.report(|_, _| true, scope.sink);
        return;
    };
    keys(before, scope);
    hidden(&parents.filesystem, scope);
    kept(&parents.filesystem, scope);
    endless(granted, grants, scope);
    arguments(parents, scope);
}

/// Keys that say otherwise than a parent, where that makes a difference.
fn keys(before: &Before, scope: &mut Scope<'_>) {
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
    let counts = |pointer: &str, written: &str| match pointer {
        "/syscalls/deny" => opens(written),
        // What is listed beside an isolated network has findings of its own.
        _ => !(isolated && pointer.starts_with("/network/")),
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

/// The place of a view where the policy itself shows it, or else of a list.
fn place(view: Option<Span>, list: &str, scope: &Scope<'_>) -> Span {
    view.filter(|span| span.file == 0)
        .unwrap_or_else(|| scope.key(list))
}

/// Whether a path inside is one of these, or lies below one.
fn lies_in(inside: &str, paths: &BTreeSet<&str>) -> bool {
    std::iter::once(inside)
        .chain(above(inside))
        .any(|path| paths.contains(path))
}

/// What a parent hides and the policy shows.
fn hidden(parents: &Filesystem, scope: &mut Scope<'_>) {
    let (before, resolved) = (Views::of(parents), scope.resolved);
    let now = Views::of(&resolved.filesystem);
    let masks = resolved.filesystem.masked.iter();
    let masks: BTreeSet<&str> = masks.map(|one| one.inside.as_str()).collect();
    for masked in &parents.masked {
        let Some(host) = before.host_of(&masked.inside) else {
            continue;
        };
        let mut places = now.places(&host).into_iter();
        let shown = places.find(|(inside, ..)| !lies_in(inside, &masks));
        let Some((inside, view, _)) = shown else {
            continue;
        };
        let message = format!("{} is shown; it was masked", quote(&inside));
        let place = place(view, "/filesystem/masked_paths", scope);
        scope.report(
            Diagnostic::note("loosens-parent", place, message)
                .with_related(masked.span, "an inherited policy masks it here")
                .with_help("leave it out to keep the inherited value"),
        );
    }
}

/// Paths that can be written, and where parents say that they stay as they are.
type Open = (Vec<String>, BTreeSet<Span>);

/// How many places of parents a finding shows.
const MOST_PLACES: usize = 4;

/// What a parent keeps as it is in a directory that the program may write to, and the policy does not.
fn kept(parents: &Filesystem, scope: &mut Scope<'_>) {
    let (before, resolved) = (Views::of(parents), scope.resolved);
    let now = Views::of(&resolved.filesystem);
    let filesystem = &resolved.filesystem;
    let masks = filesystem.masked.iter().map(|one| one.inside.as_str());
    let kept_now = filesystem.protected.iter().map(|one| one.inside.as_str());
    let kept_now: BTreeSet<&str> = kept_now.chain(masks).collect();
    let mut open: BTreeMap<Option<Span>, Open> = BTreeMap::new();
    for kept in &parents.protected {
        let Some(host) = before.host_of(&kept.inside) else {
            continue;
        };
        for (inside, view, writable) in now.places(&host) {
            if writable && !lies_in(&inside, &kept_now) {
                let of = before.showing(&kept.inside);
                let said = kept.span.or(of.and_then(|(_, view)| view.span));
                let (paths, places) = open.entry(view).or_default();
                // What a text names is said first.
                match kept.origin {
                    Origin::Group => paths.push(inside),
                    Origin::Named | Origin::OtherView { .. } => paths.insert(0, inside),
                }
                places.extend(said);
            }
        }
    }
    for (view, (paths, places)) in open {
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let was = if paths.len() == 1 {
            "is writable; it was"
        } else {
            "are writable; they were"
        };
        let message = format!("{} {was} read-only", listed(&paths));
        let place = place(view, "/filesystem/output_paths", scope);
        let mut found = Diagnostic::note("loosens-parent", place, message)
            .with_help("name them under `read_only` of this path to keep the inherited protection");
        for said in places.into_iter().take(MOST_PLACES) {
            found = found.with_related(said, "an inherited policy protects it here");
        }
        scope.report(found);
    }
}

/// What a parent grants until a day, and the policy beyond it.
fn endless(before: &[Grant], grants: &[Grant], scope: &mut Scope<'_>) {
    if before.iter().all(|grant| grant.last.is_none()) {
        return;
    }
    let mut calls: BTreeMap<&str, Vec<&Grant>> = BTreeMap::new();
    for grant in before {
        if let Granted::Calls(of) = &grant.what {
            for call in of {
                calls.entry(call).or_default().push(grant);
            }
        }
    }
    for own in grants.iter().filter(|grant| grant.span.file == 0) {
        let parts = match &own.what {
            Granted::Calls(of) => of
                .iter()
                .filter_map(|call| calls.get(call.as_str()).cloned())
                .collect(),
            what => vec![
                before
                    .iter()
                    .filter(|one| has_part(&one.what, what))
                    .collect(),
            ],
        };
        let ends = parts.iter().filter_map(|part| end(part));
        let ends = ends.filter(|(day, _)| own.last.is_none_or(|own| own > *day));
        let Some((day, grant)) = ends.min_by_key(|(day, _)| *day) else {
            continue;
        };
        let until = match own.last {
            Some(last) => format!("until {last}"),
            None => "without an end".to_owned(),
        };
        let what = if own.name == grant.name {
            "it".to_owned()
        } else {
            quote(&grant.name)
        };
        let message = format!(
            "{} is granted {until}; {what} was until {day}",
            quote(&own.name)
        );
        scope.report(
            Diagnostic::note("loosens-parent", own.span, message)
                .with_related(grant.span, "an inherited policy grants it with an end")
                .with_help(format!(
                    "add `expires: {day}`, or leave it out to keep what is inherited"
                )),
        );
    }
}

/// The last day of grants of one thing, and the one that says so; `None` where one of them has no end.
fn end<'b>(grants: &[&'b Grant]) -> Option<(Date, &'b Grant)> {
    let days = grants.iter().map(|grant| Some((grant.last?, *grant)));
    let days: Option<Vec<_>> = days.collect();
    days?.into_iter().max_by_key(|(day, _)| *day)
}

/// Whether two grants are about the same. A directory is granted with all that lies below it.
fn has_part(one: &Granted, other: &Granted) -> bool {
    match (one, other) {
        (Granted::Path(one), Granted::Path(other)) => within(one, other) || within(other, one),
        _ => one == other,
    }
}

/// Calls that a parent lets through for some arguments, and the policy for more.
fn arguments(parents: &Resolved, scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    for one in resolved.syscalls.iter().flat_map(Meaning::interfaces) {
        let mut interfaces = parents.syscalls.iter().flat_map(Meaning::interfaces);
        let Some(before) = interfaces.find(|other| other.arch == one.arch) else {
            continue;
        };
        for (number, call) in &one.calls {
            let Some(old) = before.calls.get(number) else {
                continue;
            };
            // A call that is logged goes through.
            let passes = |rule: &&Rule| matches!(rule.strength, Strength::Allow | Strength::Log);
            let known = || old.rules.iter().filter(passes);
            let Some(first) = known().next() else {
                continue;
            };
            let added = call.rules.iter().filter(passes).find(|rule| {
                rule.span.file == 0
                    && !known().any(|known| covers(&known.conditions, &rule.conditions))
            });
            if let Some(rule) = added {
                let message = format!("`{}` is allowed with more arguments than before", call.name);
                scope.report(
                    Diagnostic::note("loosens-parent", rule.span, message)
                        .with_related(first.span, "an inherited policy allows it with these")
                        .with_help("leave it out to keep the inherited value"),
                );
            }
        }
    }
}
