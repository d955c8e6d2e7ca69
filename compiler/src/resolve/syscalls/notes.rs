//! What the lists and the rules come to together, where that may surprise.
//!
//! Each is looked for on every interface that the policy lists, and reported once.

use std::collections::{BTreeMap, BTreeSet};

use super::resolver::Resolver;
use crate::diagnostics::{Diagnostic, Severity, Subjects};
use crate::ir::syscalls::{CallMeaning, Strength};
use crate::source::Span;
use crate::syscalls::Arch;
use crate::syscalls::dangers::has_finding_of_its_own;

impl Resolver<'_> {
    /// A call in both lists. A call of a group that `deny` names is what both lists are for.
    pub(super) fn conflicts(&mut self) {
        let by_group = &self.allowed_by_group;
        let both: Vec<_> = self
            .calls()
            .filter(|(at, _, number, _)| !by_group.contains(&(*at, *number)))
            .filter_map(|(_, _, _, call)| Some((call.name, call.denied?, call.allowed?)))
            .collect();
        for (name, denied, allowed) in both {
            let help = if denied.file == allowed.file {
                "remove one of the two".to_owned()
            } else {
                format!("to allow it, remove the inherited denial: add `deny: [\"!{name}\"]`")
            };
            self.report(
                Diagnostic::warning(
                    "syscall-allowed-and-denied",
                    denied,
                    format!("`{name}` is both denied and allowed; it is denied"),
                )
                .with_related(allowed, "allowed here")
                .with_help(help),
            );
        }
    }

    /// One note for all calls of the baseline that the policy lets through.
    pub(super) fn opened_baseline(&mut self) {
        // There are warnings about these, which say more.
        let reported = |call: &CallMeaning| {
            matches!(call.name, "io_uring_setup" | "socketcall")
                || has_finding_of_its_own(call.name)
        };
        let mut opened: BTreeMap<&str, Span> = BTreeMap::new();
        for (_, _, _, call) in self.calls() {
            let listed = call.allowed.filter(|_| call.denied.is_none());
            if let Some(place) = opening_rule(call).or(listed)
                && call.baseline
                && !reported(call)
            {
                opened.entry(call.name).or_insert(place);
            }
        }
        let mut each: Vec<_> = opened
            .into_iter()
            .map(|(name, place)| (name.to_owned(), place))
            .collect();
        each.sort_by_key(|(_, place)| *place);
        let subjects = Subjects {
            each,
            said: ["is", "are"].map(|are| format!("{are} allowed, and denied unless named")),
            here: "is allowed here",
        };
        if let Some(found) = Diagnostic::about(Severity::Note, "baseline-opened", subjects) {
            self.report(found.with_help(
                "leave out the calls that the program does not make: each gives it more access",
            ));
        }
    }

    /// A rule behind one that always holds.
    pub(super) fn unreachable_rules(&mut self) {
        let mut found = Vec::new();
        let mut reported = BTreeSet::new();
        for (at, arch, _, call) in self.calls() {
            let mut always: Option<Span> = None;
            for rule in &call.rules {
                match always {
                    Some(stronger) if reported.insert((rule.span, call.name)) => {
                        let message = format!(
                            "this rule on `{}` is never reached{}",
                            call.name,
                            on(at, arch)
                        );
                        found.push(
                            Diagnostic::warning("rule-unreachable", rule.span, message)
                                .with_related(
                                    stronger,
                                    "this rule always applies, and is tried first",
                                ),
                        );
                    }
                    None if rule.conditions.is_empty() => always = Some(rule.span),
                    _ => {}
                }
            }
        }
        self.report_all(found);
    }

    /// What a conditional allow does to the lists beside it.
    pub(super) fn notes_on_allow_rules(&mut self) {
        let mut found = Vec::new();
        let mut reported = BTreeSet::new();
        for (at, one) in self.interfaces.iter().enumerate() {
            for call in one.calls.values() {
                let always = call.rules.iter().find(|rule| rule.conditions.is_empty());
                if let (Some(rule), Some(denied)) = (always, call.denied)
                    && matches!(rule.strength, Strength::Allow | Strength::Log)
                    && reported.insert((rule.span, call.name))
                {
                    let place = format!("`{}`{}", call.name, on(at, one.arch));
                    let message = format!("this rule undoes the denial of {place}");
                    found.push(
                        Diagnostic::note("rule-opens-deny", rule.span, message)
                            .with_related(denied, "denied here")
                            .with_help("the call goes through: leave out the rule, or the denial"),
                    );
                    continue;
                }
                let allows = call
                    .rules
                    .iter()
                    .filter(|rule| rule.strength == Strength::Allow);
                let Some(first) = allows.clone().next() else {
                    continue;
                };
                if allows.clone().any(|rule| rule.conditions.is_empty())
                    || !reported.insert((first.span, call.name))
                {
                    continue;
                }
                let place = format!("`{}`{}", call.name, on(at, one.arch));
                if let Some(denied) = call.denied {
                    let message = format!("this rule is an exception to the denial of {place}");
                    found.push(
                        Diagnostic::note("rule-opens-deny", first.span, message)
                            .with_related(denied, "denied here")
                            .with_help("if its conditions hold, the call goes through"),
                    );
                } else if call.allowed.is_some() || (!one.default.deny && !call.baseline) {
                    let message = format!("this rule restricts the plain allow of {place}");
                    let place = call.allowed.unwrap_or(one.default.span);
                    found.push(
                        Diagnostic::note("rule-narrows-allow", first.span, message)
                            .with_related(place, "allowed here")
                            .with_help("if no allow rule's conditions hold, the call is denied"),
                    );
                }
            }
        }
        self.report_all(found);
    }

    /// Every call that something names: the number of its interface, that interface, its number.
    fn calls(&self) -> impl Iterator<Item = (usize, Arch, u32, &CallMeaning)> {
        self.interfaces.iter().enumerate().flat_map(|(at, one)| {
            let arch = one.arch;
            one.calls
                .iter()
                .map(move |(number, call)| (at, arch, *number, call))
        })
    }

    fn report_all(&mut self, found: Vec<Diagnostic>) {
        for diagnostic in found {
            self.report(diagnostic);
        }
    }
}

/// The interface, where it is not the native one.
fn on(at: usize, arch: Arch) -> String {
    if at == 0 {
        String::new()
    } else {
        format!(" on {arch}")
    }
}

/// The rule by which a call goes through, where there is one that is reached.
fn opening_rule(call: &CallMeaning) -> Option<Span> {
    let reached = call
        .rules
        .iter()
        .take_while(|rule| !(rule.conditions.is_empty() && rule.strength < Strength::Log));
    reached
        .filter(|rule| rule.strength >= Strength::Log)
        .map(|rule| rule.span)
        .next()
}
