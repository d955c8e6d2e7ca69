//! Calls of the baseline that reach deep into the kernel or into other programs.

/// A kind of danger: the calls, and what can happen.
pub(crate) struct Danger {
    pub(crate) calls: &'static [&'static str],
    pub(crate) why: &'static str,
}

/// The calls of the baseline with a finding of their own (each call's page in section 2; the
/// kernel's faults behind most published escapes from containers are in these).
pub(crate) const DANGERS: [Danger; 10] = [
    Danger {
        calls: &[
            "ptrace",
            "process_vm_readv",
            "process_vm_writev",
            "pidfd_getfd",
        ],
        why: "a program inside can read and control every other one there, and take its open files",
    },
    Danger {
        calls: &["bpf"],
        why: "flaws in the loading of such programs have been exploited many times to take over the kernel",
    },
    Danger {
        calls: &["perf_event_open"],
        why: "it shows what other programs and the kernel do, and its flaws have been exploited",
    },
    Danger {
        calls: &["userfaultfd"],
        why: "it suspends the kernel during a copy, which makes races in the kernel easy to exploit",
    },
    Danger {
        calls: &["add_key", "keyctl", "request_key"],
        why: "keyrings are shared with the host's programs of the same user",
    },
    Danger {
        calls: &["kexec_load", "kexec_file_load", "reboot"],
        why: "it starts another kernel, or stops this one; no confined program needs it",
    },
    Danger {
        calls: &["init_module", "finit_module", "delete_module"],
        why: "it loads code into the kernel, or removes it; no confined program needs it",
    },
    Danger {
        calls: &[
            "mount",
            "umount2",
            "move_mount",
            "open_tree",
            "fsopen",
            "fsconfig",
            "fsmount",
            "fspick",
            "mount_setattr",
            "pivot_root",
        ],
        why: "a program that may mount can replace every path, including read-only ones",
    },
    Danger {
        calls: &["unshare", "setns"],
        why: "in its own user namespace a program may have every capability, and can reach much more of the kernel",
    },
    Danger {
        calls: &[
            "open_by_handle_at",
            "fanotify_init",
            "iopl",
            "ioperm",
            "modify_ldt",
            "uselib",
        ],
        why: "it bypasses paths, watches whole file systems or uses seldom tested parts of the kernel",
    },
];

/// Whether allowing a call is reported with a code of its own, and not among the others of the
/// baseline.
pub(crate) fn has_finding_of_its_own(name: &str) -> bool {
    name.starts_with("io_uring_") || DANGERS.iter().any(|danger| danger.calls.contains(&name))
}
