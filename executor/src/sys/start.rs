//! From the kernel's first instruction to a function with arguments.
#![expect(unsafe_code, reason = "the entry point is raw by nature")]

use core::ffi::{CStr, c_char};

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
    /// null (System V ABI, AMD64 supplement, 3.4.1).
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

/// A null-terminated array of C strings that lives as long as the process.
#[derive(Debug, Clone, Copy)]
pub struct Strings(*const *const c_char);

impl Strings {
    /// The array itself, for execve(2).
    pub(super) const fn as_ptr(self) -> *const *const c_char {
        self.0
    }

    /// The first string, and what follows it.
    pub fn split_first(self) -> Option<(&'static CStr, Self)> {
        // SAFETY: the array ends in a null pointer, and nobody goes past it: a `Strings` is only
        // made at its start and behind a pointer that was not null.
        let first = unsafe { self.0.read() };
        if first.is_null() {
            return None;
        }
        // SAFETY: this element was not the null pointer, so there is one more.
        let rest = unsafe { self.0.add(1) };
        // SAFETY: the kernel wrote a NUL-terminated string there, and nobody writes to it.
        Some((unsafe { CStr::from_ptr(first) }, Self(rest)))
    }
}

impl Strings {
    /// Overwrites the strings with NULs. They are what /proc/PID/cmdline shows (proc(5)).
    ///
    /// # Safety
    ///
    /// Nobody in this process uses any of them afterwards.
    unsafe fn wipe(self) {
        let mut place = self.0;
        // SAFETY: as in `split_first`: nobody goes past the null pointer.
        while let Some(text) = core::ptr::NonNull::new(unsafe { place.read() }.cast_mut()) {
            // SAFETY: the kernel wrote a NUL-terminated string there.
            let length = unsafe { crate::sys::memory::strlen(text.as_ptr().cast()) };
            // SAFETY: the stack that the kernel made is writable, and the length was measured.
            unsafe { text.as_ptr().write_bytes(0, length) };
            place = place.wrapping_add(1);
        }
    }
}

/// Takes this process's arguments out of what others can see of it, and ends its use of them.
///
/// What runs after this is the loop of init, which knows nothing of the command line any more: it
/// never returns to code that does.
pub fn forget_arguments(arguments: Strings, then: impl FnOnce() -> core::convert::Infallible) -> ! {
    // SAFETY: `then` never returns, so only what it holds itself could still use the strings; its
    // only caller, init, gives it a loop over process ids and signal numbers.
    unsafe { arguments.wipe() };
    match then() {}
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

/// The program's entry point. A test has its C library's.
#[cfg(not(test))]
mod entry_point {
    core::arch::global_asm!(
        ".globl _start",
        "_start:",
        "xor ebp, ebp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {enter}",
        "ud2",
        enter = sym enter,
    );

    extern "C" fn enter(stack: *const usize) -> ! {
        // SAFETY: `_start` passes the stack pointer as the kernel set it.
        let start = unsafe { super::Start::from_stack(stack) };
        crate::sys::call::exit_group(crate::run(&start))
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        crate::sys::call::exit_group(crate::message::SETUP_REFUSED)
    }
}
