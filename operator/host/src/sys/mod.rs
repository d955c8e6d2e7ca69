//! All unsafe code of the operator's tools: system calls that nix does not have, a family a file, and
//! the fork in which probes make them.
#![expect(unsafe_code, reason = "these calls take pointers, or copy the process")]

#[cfg(target_arch = "x86_64")]
pub(crate) mod interface;
pub(crate) mod landlock;
pub(crate) mod mount;
pub(crate) mod netlink;
pub(crate) mod process;
pub(crate) mod seccomp;

use nix::errno::Errno;
use nix::libc::{self, c_long};
use std::ffi::CStr;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};

type Result<T> = std::result::Result<T, Errno>;

/// Makes a system call by its number.
///
/// # Safety
/// What arguments point to is alive, and of the kind and size that the call expects.
unsafe fn call(number: c_long, arguments: [usize; 6]) -> Result<usize> {
    let [one, two, three, four, five, six] = arguments;
    // SAFETY: as the caller promises; a call with fewer arguments does not look at the others.
    let found = unsafe { libc::syscall(number, one, two, three, four, five, six) };
    Errno::result(found).map(|found| usize::try_from(found).unwrap_or(0))
}

/// The descriptor that a call has returned.
fn descriptor(found: usize) -> Result<OwnedFd> {
    let fd = RawFd::try_from(found).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A descriptor as an argument.
fn number(fd: RawFd) -> usize {
    usize::try_from(i64::from(fd).cast_unsigned()).unwrap_or(usize::MAX)
}

/// A text as an argument.
fn text(text: &CStr) -> usize {
    text.as_ptr().expose_provenance()
}
