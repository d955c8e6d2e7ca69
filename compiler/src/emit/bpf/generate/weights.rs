//! How much an instruction on the way to a call costs, in the unit of [`super::tree::SIZE`].
//!
//! Where the kernel knows that a filter allows a number whatever the arguments, it does not run
//! the filter for it (since 5.11, `seccomp_cache_prepare` in kernel/seccomp.c). What a way to such a
//! number costs is paid when the filter is loaded and the kernel follows it for every number, and
//! by older kernels at every call. A call that looks at arguments is paid for at every call, by
//! every kernel.

use super::graph::{Graph, Label, Node};
use crate::emit::bpf::return_value::return_value;
use crate::ir::syscalls::{Action, ArchMeaning};
use crate::syscalls::Arch;

/// A number that is allowed whatever the arguments.
const ALLOWED: u64 = 50;

/// A number that no program is expected to use, or an interface that is there for few programs:
/// the way counts when the filter is loaded.
const RARE: u64 = 1;

/// What lies beyond the known numbers: no way to it is followed when the filter is loaded.
pub(super) const UNKNOWN: u64 = 1;

/// A number with a verdict that depends on arguments, where [`OFTEN`] does not say more.
const CHECKED: u64 = 150;

/// Calls that are made often and that policies look into: how many of 100,000 calls they are,
/// halved. Counted with `strace -f` over a run of gcc, git (commits, log, gc), Python (imports, a
/// subprocess, asyncio), find, tar, grep and a loop of small tools; 51,000 calls.
const OFTEN: &[(&str, u64)] = &[
    ("newfstatat", 8700),
    ("openat", 6800),
    ("close", 5550),
    ("read", 3900),
    ("mmap", 2800),
    ("mmap2", 2800),
    ("rt_sigaction", 1950),
    ("fcntl", 1500),
    ("fcntl64", 1500),
    ("lseek", 1100),
    ("rt_sigprocmask", 650),
    ("write", 600),
    ("mprotect", 500),
    ("execve", 350),
    ("ioctl", 250),
];

/// What an instruction costs on the way to a number that leads to `to`.
pub(super) fn weight(graph: &Graph, one: &ArchMeaning, to: Label, name: &str) -> u64 {
    // The kernel follows no way to a number with the x32 bit.
    if one.arch == Arch::X32 {
        return RARE;
    }
    match graph.get(to) {
        Node::Return(value) if value == return_value(Action::Allow) => ALLOWED,
        Node::Return(_) => RARE,
        Node::Test(_) => OFTEN
            .iter()
            .find(|(often, _)| *often == name)
            .map_or(CHECKED, |(_, weight)| *weight),
    }
}
