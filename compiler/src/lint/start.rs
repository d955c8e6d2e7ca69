//! Whether a program can start at all: its first calls, and its loader.
//!
//! What a start needs was found by running programs under filters that deny one of their calls
//! each (Debian 12, glibc 2.36 and musl 1.2, x86-64): the calls below end the start when they fail
//! with EPERM, while `access`, `brk` (static glibc excepted), `munmap`, `prlimit64`, `rseq`,
//! `set_robust_list` and `set_tid_address` may fail and nobody notices. Where a denial kills,
//! each of them ends it.

mod first;

use super::calls::{Access, access, named};
use super::scope::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::Action as Mount;
use crate::ir::syscalls::{Action, ArchMeaning, Strength};
use crate::source::Span;
use crate::syscalls::Arch;
use first::{ASKED, GLIBC, MUSL, Step, Stopped, stopped};
use std::collections::BTreeSet;

/// Where the loader of an architecture is looked for (the `PT_INTERP` of its programs).
const LOADERS: [(Arch, &str); 8] = [
    (Arch::X86_64, "/lib64/ld-linux-x86-64.so.2"),
    (Arch::Aarch64, "/lib/ld-linux-aarch64.so.1"),
    (Arch::Arm, "/lib/ld-linux-armhf.so.3"),
    (Arch::Riscv64, "/lib/ld-linux-riscv64-lp64d.so.1"),
    (Arch::Ppc64le, "/lib64/ld64.so.2"),
    (Arch::S390x, "/lib/ld64.so.1"),
    (Arch::Loongarch64, "/lib64/ld-linux-loongarch-lp64d.so.1"),
    (Arch::Mips64, "/lib64/ld.so.1"),
];

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let natives: Vec<&ArchMeaning> = scope.ir.meanings().map(|filter| &filter.native).collect();
    for one in natives {
        calls(one, scope);
        loader(one.arch, scope);
    }
}

fn calls(one: &ArchMeaning, scope: &mut Scope<'_>) {
    if access(one, "execve") == Access::Denied {
        let denied = denied(one, "execve");
        let place = denied.unwrap_or_else(|| list(scope));
        let what = if denied.is_some() {
            "leave this out"
        } else {
            "allow `execve`"
        };
        let help = format!(
            "{what}: the filter is in force when the command is started, and its own programs start the same way"
        );
        let message = "`execve` is denied, so the command cannot start";
        scope.report(Diagnostic::warning("execve-denied", place, message).with_help(help));
        return;
    }
    let missing = lacking(one, GLIBC);
    let Some(cause) = missing
        .iter()
        .find(|stopped| stopped.is_written)
        .or(missing.first())
    else {
        return;
    };
    let place = if cause.is_written {
        cause.verdict.origin
    } else {
        None
    };
    let kills = one.denial == Action::KillProcess || kills(cause.verdict.action);
    let what = if kills {
        "is killed when it starts"
    } else {
        "cannot start"
    };
    let program = if lacking(one, MUSL).is_empty() {
        "a program that is linked to glibc"
    } else {
        "a dynamically linked program"
    };
    let shown: Vec<&str> = missing
        .iter()
        .map(|one| one.shown.as_deref().unwrap_or(one.name))
        .collect();
    let message = format!("{program} {what}: {} {}", listed(&shown), are(&shown));
    let place = place.unwrap_or_else(|| list(scope));
    let found = Diagnostic::warning("start-calls-denied", place, message);
    scope.report(found.with_help(remedy(&missing)));
}

/// What to write, so that nothing is missing.
fn remedy(missing: &[Stopped]) -> String {
    let named = |wanted: fn(&Stopped) -> bool| {
        let names: BTreeSet<&str> = missing
            .iter()
            .filter(|one| wanted(one))
            .map(|one| one.name)
            .collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let parts = [
        (
            named(|one| one.shown.is_some()),
            "write conditions that hold for what a start calls: ",
        ),
        (
            named(|one| one.shown.is_none() && one.is_written),
            "leave out what denies ",
        ),
        (
            named(|one| one.shown.is_none() && !one.is_written),
            "add to `allow`: ",
        ),
    ];
    let mut help: Vec<String> = parts
        .into_iter()
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, what)| format!("{what}{names}"))
        .collect();
    help.push("the loader and libc call them before the program's own first line".to_owned());
    help.join("; ")
}

/// The entry or the rule that denies a call, whatever `allow` says.
fn denied(one: &ArchMeaning, name: &str) -> Option<Span> {
    let call = named(one, name)?;
    let rule = call.rules.iter().find(|rule| rule.conditions.is_empty());
    let rule = rule
        .filter(|rule| rule.strength <= Strength::Deny && rule.span != one.default.span)
        .map(|rule| rule.span);
    rule.or(call.denied)
}

/// What of a start this interface stops, by name; each call once.
fn lacking(one: &ArchMeaning, steps: &[Step]) -> Vec<Stopped> {
    let needed = steps.iter().filter_map(|step| stopped(one, step, false));
    let asked = ASKED.iter().filter_map(|step| stopped(one, step, true));
    let mut missing: Vec<Stopped> = needed.chain(asked).collect();
    missing.sort_by_key(|stopped| stopped.name);
    missing.dedup_by_key(|stopped| stopped.name);
    missing
}

const fn kills(action: Action) -> bool {
    matches!(
        action,
        Action::Trap | Action::KillThread | Action::KillProcess
    )
}

const fn are(names: &[&str]) -> &'static str {
    if names.len() == 1 {
        "is denied"
    } else {
        "are denied"
    }
}

/// The list of allowed calls; the section where there is none.
fn list(scope: &Scope<'_>) -> Span {
    scope
        .resolved
        .allow_list
        .unwrap_or_else(|| scope.key("/syscalls"))
}

/// The loader's path inside, against what is mounted and linked there.
fn loader(arch: Arch, scope: &mut Scope<'_>) {
    let Some((_, path)) = LOADERS.iter().find(|(known, _)| *known == arch) else {
        return;
    };
    let filesystem = &scope.resolved.filesystem;
    // Programs of a store (NixOS, Guix) name a loader that lies there.
    let is_reachable = |path: &&str| reachable(path, scope);
    if !filesystem.is_written || [*path, "/nix/store", "/gnu/store"].iter().any(is_reachable) {
        return;
    }
    let place = scope.key(if filesystem.immutable.is_empty() {
        "/filesystem"
    } else {
        "/filesystem/immutable_paths"
    });
    let message =
        format!("no path shown holds `{path}`, so no dynamically linked program can start");
    scope.report(Diagnostic::warning("loader-unreachable", place, message).with_help(
        "show `/usr`, which also creates the links `/bin`, `/lib` and `/lib64`; a static program needs no loader",
    ));
}

/// Whether something of the host, or a link to it, lies at or above a path.
fn reachable(path: &str, scope: &Scope<'_>) -> bool {
    let mut path = path.to_owned();
    // Each link leads out of the root once: /lib64 to usr/lib64.
    for _ in 0..2 {
        let at = |target: &str| {
            path.strip_prefix(target)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let step = scope
            .ir
            .steps
            .iter()
            .filter(|step| step.target != "/" && at(&step.target));
        match step
            .max_by_key(|step| step.target.len())
            .map(|step| (&step.action, &step.target))
        {
            Some((Mount::Bind { .. }, _)) => return true,
            Some((Mount::Symlink(to), target)) => {
                let rest = path.get(target.len()..).unwrap_or_default();
                path = format!("/{to}{rest}");
            }
            _ => return false,
        }
    }
    false
}
