//! One system call: its number, its arguments, its result or its error.
#![expect(unsafe_code, reason = "the kernel uses what the arguments point to")]

use crate::architecture::syscall;
use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;

/// Makes a system call. A result from -4095 to -1 is an error number (syscall(2)).
///
/// # Safety
///
/// The kernel may read and write whatever the arguments say: each must be what this call expects,
/// and pointers must be valid for as long as the kernel uses them.
pub(crate) unsafe fn call(number: u32, arguments: [usize; 6]) -> Result<usize, Errno> {
    // SAFETY: the caller vouches for the arguments.
    let result = unsafe { syscall(word(number), arguments) };
    usize::try_from(result).map_err(|_| {
        let error = i32::try_from(result.unsigned_abs()).unwrap_or(i32::MAX);
        Errno::from_raw_os_error(error)
    })
}

/// A number as an argument: each fits a register.
pub(crate) fn word(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A descriptor's number as an argument. `AT_FDCWD`, which is negative, stays what it is.
pub(crate) fn number_of(fd: impl AsFd) -> usize {
    isize::try_from(fd.as_fd().as_raw_fd())
        .unwrap_or(-1)
        .cast_unsigned()
}

/// The address of something as an argument. It is exposed to the kernel, and alive for as long as
/// the one who asks for it keeps it so.
pub(crate) fn address_of<T: ?Sized>(it: &T) -> usize {
    core::ptr::from_ref(it).cast::<u8>().expose_provenance()
}

/// The address of something that the kernel writes to.
pub(crate) fn address_of_mut<T: ?Sized>(it: &mut T) -> usize {
    core::ptr::from_mut(it).cast::<u8>().expose_provenance()
}
