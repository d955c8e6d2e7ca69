//! What of the kernel a policy opens without naming a call: other interfaces, rules that only log, no list at all.

use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Action, Meaning, Strength};
use crate::syscalls::Arch;
use std::collections::BTreeSet;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    opened(scope);
    logged(scope);
    absent(scope);
}

/// A note for each interface beside the native one that a plan for one of its architectures has.
fn opened(scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    let used: BTreeSet<Arch> = scope
        .ir
        .meanings()
        .flat_map(|one| &one.compat)
        .map(|one| one.arch)
        .collect();
    for placed in resolved
        .architectures
        .iter()
        .filter(|placed| used.contains(&placed.value))
    {
        let arch = placed.value;
        let message = format!(
            "{arch} opens a second interface to the kernel: its calls have numbers of their own and code that is seldom used"
        );
        scope.report(
            Diagnostic::note("interface-opened", placed.span, message).with_help(format!(
                "leave it out unless programs for {arch} run inside"
            )),
        );
    }
}

/// A note for each rule that lets a call through and records it.
fn logged(scope: &mut Scope<'_>) {
    let (ir, mut seen) = (scope.ir, BTreeSet::new());
    for one in ir.meanings().flat_map(Meaning::interfaces) {
        let rules = one
            .calls
            .values()
            .flat_map(|call| call.rules.iter().map(move |rule| (call.name, rule)));
        let logs =
            rules.filter(|(_, rule)| rule.action == Action::Log && rule.strength == Strength::Log);
        for (name, rule) in logs {
            if seen.insert(rule.span) {
                let message = format!("this rule lets `{name}` through, and the kernel logs it");
                scope.report(
                    Diagnostic::note("rule-logs-only", rule.span, message).with_help(
                        "write the action `deny` to stop it, or `notify` to stop and record it",
                    ),
                );
            }
        }
    }
}

/// A note where the policy says nothing but its name: what is allowed then is much.
fn absent(scope: &mut Scope<'_>) {
    const SECTIONS: [&str; 7] = [
        "/syscalls",
        "/filesystem",
        "/network",
        "/resources",
        "/capabilities",
        "/environment",
        "/audit",
    ];
    let place = scope.key("/name");
    if SECTIONS.iter().any(|section| scope.has(section)) {
        return;
    }
    let message = "without a `syscalls` section every call outside of the hardened baseline is allowed, and nothing else limits the program";
    scope.report(Diagnostic::note("syscalls-absent", place, message).with_help(
        "extend a profile, such as `extends: base`, or add `syscalls:` with `allow: [\"@default\"]`",
    ));
}
