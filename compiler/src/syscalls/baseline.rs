//! The hardened baseline: calls that agents have no business with, and arguments of two everyday
//! calls that go with them.
//!
//! A call of the baseline is denied unless the policy allows it by name, also when its default is
//! to allow. The list holds what enlarges the kernel's attack surface, reaches into other
//! processes, or administers the host. Nothing in it is needed by shells, coreutils, git, Python,
//! gcc, Go, Rust or Node (whose use of `io_uring` falls back). Debuggers and leak sanitizers need
//! `ptrace`; a policy for them names it. Sources: each call's manual page in section 2.

use super::Arch;

/// One call of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Baseline {
    /// Its name.
    pub name: &'static str,
    /// Why it is there, in a few words.
    pub why: &'static str,
}

/// The baseline's entry for a name.
pub fn baseline(name: &str) -> Option<&'static Baseline> {
    BASELINE.iter().find(|entry| entry.name == name)
}

macro_rules! baseline {
    ($($why:literal: $($name:ident)+;)+) => {
        &[$($(Baseline { name: stringify!($name), why: $why },)+)+]
    };
}

/// The whole list, grouped by reason.
pub const BASELINE: &[Baseline] = baseline! {
    "performs file and network operations that no filter sees": io_uring_setup io_uring_enter io_uring_register;
    "kernel keyrings are not separated by namespaces": add_key keyctl request_key;
    "loads programs into the kernel": bpf;
    "observes the kernel and other processes": perf_event_open lookup_dcookie syslog kcmp;
    "lets a program suspend the kernel during a copy": userfaultfd;
    "starts another kernel": kexec_load kexec_file_load reboot;
    "loads code into the kernel":
        init_module finit_module delete_module create_module query_module get_kernel_syms;
    "changes mounts and the root directory": mount umount umount2 pivot_root chroot;
    "changes mounts, through the newer interface":
        open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr;
    "creates or enters namespaces": setns unshare listns;
    "reads or controls another process":
        ptrace process_vm_readv process_vm_writev pidfd_getfd;
    "opens a file without checking the permissions on its path": open_by_handle_at;
    "watches whole file systems": fanotify_init fanotify_mark;
    "administers storage": swapon swapoff quotactl quotactl_fd acct nfsservctl;
    "sets the host's clock":
        settimeofday clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex stime;
    "sets the name of the host": sethostname setdomainname;
    "hangs up a terminal": vhangup;
    "accesses hardware ports, segments or processor modes":
        iopl ioperm modify_ldt vm86 vm86old pciconfig_read pciconfig_write pciconfig_iobase
        rtas s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr spu_create spu_run
        subpage_prot switch_endian;
    "obsolete; the kernel has at most a stub, or keeps it for old binaries":
        _sysctl uselib sysfs ustat bdflush afs_syscall security tuxcall vserver getpmsg putpmsg
        epoll_ctl_old epoll_wait_old;
    "makes other socket calls, whose arguments a filter cannot see": socketcall;
};

/// The calls that a multiplexing call carries; empty for any other.
pub fn parts_of(name: &str) -> &'static [&'static str] {
    match name {
        "socketcall" => &[
            "socket",
            "bind",
            "connect",
            "listen",
            "accept",
            "accept4",
            "getsockname",
            "getpeername",
            "socketpair",
            "send",
            "sendto",
            "recv",
            "recvfrom",
            "shutdown",
            "setsockopt",
            "getsockopt",
            "sendmsg",
            "recvmsg",
            "recvmmsg",
            "sendmmsg",
        ],
        "ipc" => &[
            "semget",
            "semop",
            "semtimedop",
            "semctl",
            "shmget",
            "shmat",
            "shmdt",
            "shmctl",
            "msgget",
            "msgsnd",
            "msgrcv",
            "msgctl",
        ],
        _ => &[],
    }
}

/// What a plain allow of a call leaves out, by one of its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The argument's position, from 0.
    pub arg: u8,
    /// The constants.
    pub values: Vec<u64>,
    /// Whether only these pass (`true`), or all but these (`false`). On 32 bits: the kernel takes
    /// both arguments that are guarded as `int`.
    pub only: bool,
    /// One of the values passes only beside a value of another argument.
    pub beside: Option<Beside>,
    /// Why.
    pub why: &'static str,
}

/// A value of the guarded argument that passes only where another argument has one value, both on 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beside {
    /// The value of the guarded argument.
    pub value: u64,
    /// The other argument's position, from 0.
    pub arg: u8,
    /// The value that it must have.
    pub equals: u64,
}

/// `AF_NETLINK` (linux/socket.h) with `NETLINK_ROUTE` (linux/netlink.h), by which `getifaddrs(3)` reads the interfaces and
/// their addresses. It shows those of the caller's network namespace, and to change one takes `CAP_NET_ADMIN`
/// (rtnetlink(7)).
const ROUTES: Beside = Beside {
    value: 16,
    arg: 2,
    equals: 0,
};

/// What a plain allow of this call leaves out; `None` for nearly all calls.
///
/// `socket` and `socketpair` are for the unix, inet and inet6 families (1, 2 and 10 in
/// linux/socket.h): the others are rarely used code that anybody may load. `socket` is for netlink too, with one
/// protocol. `ioctl` is without
/// TIOCSTI and TIOCLINUX (`ioctl_tty(2)`), which type into the terminal that one shares with others, and
/// TIOCSETD, for which the kernel loads line disciplines: drivers of modems and radios, seldom used.
pub fn guarded(arch: Arch, name: &str) -> Option<Guarded> {
    match name {
        "socket" => Some(Guarded {
            arg: 0,
            values: vec![1, 2, 10, ROUTES.value],
            only: true,
            beside: Some(ROUTES),
            why: "a plain `socket` is for the unix, inet and inet6 families, and for netlink with NETLINK_ROUTE",
        }),
        "socketpair" => Some(Guarded {
            arg: 0,
            values: vec![1, 2, 10],
            only: true,
            beside: None,
            why: "a plain `socketpair` is for the unix, inet and inet6 families",
        }),
        "ioctl" => Some(Guarded {
            arg: 1,
            values: if arch == Arch::Mips64 {
                vec![0x5472, 0x5483, 0x7401]
            } else {
                vec![0x5412, 0x541C, 0x5423]
            },
            only: false,
            beside: None,
            why: "a plain `ioctl` does not type into terminals (TIOCSTI, TIOCLINUX) or change their line discipline (TIOCSETD)",
        }),
        _ => None,
    }
}
