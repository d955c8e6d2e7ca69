//! clone3(2) and unshare(2): new processes, and new namespaces for this one.
#![expect(
    unsafe_code,
    reason = "clone3 takes a pointer to a structure and returns twice"
)]

use crate::architecture::numbers;
use crate::call::{address_of, call};
use core::sync::atomic::{AtomicU32, Ordering};
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
/// Every `CLONE_NEW*` that clone3(2) and unshare(2) take (linux/sched.h): mount, cgroup, UTS, IPC,
/// user, pid and network namespaces. Not `CLONE_NEWTIME`, which no plan asks for.
const NAMESPACES: u64 = 0x7e02_0000;
/// `CLONE_CHILD_SETTID`: the kernel writes the new process's id in the new process's memory, before it
/// goes on there.
const WRITE_ID: u64 = 0x0100_0000;
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
/// is given, in a control group by its directory. Beside namespaces, `flags` may have
/// [`SHARE_DESCRIPTORS`]; any other flag is an error: with `CLONE_VM` two processes would run on one
/// stack. NOSYS where the call was answered as in a new process, and there is none.
pub fn clone_into(flags: u64, group: Option<BorrowedFd<'_>>) -> Result<Forked, Errno> {
    if flags & !(NAMESPACES | SHARE_DESCRIPTORS) != 0 {
        return Err(Errno::INVAL);
    }
    let id_of_child = AtomicU32::new(0);
    let child_tid = u64::try_from(address_of(&id_of_child)).map_err(|_| Errno::FAULT)?;
    let mut clone = CloneArguments {
        flags: flags | WRITE_ID,
        child_tid,
        exit_signal: EXIT_SIGNAL,
        ..CloneArguments::default()
    };
    if let Some(group) = group {
        clone.flags |= INTO_CGROUP;
        clone.cgroup = u64::try_from(group.as_raw_fd()).map_err(|_| Errno::BADF)?;
    }
    let arguments = [address_of(&clone), size_of::<CloneArguments>(), 0, 0, 0, 0];
    // SAFETY: a structure of the size given. No memory is shared (CLONE_VM was refused), and there
    // is one thread, so the child goes on as this process would, on its own copy of the stack.
    let id = unsafe { call(numbers::CLONE3, arguments) }?;
    match i32::try_from(id).ok().and_then(Pid::from_raw) {
        Some(child) => Ok(Forked::Parent(child)),
        // This process has called, and there is no new one.
        None if id_of_child.load(Ordering::Relaxed) == 0 => Err(Errno::NOSYS),
        None => Ok(Forked::Child),
    }
}

/// Moves this process into new namespaces that `flags` (`CLONE_NEW*`) name; another flag is an error.
pub fn enter_new(flags: u64) -> Result<(), Errno> {
    if flags & !NAMESPACES != 0 {
        return Err(Errno::INVAL);
    }
    let flags = usize::try_from(flags).map_err(|_| Errno::INVAL)?;
    // SAFETY: numbers only, and they name namespaces: no descriptor table or memory is unshared.
    let _zero = unsafe { call(numbers::UNSHARE, [flags, 0, 0, 0, 0, 0]) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{clone_into, enter_new};
    use rustix::io::Errno;

    /// `CLONE_VM` and `CLONE_NEWTIME` (linux/sched.h).
    const OTHERS: [u64; 2] = [0x100, 0x80];

    #[test]
    fn flags_that_name_no_namespace_are_refused() {
        for flag in OTHERS {
            assert_eq!(clone_into(flag, None), Err(Errno::INVAL), "{flag:x}");
            assert_eq!(enter_new(flag), Err(Errno::INVAL), "{flag:x}");
        }
    }
}
