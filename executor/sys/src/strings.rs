//! Null-terminated arrays of C strings: what the kernel gives to a new program, and what execve(2)
//! takes.
#![expect(unsafe_code, reason = "the kernel's arrays are pointers")]

use crate::bytes;
use core::convert::Infallible;
use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// What the kernel put on the stack of the new program: arguments and environment.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The arguments; the first is the program's name.
    pub arguments: Strings,
    /// The environment: `NAME=value` each.
    pub environment: Strings,
}

impl Start {
    /// Reads the initial stack: argument count, argument pointers, null, environment pointers,
    /// null (System V ABI, AMD64 supplement, 3.4.1; other architectures have the same).
    ///
    /// # Safety
    ///
    /// `stack` is the stack pointer that the kernel gave to this process.
    pub unsafe fn from_stack(stack: *const usize) -> Self {
        // SAFETY: the first word is the argument count.
        let count = unsafe { stack.read() };
        // SAFETY: the argument pointers follow it.
        let arguments = unsafe { stack.add(1) }.cast();
        // SAFETY: a null pointer ends them, then the environment's pointers start.
        let environment = unsafe { stack.add(count.wrapping_add(2)) }.cast();
        Self {
            arguments: Strings(arguments),
            environment: Strings(environment),
        }
    }
}

/// An array of C strings that the kernel made, from some string of it on to its end.
///
/// Who holds one holds a pointer into an array that ends in a null pointer and lives as long as the
/// process: it is made at the start of such an array, and behind a pointer that was not null. That
/// nothing writes to the strings holds until [`forget_arguments`].
#[derive(Debug, Clone, Copy)]
pub struct Strings(*const *const c_char);

impl Strings {
    /// The array itself, for execve(2).
    pub(crate) const fn as_ptr(self) -> *const *const c_char {
        self.0
    }

    /// The first string, and what follows it.
    pub fn split_first(self) -> Option<(&'static CStr, Self)> {
        // SAFETY: the type says that there is at least the null pointer to read.
        let first = unsafe { self.0.read() };
        if first.is_null() {
            return None;
        }
        // SAFETY: this element was not the null pointer, so there is one more.
        let rest = unsafe { self.0.add(1) };
        // SAFETY: the kernel wrote a NUL-terminated string there, and nothing writes to it.
        let first = unsafe { CStr::from_ptr(first) };
        Some((first, Self(rest)))
    }

    /// Overwrites the strings with NULs. They are what /proc/PID/cmdline shows (proc(5)).
    ///
    /// # Safety
    ///
    /// Nothing in this process uses any of them afterwards.
    unsafe fn wipe(self) {
        let mut place = self.0;
        // SAFETY: as in `split_first`: nothing goes past the null pointer.
        while let Some(text) = NonNull::new(unsafe { place.read() }.cast_mut()) {
            // SAFETY: the kernel wrote a NUL-terminated string there.
            let length = unsafe { bytes::length(text.as_ptr().cast()) };
            // SAFETY: the stack that the kernel made is writable, and the length was measured.
            unsafe { text.as_ptr().write_bytes(0, length) };
            place = place.wrapping_add(1);
        }
    }
}

#[expect(
    clippy::copy_iterator,
    reason = "a copy is another place in the same array"
)]
impl Iterator for Strings {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<&'static CStr> {
        let (first, rest) = self.split_first()?;
        *self = rest;
        Some(first)
    }
}

/// Takes this process's arguments out of what others can see of it, and ends its use of them.
///
/// This is the one function whose soundness depends on its caller, although it may be called from
/// safe code: `then` must not use a string of the command line, in whichever copy. It never returns,
/// so nothing that was going on before can use one either. Its only caller, init, gives it a loop
/// over process ids and signal numbers.
pub fn forget_arguments(arguments: Strings, then: impl FnOnce() -> Infallible) -> ! {
    // SAFETY: `then` never returns, so only what it holds itself could still use the strings, and
    // that is nothing (above).
    unsafe { arguments.wipe() };
    match then() {}
}

/// A null-terminated array of C strings that this program makes: an environment, or the arguments of
/// a helper. `PLACES` counts the null pointer that ends it.
#[derive(Debug)]
pub struct StringArray<'a, const PLACES: usize> {
    pointers: [*const c_char; PLACES],
    used: usize,
    strings: PhantomData<&'a CStr>,
}

/// The array has no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl<'a, const PLACES: usize> StringArray<'a, PLACES> {
    /// An array without strings.
    pub const fn new() -> Self {
        const { assert!(PLACES > 0, "the null pointer needs a place") };
        Self {
            pointers: [core::ptr::null(); PLACES],
            used: 0,
            strings: PhantomData,
        }
    }

    /// Adds a string.
    pub fn push(&mut self, string: &'a CStr) -> Result<(), Full> {
        let next = self.used.wrapping_add(1);
        // The last place stays null.
        if next >= PLACES {
            return Err(Full);
        }
        *self.pointers.get_mut(self.used).ok_or(Full)? = string.as_ptr();
        self.used = next;
        Ok(())
    }

    /// The array itself, for execve(2).
    pub(crate) const fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

impl<const PLACES: usize> Default for StringArray<'_, PLACES> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Full, StringArray};

    #[test]
    fn the_null_pointer_keeps_its_place() {
        let mut array = StringArray::<3>::new();
        assert_eq!(array.push(c"a"), Ok(()));
        assert_eq!(array.push(c"b"), Ok(()));
        assert_eq!(array.push(c"c"), Err(Full));
        assert!(array.pointers.last().is_some_and(|last| last.is_null()));
    }
}
