//! execve(2) with arrays of pointers to strings that exist already.
#![expect(unsafe_code, reason = "execve takes arrays of pointers")]

use crate::architecture::numbers;
use crate::call::call;
use crate::strings::{StringArray, Strings};
use core::ffi::{CStr, c_char};
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
