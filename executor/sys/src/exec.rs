//! execve(2) and execveat(2) with arrays of pointers to strings that exist already.
#![expect(unsafe_code, reason = "execve takes arrays of pointers")]

use crate::architecture::numbers;
use crate::call::{call, number_of};
use crate::strings::{StringArray, Strings};
use core::ffi::{CStr, c_char};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// Becomes another program. Returns only when that failed.
pub fn execve<const PLACES: usize>(
    path: &CStr,
    arguments: Strings,
    environment: &StringArray<'_, PLACES>,
) -> Errno {
    become_program(path, arguments.as_ptr(), environment.as_ptr())
}

/// Becomes a helper, which gets no environment. Returns only when that failed.
pub fn execve_helper<const PLACES: usize>(
    path: &CStr,
    arguments: &StringArray<'_, PLACES>,
) -> Errno {
    let environment = StringArray::<1>::new();
    become_program(path, arguments.as_ptr(), environment.as_ptr())
}

/// Becomes a helper whose program is open already, whatever stands by its name now, and which gets no
/// environment (execveat(2), `AT_EMPTY_PATH`). Returns only when that failed.
pub fn execve_open<const PLACES: usize>(
    program: BorrowedFd<'_>,
    arguments: &StringArray<'_, PLACES>,
) -> Errno {
    /// `AT_EMPTY_PATH` (linux/fcntl.h).
    const EMPTY_PATH: usize = 0x1000;
    let environment = StringArray::<1>::new();
    let arguments = [
        number_of(program),
        c"".as_ptr().expose_provenance(),
        arguments.as_ptr().expose_provenance(),
        environment.as_ptr().expose_provenance(),
        EMPTY_PATH,
        0,
    ];
    // SAFETY: an empty path and two null-terminated arrays of NUL-terminated strings, all alive.
    match unsafe { call(numbers::EXECVEAT, arguments) } {
        Ok(_) => Errno::NOEXEC,
        Err(errno) => errno,
    }
}

fn become_program(
    path: &CStr,
    arguments: *const *const c_char,
    environment: *const *const c_char,
) -> Errno {
    let arguments = [
        path.as_ptr().expose_provenance(),
        arguments.expose_provenance(),
        environment.expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: a NUL-terminated path and two null-terminated arrays of such strings, all alive: both
    // callers take the arrays from a `Strings` or a `StringArray`.
    match unsafe { call(numbers::EXECVE, arguments) } {
        Ok(_) => Errno::NOEXEC,
        Err(errno) => errno,
    }
}
