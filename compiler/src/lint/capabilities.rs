//! Capabilities that do nothing here, that nothing can use, or that undo other layers.

use super::calls::access;
use super::scope::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::Action;
use crate::ir::syscalls::Meaning;
use crate::resolve::{CAPABILITIES, Placed};
use crate::source::Span;

/// Capabilities that the kernel asks for in the first user namespace only, where a confined program
/// never is (`user_namespaces(7)`; `capable()` in the kernel's sources).
const WITHOUT_EFFECT: [&str; 18] = [
    "CAP_AUDIT_CONTROL",
    "CAP_AUDIT_READ",
    "CAP_AUDIT_WRITE",
    "CAP_BLOCK_SUSPEND",
    "CAP_BPF",
    "CAP_LINUX_IMMUTABLE",
    "CAP_MAC_ADMIN",
    "CAP_MAC_OVERRIDE",
    "CAP_MKNOD",
    "CAP_NET_BROADCAST",
    "CAP_PERFMON",
    "CAP_SYSLOG",
    "CAP_SYS_BOOT",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_WAKE_ALARM",
];

/// The calls that a capability is for: with none of them it is of no use (capabilities(7)). One
/// that is missing here serves calls that every program makes.
const CALLS: [(&str, &[&str]); 16] = [
    ("CAP_CHOWN", &["chown", "fchown", "fchownat", "lchown"]),
    (
        "CAP_FOWNER",
        &[
            "chmod",
            "fchmod",
            "fchmodat",
            "fchmodat2",
            "utimensat",
            "setxattr",
            "unlink",
            "unlinkat",
        ],
    ),
    (
        "CAP_FSETID",
        &[
            "chmod",
            "fchmod",
            "fchmodat",
            "fchmodat2",
            "write",
            "truncate",
        ],
    ),
    (
        "CAP_KILL",
        &[
            "kill",
            "tkill",
            "tgkill",
            "pidfd_send_signal",
            "rt_sigqueueinfo",
            "rt_tgsigqueueinfo",
            "ioctl",
        ],
    ),
    (
        "CAP_SETGID",
        &[
            "setgid",
            "setregid",
            "setresgid",
            "setfsgid",
            "setgroups",
            "write",
            "sendmsg",
        ],
    ),
    (
        "CAP_SETUID",
        &[
            "setuid",
            "setreuid",
            "setresuid",
            "setfsuid",
            "write",
            "sendmsg",
        ],
    ),
    ("CAP_SETPCAP", &["capset", "prctl"]),
    (
        "CAP_SETFCAP",
        &["setxattr", "lsetxattr", "fsetxattr", "setxattrat", "write"],
    ),
    ("CAP_NET_BIND_SERVICE", &["bind"]),
    ("CAP_NET_ADMIN", &["socket", "ioctl", "setsockopt"]),
    ("CAP_NET_RAW", &["socket", "setsockopt"]),
    (
        "CAP_IPC_LOCK",
        &[
            "mlock",
            "mlock2",
            "mlockall",
            "mmap",
            "shmctl",
            "memfd_create",
        ],
    ),
    (
        "CAP_IPC_OWNER",
        &[
            "msgctl", "msgget", "msgsnd", "msgrcv", "semctl", "semget", "semop", "shmat", "shmctl",
            "shmget", "ipc",
        ],
    ),
    ("CAP_SYS_CHROOT", &["chroot", "setns"]),
    (
        "CAP_SYS_PTRACE",
        &[
            "ptrace",
            "process_vm_readv",
            "process_vm_writev",
            "pidfd_getfd",
            "kcmp",
            "openat",
            "openat2",
            "open",
        ],
    ),
    ("CAP_LEASE", &["fcntl", "fcntl64"]),
];

/// Capabilities that hold in the namespaces of a program's own and are dangerous there.
const DANGERS: [(&str, &str); 4] = [
    (
        "CAP_NET_ADMIN",
        "it opens the packet filter, routing and traffic control to the program: a large part of the kernel, in \
         which exploitable flaws are found every year",
    ),
    (
        "CAP_SYS_PTRACE",
        "every program inside can read and control every other one, of any user",
    ),
    (
        "CAP_DAC_OVERRIDE",
        "permissions of files that belong to the sandbox's user do not keep the program from reading and changing them",
    ),
    (
        "CAP_DAC_READ_SEARCH",
        "permissions of files that belong to the sandbox's user do not keep the program from reading them",
    ),
];

