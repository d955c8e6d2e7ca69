//! clone3(2), unshare(2), `close_range(2)`, prlimit(2) and wait4(2).
#![expect(
    unsafe_code,
    reason = "clone3 takes a pointer to a structure and returns twice"
)]

use super::call::{call, word};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::process::Pid;

/// `CLONE_NEWCGROUP` (linux/sched.h).
pub const NEW_CGROUP: u64 = 0x0200_0000;

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
pub enum Side {
    /// The process that called, with the new one's id.
    Parent(Pid),
    /// The new process, a copy of the one that called.
    Child,
}

/// Makes a copy of this process in the new namespaces that `flags` (`CLONE_NEW*`) name, and where one
/// is given, in a control group by its directory.
pub fn clone_into(flags: u64, group: Option<BorrowedFd<'_>>) -> Result<Side, Errno> {
    const CLONE3: u32 = 435;
    const SIGCHLD: u64 = 17;
    const CLONE_INTO_CGROUP: u64 = 1 << 33;
    let mut arguments = CloneArguments {
        flags,
        exit_signal: SIGCHLD,
        ..CloneArguments::default()
    };
    if let Some(group) = group {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = u64::try_from(group.as_raw_fd()).map_err(|_| Errno::BADF)?;
    }
    let arguments = [
        (&raw const arguments).expose_provenance(),
        size_of::<CloneArguments>(),
        0,
        0,
        0,
        0,
    ];
    // SAFETY: a structure of the size given. No memory is shared (no CLONE_VM), and there is one
    // thread, so the child goes on as this process would, on its own copy of the stack.
    let id = unsafe { call(CLONE3, arguments) }?;
    Ok(i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .map_or(Side::Child, Side::Parent))
}

/// [`clone_into`]'s flag for a process that shares the table of file descriptors, until it executes
/// a program: that one gets a table of its own (execve(2)).
pub const SAME_DESCRIPTORS: u64 = 0x400;

/// Closes every file descriptor but the standard ones and this.
pub fn close_but(this: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    const FIRST: u32 = 3;
    match this.and_then(|fd| u32::try_from(fd.as_raw_fd()).ok()) {
        Some(FIRST) => close_range(FIRST.saturating_add(1), u32::MAX),
        Some(this) => {
            close_range(FIRST, this.saturating_sub(1))?;
            close_range(this.saturating_add(1), u32::MAX)
        }
        None => close_range(FIRST, u32::MAX),
    }
}

fn close_range(first: u32, last: u32) -> Result<(), Errno> {
    const CLOSE_RANGE: u32 = 436;
    // SAFETY: numbers only. Descriptors that Rust values own are closed behind their back, so the
    // callers use none of these afterwards, and never return to code that does.
    unsafe { call(CLOSE_RANGE, [word(first), word(last), 0, 0, 0, 0]) }.map(|_| ())
}

/// Moves this process into new namespaces that `flags` (`CLONE_NEW*`) name.
pub fn enter_new(flags: u64) -> Result<(), Errno> {
    const UNSHARE: u32 = 272;
    let flags = usize::try_from(flags).map_err(|_| Errno::INVAL)?;
    // SAFETY: numbers only. No descriptor table or memory is unshared: the compiler's flags name
    // namespaces, and the kernel refuses what does not go together.
    unsafe { call(UNSHARE, [flags, 0, 0, 0, 0, 0]) }.map(|_| ())
}

/// `struct rlimit64`: the soft and the hard limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Limit {
    /// What holds.
    pub soft: u64,
    /// How far the process may raise it.
    pub hard: u64,
}

/// Sets a resource limit (`RLIMIT_*`) of this process and reads it back.
pub fn set_limit(resource: u32, limit: Limit) -> Result<Limit, Errno> {
    const PRLIMIT64: u32 = 302;
    let mut found = Limit::default();
    let new = (&raw const limit).expose_provenance();
    // SAFETY: one structure to read, alive; the old limit is not asked for.
    let _: usize = unsafe { call(PRLIMIT64, [0, word(resource), new, 0, 0, 0]) }?;
    let old = (&raw mut found).expose_provenance();
    // SAFETY: one structure to write, alive; no new limit is given.
    let _: usize = unsafe { call(PRLIMIT64, [0, word(resource), 0, old, 0, 0]) }?;
    Ok(found)
}

/// How a child ended, and what it and its waited-for children used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Which child.
    pub pid: Pid,
    /// The wait status (wait(2)).
    pub status: u32,
    /// Processor time in user mode, microseconds.
    pub user_us: u64,
    /// Processor time in the kernel, microseconds.
    pub system_us: u64,
    /// The largest resident set of a single process, in KiB.
    pub peak_kib: u64,
    /// Bytes read from and written to block devices: `ru_inblock` and `ru_oublock` are in units of
    /// 512 (getrusage(2)).
    pub disk_bytes: u64,
}

impl Ended {
    /// The exit status, when it exited.
    pub fn exit_status(&self) -> Option<u8> {
        let [low, high, ..] = self.status.to_le_bytes();
        (low.trailing_zeros() >= 7).then_some(high)
    }

    /// The signal that ended it, when one did.
    pub fn signal(&self) -> Option<u32> {
        let signal = self.status & 0x7f;
        (signal != 0 && signal != 0x7f).then_some(signal)
    }
}

/// Takes note of one child that has ended, if any has; `None` when none has yet.
pub fn reap() -> Result<Option<Ended>, Errno> {
    const WAIT4: u32 = 61;
    const WNOHANG: usize = 1;
    const ANY: usize = usize::MAX;
    let mut status = 0_u32;
    // `struct rusage`: two times of seconds and microseconds, then fourteen numbers.
    let mut usage = [0_i64; 18];
    let status_at = (&raw mut status).expose_provenance();
    let usage_at = (&raw mut usage).expose_provenance();
    // SAFETY: an int and a `struct rusage` (144 bytes) to write, alive.
    let pid = unsafe { call(WAIT4, [ANY, status_at, WNOHANG, usage_at, 0, 0]) }?;
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(None);
    };
    let [
        user_s,
        user_us,
        system_s,
        system_us,
        peak,
        _,
        _,
        _,
        _,
        _,
        _,
        read,
        written,
        ..,
    ] = usage.map(i64::unsigned_abs);
    let micro = |seconds: u64, rest: u64| seconds.saturating_mul(1_000_000).saturating_add(rest);
    Ok(Some(Ended {
        pid,
        status,
        user_us: micro(user_s, user_us),
        system_us: micro(system_s, system_us),
        peak_kib: peak,
        disk_bytes: read.saturating_add(written).saturating_mul(512),
    }))
}
