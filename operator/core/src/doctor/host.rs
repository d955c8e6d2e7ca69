//! What the host says of itself: settings, files, and the interfaces that its kernel has.

use super::report::{Check, CheckResult, Subject};
use crate::trust;
use purple_host::path::shown;
use purple_host::probe::interfaces;
use purple_host::settings::{proc_is_of_this_namespace, sysctl};
use purple_host::{files, users};
use std::collections::BTreeSet;
use std::path::Path;

const HOST_PROC: Subject = Subject {
    id: "host-proc",
    layer: "host",
    why: "ids cannot be mapped, and settings cannot be read",
};
const YAMA: Subject = Subject {
    id: "yama",
    layer: "host",
    why: "programs of one user outside of sandboxes can read each other's memory",
};
const SUBORDINATE_IDS: Subject = Subject {
    id: "subordinate-ids",
    layer: "identity",
    why: "with `--subordinate-ids` a sandbox runs under the first of them, and cannot read what only this user may",
};
const STATE: Subject = Subject {
    id: "state",
    layer: "start",
    why: "each run compiles its policy again, which takes some milliseconds",
};

/// Whether /proc is there, and shows the processes as this one sees them: ids are mapped through it.
pub(super) fn check_proc(checks: &mut Vec<Check>) {
    let missing = |found| CheckResult::Missing {
        found,
        fix: "mount -t proc proc /proc".to_owned(),
    };
    let result = match proc_is_of_this_namespace() {
        Err(error) => missing(error.to_string()),
        Ok(true) => CheckResult::ok(),
        Ok(false) => missing("/proc shows another process namespace than this one".to_owned()),
    };
    checks.push(Check::required(HOST_PROC, result));
}

/// The system call interfaces whose programs the kernel runs, by name.
pub(super) fn architectures(machine: &str) -> BTreeSet<String> {
    let native = machine.parse::<purplec::syscalls::Arch>().ok();
    let native = native.map(purplec::syscalls::Arch::name);
    let all = native.into_iter().chain(interfaces::foreign());
    all.map(str::to_owned).collect()
}

/// What is good to know, and no run needs.
pub(super) fn check_settings(checks: &mut Vec<Check>) {
    checks.push(Check::optional(YAMA, yama()));
    checks.push(Check::optional(SUBORDINATE_IDS, subordinate_ids()));
    checks.push(Check::optional(STATE, state()));
}

fn degraded(found: impl Into<String>, fix: &str) -> CheckResult {
    CheckResult::Degraded {
        found: found.into(),
        fix: fix.to_owned(),
    }
}

fn yama() -> CheckResult {
    match sysctl("kernel.yama.ptrace_scope").as_deref() {
        None => degraded(
            "the kernel has no Yama; sandboxes do not need it",
            "add `yama` to `lsm=` on the kernel's command line",
        ),
        Some("0") => degraded("ptrace_scope is 0", "sysctl -w kernel.yama.ptrace_scope=1"),
        Some(scope) => CheckResult::Ok(format!("ptrace_scope is {scope}")),
    }
}

fn subordinate_ids() -> CheckResult {
    let found = match (users::has_subordinate_ids(), users::has_id_map_helpers()) {
        _ if users::is_root() => "not for root, which has `--outside-id`",
        (true, true) => "there are some",
        (true, false) => "no newuidmap: the package `uidmap` has it; not needed",
        (false, _) => "none; not needed",
    };
    CheckResult::Ok(found.to_owned())
}

fn state() -> CheckResult {
    let Ok(directory) = trust::state_directory() else {
        return degraded(
            "HOME is not a directory",
            "set HOME or XDG_STATE_HOME to an absolute path",
        );
    };
    // The nearest directory that exists: nothing is made here.
    let existing = directory
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    if files::may_create_in(existing) {
        return CheckResult::Ok("can be written".to_owned());
    }
    degraded(
        format!("{} cannot be written", shown(existing)),
        "set XDG_STATE_HOME to a directory of this user's",
    )
}
