//! clone3(2) and unshare(2): new processes, and new namespaces for this one.
#![expect(
    unsafe_code,
    reason = "clone3 takes a pointer to a structure and returns twice"
)]

use crate::architecture::numbers;
use crate::call::{address_of, call};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::process::Pid;

/// `CLONE_FILES` (linux/sched.h): the new process shares the table of file descriptors until it
/// executes a program, which gets a table of its own (execve(2)).
pub const SHARE_DESCRIPTORS: u64 = 0x400;
/// `CLONE_NEWCGROUP`.
pub const NEW_CGROUP: u64 = 0x0200_0000;
/// `CLONE_NEWUSER`.
pub const NEW_USER: u64 = 0x1000_0000;
/// `CLONE_INTO_CGROUP`.
const INTO_CGROUP: u64 = 1 << 33;

/// The signal that a parent gets when such a child ends: `SIGCHLD`.
const EXIT_SIGNAL: u64 = 17;

/// `struct clone_args` of linux/sched.h, version 2 (Linux 5.7).
#[derive(Debug, Default)]
#[repr(C)]
struct CloneArguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Which side of [`clone_into`] this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forked {
    /// The process that called, with the new one's id.
    Parent(Pid),
    /// The new process, a copy of the one that called.
    Child,
}

/// Makes a copy of this process in the new namespaces that `flags` (`CLONE_NEW*`) name, and where one
/// is given, in a control group by its directory.
pub fn clone_into(flags: u64, group: Option<BorrowedFd<'_>>) -> Result<Forked, Errno> {
    let mut clone = CloneArguments {
        flags,
        exit_signal: EXIT_SIGNAL,
        ..CloneArguments::default()
    };
    if let Some(group) = group {
        clone.flags |= INTO_CGROUP;
        clone.cgroup = u64::try_from(group.as_raw_fd()).map_err(|_| Errno::BADF)?;
    }
    let arguments = [address_of(&clone), size_of::<CloneArguments>(), 0, 0, 0, 0];
    // SAFETY: a structure of the size given. No memory is shared (no caller passes CLONE_VM), and
    // there is one thread, so the child goes on as this process would, on its own copy of the stack.
    let id = unsafe { call(numbers::CLONE3, arguments) }?;
    match i32::try_from(id).ok().and_then(Pid::from_raw) {
        Some(child) => Ok(Forked::Parent(child)),
        None => Ok(Forked::Child),
    }
}

/// Moves this process into new namespaces that `flags` (`CLONE_NEW*`) name.
pub fn enter_new(flags: u64) -> Result<(), Errno> {
    let flags = usize::try_from(flags).map_err(|_| Errno::INVAL)?;
    // SAFETY: numbers only. No descriptor table or memory is unshared: the compiler's flags name
    // namespaces, and the kernel refuses what does not go together.
    let _zero = unsafe { call(numbers::UNSHARE, [flags, 0, 0, 0, 0, 0]) }?;
    Ok(())
}
