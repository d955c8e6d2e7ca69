//! Calls that do the same job: denying one, or looking at its arguments, means little while
//! another stays open.

mod classes;

use super::calls::{Access, access, named};
use super::scope::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Action, ArchMeaning, Meaning, Rule};
use crate::source::Span;
use crate::syscalls::variants;
use classes::{CLASSES, Class};
use std::collections::{BTreeMap, BTreeSet};

/// Runs the lints on every interface of every architecture.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    for one in ir.meanings().flat_map(Meaning::interfaces) {
        if one.denial == Action::Log {
            continue;
        }
        denied(one, scope);
        for class in CLASSES.iter().filter(|class| class.rules) {
            narrowed(one, class, scope);
        }
        beside(one, scope);
    }
}

/// The calls of a class that go through for all that the policy says, and where it says so.
fn open(one: &ArchMeaning, class: &Class) -> Vec<(&'static str, Span)> {
    let all = class.calls.iter();
    all.filter_map(|name| match access(one, name) {
        Access::Allowed(span) if !has_own_rules(one, name) => Some((*name, span)),
        _ => None,
    })
    .collect()
}

/// Whether the policy has rules with conditions on a call: the compiler's own deny rules against
/// set-user-id bits, which each policy has, are none.
fn has_own_rules(one: &ArchMeaning, name: &str) -> bool {
    own_rules(one, name).next().is_some()
}

pub(super) fn own_rules<'m>(one: &'m ArchMeaning, name: &str) -> impl Iterator<Item = &'m Rule> {
    let rules = named(one, name)
        .map(|call| call.rules.as_slice())
        .unwrap_or_default();
    // A rule of the compiler's has the same place as its conditions.
    rules.iter().filter(|rule| {
        rule.conditions
            .first()
            .is_some_and(|condition| condition.span != rule.span)
    })
}

/// A denial that leaves calls of its kind open.
struct Leak {
    /// The calls that are left, and where the policy allows them.
    left: Vec<(&'static str, Span)>,
    /// What they do.
    jobs: Vec<&'static str>,
}

/// The calls of a class that the policy denies by name, with the places.
fn denials(one: &ArchMeaning, class: &Class) -> Vec<(Span, &'static str)> {
    let denied = |name: &&&str| access(one, name) == Access::Denied;
    let names = class.calls.iter().filter(denied);
    let mut places: Vec<_> = names
        .filter_map(|name| Some((named(one, name)?.denied?, *name)))
        .collect();
    places.sort_unstable();
    places
}

fn denied(one: &ArchMeaning, scope: &mut Scope<'_>) {
    let (mut leaks, mut whole) = (BTreeMap::<_, Leak>::new(), BTreeSet::new());
    for class in CLASSES {
        let (places, left) = (denials(one, class), open(one, class));
        if left.is_empty() && places.len() > 1 {
            whole.extend(places);
            continue;
        }
        let first = places
            .into_iter()
            .find(|(_, name)| !class.apart.contains(name));
        let Some(first) = first.filter(|_| !left.is_empty()) else {
            continue;
        };
        let leak = leaks.entry(first).or_insert(Leak {
            left: Vec::new(),
            jobs: Vec::new(),
        });
        leak.left.extend(left);
        leak.jobs.push(class.what);
    }
    // A call with two jobs, one of which nothing does any more, is denied for the sake of that one.
    leaks.retain(|first, _| !whole.contains(first));
    for ((place, name), leak) in leaks {
        leaves(name, place, &leak, scope);
    }
}

fn leaves(name: &str, place: Span, leak: &Leak, scope: &mut Scope<'_>) {
    let Some(&(_, allowed)) = leak.left.first() else {
        return;
    };
    let names: Vec<&str> = leak.left.iter().map(|(name, _)| *name).collect();
    let (does, does_it) = if names.len() == 1 {
        ("goes", "does")
    } else {
        ("go", "do")
    };
    let message = format!(
        "denying `{name}` stops little: {} {does} through and {does_it} its job",
        listed(&names)
    );
    scope.report(
        Diagnostic::warning("deny-leaves-equivalent", place, message)
            .with_related(
                allowed,
                format!("`{}` is allowed by this", names.first().unwrap_or(&"")),
            )
            .with_help(format!(
                "deny {} too, or take `{name}` out of the list: each {}",
                listed(&names),
                leak.jobs.join(" or ")
            )),
    );
}

fn narrowed(one: &ArchMeaning, class: &Class, scope: &mut Scope<'_>) {
    let rule = class
        .calls
        .iter()
        .find_map(|name| own_rules(one, name).next().map(|rule| (*name, rule.span)));
    let Some((name, place)) = rule else { return };
    let left = open(one, class);
    let Some(&(_, allowed)) = left.first() else {
        return;
    };
    let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
    let (go, do_) = if names.len() == 1 {
        ("goes", "does")
    } else {
        ("go", "do")
    };
    let message = format!(
        "this rule on `{name}` is easy to avoid: {} {go} through with any arguments and {do_} its job",
        listed(&names)
    );
    scope.report(
        Diagnostic::warning("rule-leaves-equivalent", place, message)
            .with_related(
                allowed,
                format!("`{}` is allowed by this", names.first().unwrap_or(&"")),
            )
            .with_help(format!(
                "deny {}, or write the rule for each: each {}",
                listed(&names),
                class.what
            )),
    );
}

/// Rules on a call that has a second form on the same interface, with wider values: `_llseek` beside
/// `lseek`.
fn beside(one: &ArchMeaning, scope: &mut Scope<'_>) {
    for call in one.calls.values() {
        let Some(rule) = own_rules(one, call.name).next() else {
            continue;
        };
        let left: Vec<(&str, Span)> = variants(one.arch, call.name)
            .into_iter()
            .filter(|name| !has_own_rules(one, name))
            .filter_map(|name| match access(one, name) {
                Access::Allowed(span) => Some((name, span)),
                _ => None,
            })
            .collect();
        let Some(&(_, allowed)) = left.first() else {
            continue;
        };
        let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
        let (go, do_) = if names.len() == 1 {
            ("goes", "does")
        } else {
            ("go", "do")
        };
        let message = format!(
            "this rule on `{}` is easy to avoid on {}: {} {go} through with any arguments and {do_} its job",
            call.name,
            one.arch,
            listed(&names)
        );
        scope.report(
            Diagnostic::warning("rule-leaves-equivalent", rule.span, message)
                .with_related(
                    allowed,
                    format!("`{}` is allowed by this", names.first().unwrap_or(&"")),
                )
                .with_help(format!(
                    "deny {}, or write a rule for it too",
                    listed(&names)
                )),
        );
    }
}

#[cfg(test)]
mod tests;
