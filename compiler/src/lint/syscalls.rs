//! Calls that reach deep into the kernel or into other programs, allowed by name.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, Severity, Subjects, listed};
use crate::ir::syscalls::{Action, CallMeaning, Meaning, Rule, Strength, Test, covers};
use crate::resolve::syscalls::beyond_the_ports;
use crate::source::Span;
use crate::syscalls::constants::{constant, symbolic};
use crate::syscalls::dangers::DANGERS;
use crate::syscalls::{Arch, Beside, guarded};
use std::collections::{BTreeMap, BTreeSet};

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    dangers(scope);
    guarded_values(scope);
    protocols_beside_the_ports(scope);
    set_group_id(scope);
}

/// One finding for a danger, at the first entry that lets one of its calls through.
fn dangers(scope: &mut Scope<'_>) {
    for danger in &DANGERS {
        let mut found: Vec<(&'static str, Span)> = Vec::new();
        for interface in scope.ir.meanings().flat_map(Meaning::interfaces) {
            for call in interface
                .calls
                .values()
                .filter(|call| danger.calls.contains(&call.name))
            {
                if let Some(span) = opened(call)
                    && !found.iter().any(|(name, _)| *name == call.name)
                {
                    found.push((call.name, span));
                }
            }
        }
        found.sort_by_key(|(_, span)| *span);
        let it = if found.len() == 1 { "it" } else { "them" };
        let help = format!("leave {it} out; what is not allowed by name here is denied");
        let each = found
            .into_iter()
            .map(|(name, span)| (name.to_owned(), span));
        let subjects = Subjects {
            each: each.collect(),
            said: ["is", "are"].map(|are| format!("{are} allowed: {}", danger.why)),
            here: "is allowed here",
        };
        let found = Diagnostic::about(Severity::Warning, "dangerous-call-allowed", subjects);
        if let Some(found) = found {
            scope.report(found.with_help(help));
        }
    }
}

/// The bit is for directories, and a filter sees no file types.
fn set_group_id(scope: &mut Scope<'_>) {
    let Some(span) = scope.resolved.set_group_id else {
        return;
    };
    let message = "the program may create set-group-id files, which run with their group for every user of the host";
    scope.report(Diagnostic::note("set-group-id-allowed", span, message).with_help(
        "leave it out, unless a repository with `core.sharedRepository`, `cp -a` or `tar xp` needs it for directories",
    ));
}

/// Socket families and commands for terminals that a plain allow leaves out and a rule lets through
/// (`address_families(7)`, vsock(7), netlink(7), `ioctl_tty(2)`).
const GUARDED: [(&str, &str, &str); 9] = [
    (
        "socket",
        "AF_ALG",
        "flaws in the kernel's ciphers have been exploited",
    ),
    (
        "socket",
        "AF_NETLINK",
        "it configures the network and the packet filter, a large part of the kernel",
    ),
    (
        "socket",
        "AF_PACKET",
        "it reads and writes whole frames, and no rule on ports applies",
    ),
    (
        "socket",
        "AF_VSOCK",
        "it reaches the host of a virtual machine, and no rule on ports applies",
    ),
    (
        "socket",
        "AF_XDP",
        "it receives frames before the packet filter sees them",
    ),
    ("socket", "", "its code is seldom used and seldom tested"),
    (
        "ioctl",
        "TIOCSTI",
        "it types into the terminal that started the sandbox",
    ),
    (
        "ioctl",
        "TIOCLINUX",
        "it types into the console that started the sandbox",
    ),
    (
        "ioctl",
        "TIOCSETD",
        "it has the kernel load line disciplines, whose code is seldom used and seldom tested",
    ),
];

/// One finding for each entry that lets through what a plain allow of the call leaves out, and each reason against it.
fn guarded_values(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    let mut found: BTreeMap<(Span, &str, &str), BTreeSet<String>> = BTreeMap::new();
    for one in ir.meanings().flat_map(Meaning::interfaces) {
        for call in one.calls.values().filter(|call| call.guard.is_some()) {
            let opens = |rule: &&Rule| matches!(rule.action, Action::Allow | Action::Log);
            for (at, rule) in call
                .rules
                .iter()
                .enumerate()
                .filter(|(_, rule)| opens(rule) && rule.strength > Strength::Deny)
            {
                let Some(value) = beyond_guard(one.arch, call, rule) else {
                    continue;
                };
                let stronger = call.rules.get(..at).unwrap_or_default();
                let stopped = stronger
                    .iter()
                    .any(|one| !opens(&one) && covers(&one.conditions, &rule.conditions));
                if stopped {
                    continue;
                }
                let (shown, why) = named_value(one.arch, call.name, value);
                let values = found.entry((rule.span, call.name, why)).or_default();
                values.insert(shown);
            }
        }
    }
    for ((span, call, why), values) in found {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let message = format!("`{call}` with {} is allowed: {why}", listed(&values));
        scope.report(
            Diagnostic::warning("guarded-value-allowed", span, message)
                .with_help("leave it out: a plain allow of the call allows what programs need"),
        );
    }
}

/// One finding for each rule that names a protocol for which a list of ports does not hold
/// (`socket(2)`; Landlock looks at TCP alone).
fn protocols_beside_the_ports(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    if ir.landlock.levels.iter().all(|level| level.net == 0) {
        return;
    }
    let mut reported = BTreeSet::new();
    for one in ir.meanings().flat_map(Meaning::interfaces) {
        for call in one.calls.values().filter(|call| call.name == "socket") {
            for rule in &call.rules {
                let Some(protocol) = beyond_the_ports(rule) else {
                    continue;
                };
                if !reported.insert((rule.span, protocol)) {
                    continue;
                }
                let shown = symbolic(one.arch, "socket", "protocol", protocol)
                    .unwrap_or_else(|| format!("the protocol {protocol}"));
                let message = format!(
                    "`socket` with `{shown}` is allowed: it uses TCP, and the lists of ports do not apply to it"
                );
                scope.report(
                    Diagnostic::warning("guarded-value-allowed", rule.span, message).with_help(
                        "leave it out: programs then use plain TCP, to which the lists apply",
                    ),
                );
            }
        }
    }
}

/// The value of the guarded argument that a rule names and a plain allow leaves out.
fn beyond_guard(arch: Arch, call: &CallMeaning, rule: &Rule) -> Option<u64> {
    let guard = call.guard.as_ref()?;
    // One of the values passes only beside a value of another argument.
    let beside = guarded(arch, call.name).and_then(|guard| guard.beside);
    let is_beside = |beside: &Beside| {
        let mut conditions = rule.conditions.iter();
        conditions.any(|one| one.arg == beside.arg && one.test == Test::Eq(beside.equals))
    };
    let open = beside.filter(|beside| !is_beside(beside));
    rule.conditions
        .iter()
        .filter(|condition| condition.arg == guard.arg)
        .find_map(|condition| {
            let value = match condition.test {
                Test::Eq(value) => value,
                Test::MaskedEq { mask, value } if mask == condition.width => value,
                _ => return None,
            };
            let mut args = [0; 6];
            *args.get_mut(usize::from(guard.arg))? = value;
            let is_open = open.is_some_and(|beside| beside.value == value);
            (is_open || !guard.passes(&args)).then_some(value)
        })
}

/// A guarded value's name for a message, and why it is left out.
fn named_value(arch: Arch, call: &str, value: u64) -> (String, &'static str) {
    let kind = if call == "ioctl" { "ioctl" } else { "socket" };
    let (name, why) = GUARDED
        .into_iter()
        .filter(|(of, ..)| *of == kind)
        .find(|(_, name, _)| name.is_empty() || constant(arch, name) == Some(value))
        .map_or(("", ""), |(_, name, why)| (name, why));
    let argument = if kind == "ioctl" { "cmd" } else { "family" };
    let shown = if name.is_empty() {
        symbolic(arch, "socket", argument, value).unwrap_or_else(|| format!("the family {value}"))
    } else {
        name.to_owned()
    };
    (shown, why)
}

/// The entry or rule that lets a call of the baseline through.
fn opened(call: &CallMeaning) -> Option<Span> {
    let rule = call
        .rules
        .iter()
        .find(|rule| rule.strength >= Strength::Log);
    rule.map(|rule| rule.span)
        .or(call.allowed.filter(|_| call.denied.is_none()))
}
