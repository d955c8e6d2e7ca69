//! Processes: a copy of this one, one that starts inside a control group, and its keyring.
#![expect(unsafe_code, reason = "these calls take pointers, or copy the process")]

use super::{Result, call};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{ForkResult, Pid};
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Copies this process. The programs that use this crate for probes have one thread.
pub(crate) fn fork() -> Result<ForkResult> {
    // SAFETY: this program has one thread, so that no lock is held by one that the copy lacks.
    unsafe { nix::unistd::fork() }
}

/// A child that is in a control group from its first instruction, and waits to be killed.
pub(crate) fn start_in_cgroup(group: BorrowedFd<'_>) -> Result<Pid> {
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    // `struct clone_args`, version 2: eleven numbers.
    let mut arguments = [0_u64; 11];
    let [flags, _, _, _, signal, .., cgroup] = &mut arguments;
    *flags = CLONE_INTO_CGROUP;
    *signal = u64::from(libc::SIGCHLD.cast_unsigned());
    *cgroup = u64::try_from(group.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    let at = (&raw const arguments).expose_provenance();
    // SAFETY: a structure of the size given; without CLONE_VM this is fork, and there is one thread.
    let child = unsafe { call(libc::SYS_clone3, [at, size_of_val(&arguments), 0, 0, 0, 0]) }?;
    if child == 0 {
        // SAFETY: numbers only. All signals but SIGKILL are blocked: it never returns.
        let woken = unsafe { call(libc::SYS_pause, [0; 6]) };
        std::process::exit(i32::from(woken.is_err()));
    }
    i32::try_from(child)
        .map(Pid::from_raw)
        .map_err(|_| Errno::ERANGE)
}

/// Makes a call with arguments that no call takes: no descriptor and no process has this number, no memory lies at
/// this address, and all flags are set. For calls that do nothing then, in a child.
pub(crate) fn call_in_vain(number: u32) -> Result<()> {
    let number = libc::c_long::from(number);
    // SAFETY: the kernel reads and writes nothing at an address with all bits set, and takes away no memory there.
    unsafe { call(number, [usize::MAX; 6]) }.map(drop)
}

/// Joins a new session keyring (keyctl(2)).
pub(crate) fn join_new_keyring() -> Result<()> {
    const JOIN_SESSION_KEYRING: usize = 1;
    // SAFETY: numbers only; a null name asks for an anonymous keyring.
    unsafe { call(libc::SYS_keyctl, [JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0]) }.map(drop)
}
