//! execve(2) with arrays made of pointers to strings that exist already.
#![expect(unsafe_code, reason = "execve takes arrays of pointers")]

use super::call::call;
use super::start::Strings;
use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use rustix::io::Errno;

/// Places for every variable that a plan can have, and the null pointer behind them.
const PLACES: usize = purple_plan::MAX_VARIABLES.saturating_add(1);

/// A null-terminated array of strings: an environment, or the arguments of a helper.
#[derive(Debug)]
pub struct Words<'a> {
    pointers: [*const c_char; PLACES],
    used: usize,
    strings: PhantomData<&'a CStr>,
}

impl Default for Words<'_> {
    fn default() -> Self {
        Self {
            pointers: [core::ptr::null(); PLACES],
            used: 0,
            strings: PhantomData,
        }
    }
}

impl<'a> Words<'a> {
    /// Adds one; `None` when there is no more room.
    pub fn push(&mut self, word: &'a CStr) -> Option<()> {
        let next = self.used.wrapping_add(1);
        // The last place stays null.
        if next >= PLACES {
            return None;
        }
        *self.pointers.get_mut(self.used)? = word.as_ptr();
        self.used = next;
        Some(())
    }
}

/// Becomes another program. Returns only when that failed.
pub fn execve(path: &CStr, arguments: Strings, environment: &Words<'_>) -> Errno {
    become_program(path, arguments.as_ptr(), environment)
}

/// Becomes a helper, which gets no environment. Returns only when that failed.
pub fn execve_helper(path: &CStr, arguments: &Words<'_>) -> Errno {
    become_program(path, arguments.pointers.as_ptr(), &Words::default())
}

fn become_program(path: &CStr, arguments: *const *const c_char, environment: &Words<'_>) -> Errno {
    const EXECVE: u32 = 59;
    let arguments = [
        path.as_ptr().expose_provenance(),
        arguments.expose_provenance(),
        environment.pointers.as_ptr().expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: a NUL-terminated path and two null-terminated arrays of such strings, all alive: both
    // callers take them from a `Strings` or a `Words`.
    match unsafe { call(EXECVE, arguments) } {
        Ok(_) => Errno::NOEXEC,
        Err(errno) => errno,
    }
}
