//! The standard descriptors. They are open: the first thing a run does is to see to that.
#![expect(unsafe_code, reason = "borrowing a descriptor by number")]

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

/// Standard input.
pub fn input() -> BorrowedFd<'static> {
    // SAFETY: nothing here closes descriptor 0.
    unsafe { BorrowedFd::borrow_raw(0) }
}

/// Standard output.
pub fn output() -> BorrowedFd<'static> {
    // SAFETY: nothing here closes descriptor 1.
    unsafe { BorrowedFd::borrow_raw(1) }
}

/// Standard error.
pub fn error() -> BorrowedFd<'static> {
    // SAFETY: nothing here closes descriptor 2.
    unsafe { BorrowedFd::borrow_raw(2) }
}

/// A descriptor of our own for what the caller has open by this number.
pub fn take(number: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: borrowed for this call only, and the kernel says when there is nothing open.
    let theirs = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_dupfd_cloexec(theirs, 3)
}
