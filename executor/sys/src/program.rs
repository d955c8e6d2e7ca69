//! What makes a library a program that runs without a C library: the entry point, the end on a
//! panic, and the routines that compiled code calls by name.

/// Makes the crate in which this stands the program. It starts by `$run`, a function from a
/// [`Start`](crate::strings::Start) to an exit status, and exits with `$panicked` after a panic.
///
/// This is a macro and not part of the library for two reasons. What it defines exists once in a
/// program and clashes with the C library of a test, so a test must be able to use this crate
/// without it. And this crate cannot name the function that the program starts by: that one is in a
/// crate which depends on this one.
///
/// The expansion has unsafe code in it. All of it is written here.
#[macro_export]
macro_rules! program {
    ($run:path, $panicked:expr) => {
        $crate::entry_point!(enter);

        /// The first function: it has the stack pointer as the kernel set it.
        extern "C" fn enter(stack: *const usize) -> ! {
            // SAFETY: `_start` passes on the stack pointer that the kernel gave to this process.
            let start = unsafe { $crate::strings::Start::from_stack(stack) };
            $crate::process::exit_group($run(&start))
        }

        #[panic_handler]
        fn panic(_: &::core::panic::PanicInfo<'_>) -> ! {
            $crate::process::exit_group($panicked)
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
            // SAFETY: memcpy(3) asks its callers for what this needs.
            unsafe { $crate::bytes::copy(to, from, count) };
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
            // SAFETY: memmove(3) asks its callers for what this needs.
            unsafe { $crate::bytes::copy_overlapping(to, from, count) };
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
            // SAFETY: memset(3) asks its callers for what this needs.
            unsafe { $crate::bytes::fill(to, byte, count) };
            to
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
            // SAFETY: memcmp(3) asks its callers for what this needs.
            unsafe { $crate::bytes::compare(left, right, count) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
            // SAFETY: bcmp(3) asks its callers for what this needs.
            unsafe { $crate::bytes::compare(left, right, count) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn strlen(text: *const u8) -> usize {
            // SAFETY: strlen(3) asks its callers for what this needs.
            unsafe { $crate::bytes::length(text) }
        }
    };
}
