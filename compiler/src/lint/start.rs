//! Whether a program can start at all: its first calls, and its loader.
//!
//! What a start needs was found by running programs under filters that deny one of their calls
//! each (Debian 12, glibc 2.36 and musl 1.2, x86-64): the calls below end the start when they fail
//! with EPERM, while `access`, `brk` (static glibc excepted), `munmap`, `prlimit64`, `rseq`,
//! `set_robust_list` and `set_tid_address` may fail and nobody notices. Where a denial kills,
//! each of them ends it. `tests/e2e/start.rs` runs it again.

use super::calls::{Way, way};
use super::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::Action as Mount;
use crate::ir::syscalls::{Action, ArchMeaning, Strength};
use crate::syscalls::Arch;

/// Calls that a dynamically linked program needs before its own first line; of each row, any one.
pub(super) const LOADER: [&[&str]; 10] = [
    &["arch_prctl", "set_thread_area", "set_tls"],
    &["close"],
    &["exit_group"],
    &["fstat", "newfstatat", "fstat64", "fstatat64", "statx"],
    &["mmap", "mmap2"],
    &["mprotect"],
    &["openat", "open"],
    &["pread64"],
    &["read"],
    &["execve"],
];

/// Calls of every start that may fail, but not kill.
pub(super) const ASKED: [&str; 8] = [
    "access",
    "brk",
    "getrandom",
    "munmap",
    "prlimit64",
    "rseq",
    "set_robust_list",
    "set_tid_address",
];

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
    let natives: Vec<&ArchMeaning> = scope.ir.filters.iter().map(|filter| &filter.native).collect();
    for one in natives {
        calls(one, scope);
        loader(one.arch, scope);
    }
}

fn calls(one: &ArchMeaning, scope: &mut Scope<'_>) {
    if way(one, "execve") == Way::Closed {
        let denied = denied(one, "execve");
        let place = denied.unwrap_or_else(|| list(scope));
        let what = if denied.is_some() { "leave this out" } else { "allow `execve`" };
        let help = format!(
            "{what}: the filter is in force when the command is started, and its own programs start the same way"
        );
        let message = "`execve` is denied, so the command cannot start";
        scope.report(Diagnostic::warning("execve-denied", place, message).with_help(help));
        return;
    }
    let missing = missing(one);
    if missing.is_empty() {
        return;
    }
    let kills = one.denial == Action::KillProcess;
    let what = if kills { "is killed when it starts" } else { "cannot start" };
    let message =
        format!("a dynamically linked program {what}: {} {}", listed(&missing), are(&missing));
    let place = missing.iter().find_map(|name| denied(one, name)).unwrap_or_else(|| list(scope));
    let (out, add): (Vec<&str>, Vec<&str>) =
        missing.iter().partition(|name| denied(one, name).is_some());
    let mut help = Vec::new();
    if !out.is_empty() {
        help.push(format!("leave out what denies {}", out.join(", ")));
    }
    if !add.is_empty() {
        help.push(format!("add to `allow`: {}", add.join(", ")));
    }
    help.push("the loader and libc call them before the program's own first line".to_owned());
    let found = Diagnostic::warning("start-calls-denied", place, message);
    scope.report(found.with_help(help.join("; ")));
}

/// The entry or the rule that denies a call, whatever `allow` says.
fn denied(one: &ArchMeaning, name: &str) -> Option<crate::source::Span> {
    let call = crate::lint::calls::named(one, name)?;
    let rule = call.rules.iter().find(|rule| rule.conditions.is_empty());
    let rule = rule.filter(|rule| rule.strength <= Strength::Deny).map(|rule| rule.span);
    rule.or(call.denied)
}

/// What the start of a dynamically linked program calls and this interface denies.
fn missing(one: &ArchMeaning) -> Vec<&'static str> {
    let mut missing: Vec<&'static str> = Vec::new();
    for row in LOADER {
        let known: Vec<_> = row.iter().filter(|name| way(one, name) != Way::Missing).collect();
        if let Some(first) =
            known.first().filter(|_| !known.iter().any(|name| way(one, name).passes()))
        {
            // On x86-64 the loader of glibc 2.33 and later calls newfstatat.
            let preferred = known.iter().find(|name| **name == &"newfstatat");
            missing.push(preferred.unwrap_or(first));
        }
    }
    if one.denial == Action::KillProcess {
        missing.extend(ASKED.iter().filter(|name| way(one, name) == Way::Closed));
    }
    missing.sort_unstable();
    missing
}

const fn are(names: &[&str]) -> &'static str {
    if names.len() == 1 { "is denied" } else { "are denied" }
}

/// The list of allowed calls; the section where there is none.
fn list(scope: &Scope<'_>) -> crate::source::Span {
    match scope.policy.syscalls.as_ref() {
        Some(section) if !section.allow.is_empty() => scope.key("/syscalls/allow"),
        _ => scope.key("/syscalls"),
    }
}

/// The loader's path inside, against what is mounted and linked there.
fn loader(arch: Arch, scope: &mut Scope<'_>) {
    let Some((_, path)) = LOADERS.iter().find(|(known, _)| *known == arch) else { return };
    if scope.policy.filesystem.is_none() || reachable(path, scope) {
        return;
    }
    let place = match scope.policy.filesystem.as_ref() {
        Some(section) if !section.immutable_paths.is_empty() => {
            scope.key("/filesystem/immutable_paths")
        }
        _ => scope.key("/filesystem"),
    };
    let message =
        format!("no path shown holds `{path}`, so no dynamically linked program can start");
    scope.report(Diagnostic::warning("loader-unreachable", place, message).with_help(
        "show `/usr`, which brings the links `/bin`, `/lib` and `/lib64` with it; a static program needs no loader",
    ));
}

/// Whether something of the host, or a link to it, lies at or above a path.
fn reachable(path: &str, scope: &Scope<'_>) -> bool {
    let mut path = path.to_owned();
    // Each link leads out of the root once: /lib64 to usr/lib64.
    for _ in 0..2 {
        let at = |target: &str| {
            path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let step = scope.ir.steps.iter().filter(|step| step.target != "/" && at(&step.target));
        match step.max_by_key(|step| step.target.len()).map(|step| (&step.action, &step.target)) {
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
