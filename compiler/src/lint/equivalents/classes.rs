//! The table of calls that do the same job.

/// Calls of one kind (their pages in section 2 say that they do each other's work). The relation has no direction: each
/// call of a class does the job of each other one. A call that does two jobs is in two classes.
pub(super) struct Class {
    /// The calls that do the job.
    pub(super) calls: &'static [&'static str],
    /// Of these, the calls that are denied by themselves for other reasons, which is no mistake: a filter cannot see their
    /// arguments, and sees those of what is left; or the job is the least of what they do.
    pub(super) apart: &'static [&'static str],
    /// The job.
    pub(super) what: &'static str,
    /// Whether a rule on one has to look at the others too: where they take the same arguments.
    pub(super) rules: bool,
}

impl Class {
    const fn of(what: &'static str, calls: &'static [&'static str]) -> Self {
        Self {
            calls,
            apart: &[],
            what,
            rules: false,
        }
    }

    const fn apart(self, apart: &'static [&'static str]) -> Self {
        Self { apart, ..self }
    }

    const fn with_rules(self) -> Self {
        Self {
            rules: true,
            ..self
        }
    }
}

pub(super) const CLASSES: &[Class] = &[
    Class::of("opens files", &["open", "openat", "creat", "openat2"])
        .apart(&["openat2"])
        .with_rules(),
    Class::of("makes processes", &["fork", "vfork", "clone", "clone3"]).apart(&["clone3"]),
    Class::of("waits for processes", &["wait4", "waitid"]),
    Class::of(
        "sends signals",
        &[
            "kill",
            "tkill",
            "tgkill",
            "pidfd_send_signal",
            "rt_sigqueueinfo",
            "rt_tgsigqueueinfo",
        ],
    )
    .with_rules(),
    Class::of(
        "changes modes",
        &["chmod", "fchmod", "fchmodat", "fchmodat2"],
    )
    .with_rules(),
    Class::of("changes owners", &["chown", "lchown", "fchown", "fchownat"]).with_rules(),
    Class::of("checks permissions", &["access", "faccessat", "faccessat2"]),
    Class::of(
        "reads the state of files",
        &["stat", "lstat", "fstat", "newfstatat", "statx"],
    ),
    Class::of("reads the state of file systems", &["statfs", "fstatfs"]),
    Class::of(
        "reads files",
        &["read", "readv", "pread64", "preadv", "preadv2"],
    )
    .with_rules(),
    Class::of(
        "writes to files",
        &["write", "writev", "pwrite64", "pwritev", "pwritev2"],
    )
    .with_rules(),
    Class::of(
        "copies between descriptors",
        &["sendfile", "splice", "copy_file_range"],
    ),
    Class::of("lists directories", &["getdents", "getdents64"]).with_rules(),
    Class::of("changes the working directory", &["chdir", "fchdir"]),
    Class::of("reads symbolic links", &["readlink", "readlinkat"]),
    Class::of("watches files", &["inotify_init", "inotify_init1"]),
    Class::of("renames files", &["rename", "renameat", "renameat2"]),
    Class::of("removes files", &["unlink", "unlinkat"]),
    Class::of("removes directories", &["rmdir", "unlinkat"]),
    Class::of("makes links", &["link", "linkat"]),
    Class::of("makes symbolic links", &["symlink", "symlinkat"]),
    Class::of("makes directories", &["mkdir", "mkdirat"]),
    Class::of("makes special files", &["mknod", "mknodat"]).with_rules(),
    Class::of("cuts files off", &["truncate", "ftruncate"]),
    Class::of("makes copies of descriptors", &["dup", "dup2", "dup3"]),
    Class::of("makes pipes", &["pipe", "pipe2"]),
    Class::of("makes event descriptors", &["eventfd", "eventfd2"]),
    Class::of("makes signal descriptors", &["signalfd", "signalfd4"]),
    Class::of(
        "makes epoll descriptors",
        &["epoll_create", "epoll_create1"],
    ),
    Class::of(
        "waits for epoll events",
        &["epoll_wait", "epoll_pwait", "epoll_pwait2"],
    ),
    Class::of(
        "waits for descriptors",
        &["poll", "ppoll", "select", "pselect6"],
    ),
    Class::of("starts programs", &["execve", "execveat"]),
    Class::of("accepts connections", &["accept", "accept4"]),
    // By MSG_FASTOPEN, and on sockets of datagrams (sendto(2), tcp(7)).
    Class::of(
        "reaches other sockets",
        &["connect", "sendto", "sendmsg", "sendmmsg"],
    )
    .apart(&["sendto", "sendmsg", "sendmmsg"]),
    Class::of("sends datagrams", &["sendto", "sendmsg", "sendmmsg"]),
    Class::of("receives datagrams", &["recvfrom", "recvmsg", "recvmmsg"]),
    Class::of(
        "reads the memory of other processes",
        &["ptrace", "process_vm_readv"],
    ),
    Class::of(
        "writes to the memory of other processes",
        &["ptrace", "process_vm_writev"],
    ),
    Class::of(
        "takes descriptors of other processes",
        &["ptrace", "pidfd_getfd"],
    ),
    Class::of(
        "mounts",
        &[
            "mount",
            "move_mount",
            "fsmount",
            "open_tree",
            "open_tree_attr",
        ],
    ),
    // By `MS_REMOUNT` and `MS_BIND`; fsconfig(2) by FSCONFIG_CMD_RECONFIGURE.
    Class::of(
        "changes mounts",
        &["mount", "mount_setattr", "open_tree_attr", "fsconfig"],
    )
    .apart(&["fsconfig"]),
    Class::of(
        "changes the user",
        &["setuid", "setreuid", "setresuid", "setfsuid"],
    ),
    Class::of(
        "changes the group",
        &["setgid", "setregid", "setresgid", "setfsgid"],
    ),
    Class::of("changes the root", &["chroot", "pivot_root"]),
    Class::of("changes limits", &["setrlimit", "prlimit64"]),
    Class::of("reads limits", &["getrlimit", "prlimit64"]),
    Class::of("starts another kernel", &["kexec_load", "kexec_file_load"]),
    Class::of("loads modules", &["init_module", "finit_module"]),
    Class::of("administers quotas", &["quotactl", "quotactl_fd"]),
    Class::of(
        "sets the clock",
        &["settimeofday", "clock_settime", "adjtimex", "clock_adjtime"],
    ),
    Class::of(
        "sets timers",
        &["alarm", "setitimer", "timer_create", "timerfd_create"],
    ),
    Class::of("sleeps", &["nanosleep", "clock_nanosleep"]),
    Class::of(
        "sets extended attributes",
        &["setxattr", "lsetxattr", "fsetxattr", "setxattrat"],
    ),
    Class::of(
        "reads extended attributes",
        &["getxattr", "lgetxattr", "fgetxattr", "getxattrat"],
    ),
    Class::of(
        "lists extended attributes",
        &["listxattr", "llistxattr", "flistxattr", "listxattrat"],
    ),
    Class::of(
        "removes extended attributes",
        &[
            "removexattr",
            "lremovexattr",
            "fremovexattr",
            "removexattrat",
        ],
    ),
    Class::of(
        "sets times of files",
        &["utime", "utimes", "utimensat", "futimesat"],
    ),
    Class::of(
        "changes the scheduling",
        &["sched_setscheduler", "sched_setattr", "sched_setparam"],
    ),
    Class::of("changes priorities", &["setpriority", "sched_setattr"]),
    Class::of(
        "moves pages of other processes",
        &["migrate_pages", "move_pages"],
    ),
    Class::of("locks memory", &["mlock", "mlock2", "mlockall"]),
    Class::of("waits for futexes", &["futex", "futex_wait", "futex_waitv"]),
    Class::of("wakes waiters of futexes", &["futex", "futex_wake"]),
    // Segments by SHM_EXEC (shmop(2)).
    Class::of(
        "makes memory executable",
        &["mmap", "mprotect", "pkey_mprotect", "shmat"],
    )
    .apart(&["shmat"])
    .with_rules(),
];
