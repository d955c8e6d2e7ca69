//! What the host says of itself: settings, files, and the interfaces that its kernel has.

use super::child::ask;
use super::report::{Check, State};
use nix::unistd::{AccessFlags, User, access, geteuid};
use purple_core::cache;
#[cfg(target_arch = "x86_64")]
use purple_host::sys;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A setting of the kernel; `None` where it has none or does not say.
fn setting(name: &str) -> Option<String> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// What lets an ordinary user have user namespaces, as far as the host's settings tell.
pub(super) fn user_namespaces_fix() -> String {
    let is = |name: &str, value: &str| setting(name).as_deref() == Some(value);
    if is("kernel.unprivileged_userns_clone", "0") && !geteuid().is_root() {
        return "sysctl -w kernel.unprivileged_userns_clone=1".to_owned();
    }
    if is("user.max_user_namespaces", "0") {
        return "sysctl -w user.max_user_namespaces=15000".to_owned();
    }
    if is("kernel.apparmor_restrict_unprivileged_userns", "1") && !geteuid().is_root() {
        return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for purple-exec"
            .to_owned();
    }
    if !Path::new("/proc/self/uid_map").exists() {
        return "mount -t proc proc /proc; where it is there, a kernel with CONFIG_USER_NS"
            .to_owned();
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let filtered = status
        .lines()
        .any(|line| line.starts_with("Seccomp:") && line.ends_with('2'));
    if filtered {
        return "a filter is in force over this shell: docker run --security-opt seccomp=unconfined, or a profile that lets unshare(2), clone3(2) and mount calls through"
            .to_owned();
    }
    "start it outside of a chroot(2), on a kernel with CONFIG_USER_NS, where no security module denies it".to_owned()
}

/// Whether /proc is there, and shows the processes as this one sees them: ids are mapped through it.
pub(super) fn processes(checks: &mut Vec<Check>) {
    const THIS: (&str, &str, &str) = (
        "host-proc",
        "host",
        "ids cannot be mapped, and settings cannot be read",
    );
    let found = match fs::read_link("/proc/self") {
        Err(error) => Err(format!("/proc/self: {error}")),
        Ok(link) if link == Path::new(&std::process::id().to_string()) => Ok(String::new()),
        Ok(_) => Err("/proc shows another process namespace than this one".to_owned()),
    };
    checks.push(Check::new(THIS, found, || {
        "mount -t proc proc /proc".to_owned()
    }));
}

/// The system call interfaces whose programs the kernel runs, by name.
pub(super) fn architectures(machine: &str) -> BTreeSet<String> {
    let native = machine.parse::<purplec::syscalls::Arch>().ok();
    let mut all: BTreeSet<String> = native.iter().map(|arch| arch.name().to_owned()).collect();
    #[cfg(target_arch = "x86_64")]
    for (name, call) in [
        ("x86", sys::x86 as fn() -> nix::Result<()>),
        ("x32", sys::x32),
    ] {
        let tried = ask(|notes| {
            notes.say("a call", &call());
        });
        if tried.of("a call").is_ok() {
            all.insert(name.to_owned());
        }
    }
    all
}

/// What is good to know, and nothing goes without.
pub(super) fn look(checks: &mut Vec<Check>) {
    checks.push(tracing());
    checks.push(subordinate());
    checks.push(kept_plans());
}

fn tracing() -> Check {
    const THIS: (&str, &str, &str) = (
        "yama",
        "host",
        "programs of one user outside of sandboxes can read each other's memory",
    );
    let found = setting("kernel.yama.ptrace_scope");
    let check = Check::new(THIS, Ok(String::new()), String::new).optional();
    match found.as_deref() {
        None => check
            .found("the kernel has no Yama; sandboxes do not need it")
            .is(
                State::Degraded,
                "add `yama` to `lsm=` on the kernel's command line",
            ),
        Some("0") => check
            .found("ptrace_scope is 0")
            .is(State::Degraded, "sysctl -w kernel.yama.ptrace_scope=1"),
        Some(scope) => check.found(format!("ptrace_scope is {scope}")),
    }
}

fn subordinate() -> Check {
    const THIS: (&str, &str, &str) = (
        "subordinate-ids",
        "identity",
        "with `--subordinate-ids` a sandbox runs under the first of them, and cannot read what only this user may",
    );
    let check = Check::new(THIS, Ok(String::new()), String::new).optional();
    let name = User::from_uid(geteuid())
        .ok()
        .flatten()
        .map(|user| user.name);
    let uid = geteuid().to_string();
    let listed = |file: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split(':').next().map(str::to_owned))
            .any(|owner| owner == uid || Some(&owner) == name.as_ref())
    };
    let helpers = ["newuidmap", "newgidmap"].map(|name| Path::new("/usr/bin").join(name));
    match (
        listed("/etc/subuid") && listed("/etc/subgid"),
        helpers.iter().all(|path| path.exists()),
    ) {
        _ if geteuid().is_root() => check.found("not for root, which has `--outside-id`"),
        (true, true) => check.found("there are some"),
        (true, false) => check.found("no newuidmap: the package `uidmap` has it; not needed"),
        (false, _) => check.found("none; not needed"),
    }
}

fn kept_plans() -> Check {
    const THIS: (&str, &str, &str) = (
        "kept-plans",
        "start",
        "each run compiles its policy again, which takes some milliseconds",
    );
    let check = Check::new(THIS, Ok(String::new()), String::new).optional();
    let Some(directory) = cache::directory() else {
        return check.found("HOME names no directory").is(
            State::Degraded,
            "set HOME or XDG_CACHE_HOME to an absolute path",
        );
    };
    // The nearest directory that is there: nothing is made here.
    let there = directory
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    if access(there, AccessFlags::W_OK | AccessFlags::X_OK).is_ok() {
        return check.found("can be written");
    }
    check
        .found(format!("{} cannot be written", there.display()))
        .is(
            State::Degraded,
            "set XDG_CACHE_HOME to a directory of this user's",
        )
}
