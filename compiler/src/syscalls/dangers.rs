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
        why: "one program inside can read and steer every other one there, and take its files",
    },
    Danger {
        calls: &["bpf"],
        why: "programs loaded into the kernel have been a way to take it over again and again",
    },
    Danger {
        calls: &["perf_event_open"],
        why: "it shows what other programs and the kernel do, and has been a way into the kernel",
    },
    Danger {
        calls: &["userfaultfd"],
        why: "it holds the kernel in the middle of a copy, which makes its races easy to win",
    },
    Danger {
        calls: &["add_key", "keyctl", "request_key"],
        why: "keyrings are shared with the host's programs of the same user",
    },
    Danger {
        calls: &["kexec_load", "kexec_file_load", "reboot"],
        why: "another kernel is started that way, or this one stopped; no confined program has a use for it",
    },
    Danger {
        calls: &["init_module", "finit_module", "delete_module"],
        why: "code is loaded into the kernel that way, or taken out; no confined program has a use for it",
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
        why: "whoever may mount changes what every path stands for, the read-only ones included",
    },
    Danger {
        calls: &["unshare", "setns"],
        why: "in a namespace of its own a program may hold every capability, and reaches much more of the kernel",
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
        why: "paths are gone around, whole file systems watched or seldom tested parts of the kernel opened that way",
    },
];

/// Whether allowing a call is reported with a code of its own, and not among the others of the
/// baseline.
pub(crate) fn has_finding_of_its_own(name: &str) -> bool {
    name.starts_with("io_uring_") || DANGERS.iter().any(|danger| danger.calls.contains(&name))
}