/// Whether a capability does nothing in a sandbox.
pub fn without_effect(name: &str) -> bool {
    WITHOUT_EFFECT.contains(&name)
}

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    let kept = &resolved.capabilities;
    if let Some(place) = kept.undropped {
        undropped(place, scope);
    }
    let named = |one: &&Placed<usize>| kept.undropped != Some(one.span);
    for &Placed { value, span: place } in kept.numbers.iter().filter(named) {
        let Some(&name) = CAPABILITIES.get(value) else {
            continue;
        };
        if without_effect(name) {
            let message = format!(
                "`{name}` has no effect: the kernel requires it in the host's user namespace"
            );
            scope.report(
                Diagnostic::warning("capability-without-effect", place, message)
                    .with_help("leave it out: it cannot be granted to a confined program"),
            );
        } else if name == "CAP_SYS_ADMIN" {
            sys_admin(place, scope);
        } else if !usable(name, scope) {
            let calls = CALLS
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(&[][..], |found| found.1);
            let message = format!("no allowed call can use `{name}`");
            scope.report(
                Diagnostic::warning("capability-unusable", place, message).with_help(format!(
                    "leave it out, or allow a call that needs it: {}",
                    listed(calls)
                )),
            );
        } else if let Some((_, why)) = DANGERS.iter().find(|(known, _)| *known == name) {
            scope.report(
                Diagnostic::warning(
                    "capability-dangerous",
                    place,
                    format!("`{name}` is dangerous: {why}"),
                )
                .with_help("leave it out unless the program does not work without it"),
            );
        }
    }
}

/// One finding for all that `default_drop: false` keeps.
fn undropped(place: Span, scope: &mut Scope<'_>) {
    let kept = scope.resolved.capabilities.numbers.iter();
    let kept = kept.filter(|one| one.span == place);
    let names: Vec<&str> = kept
        .filter_map(|one| CAPABILITIES.get(one.value).copied())
        .collect();
    let message = format!(
        "`default_drop: false` keeps {} capabilities that `drop` does not name{}",
        names.len(),
        if names.contains(&"CAP_SYS_ADMIN") {
            ", `CAP_SYS_ADMIN` among them"
        } else {
            ""
        }
    );
    scope.report(
        Diagnostic::warning("capabilities-not-dropped", place, message).with_help(
            "leave it out, and name under `add` the capabilities that the program needs",
        ),
    );
}

fn usable(name: &str, scope: &Scope<'_>) -> bool {
    let Some((_, calls)) = CALLS.iter().find(|(known, _)| *known == name) else {
        return true;
    };
    let interfaces = scope.ir.meanings().flat_map(Meaning::interfaces);
    interfaces
        .into_iter()
        .any(|one| calls.iter().any(|call| access(one, call).passes()))
}

fn sys_admin(place: Span, scope: &mut Scope<'_>) {
    let read_only = scope.ir.steps.iter().find(|step| {
        matches!(step.action, Action::Bind { .. })
            && step.attributes.read_only
            && !step.target.starts_with("/dev/")
    });
    let one = scope.ir.meanings().next().map(|one| &one.native);
    let open = |names: [&'static str; 4]| {
        let passes = |name: &&str| one.is_some_and(|one| access(one, name).passes());
        names
            .into_iter()
            .filter(|name| passes(name))
            .collect::<Vec<_>>()
    };
    let mounts = open(["mount", "move_mount", "fsmount", "mount_setattr"]);
    let (help, span) = (
        "leave it out: it opens more of the kernel than all others together",
        read_only.and_then(|step| step.span),
    );
    let message = if mounts.is_empty() {
        "`CAP_SYS_ADMIN` is granted: only the filter keeps the program from mounting over the read-only paths".to_owned()
    } else {
        format!(
            "`CAP_SYS_ADMIN` is granted and {} allowed: a program can mount its own files over the read-only \
             paths, for every process that it starts",
            if mounts.len() == 1 {
                format!("{} is", listed(&mounts))
            } else {
                format!("{} are", listed(&mounts))
            },
        )
    };
    let mut found =
        Diagnostic::warning("sys-admin-beside-read-only", place, message).with_help(help);
    if let Some(span) = span {
        found = found.with_related(span, "read-only here");
    }
    scope.report(found);
}
