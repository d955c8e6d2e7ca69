//! The first instructions of the program on x86-64.

/// Defines `_start`, which calls the function of this name with the stack pointer as the kernel set
/// it: an `extern "C"` function that takes a `*const usize` and never returns.
///
/// The frame pointer is cleared, as the ABI asks of the outermost frame, and the stack is aligned to
/// 16 bytes for the call (System V ABI, AMD64 supplement, 3.4.1).
#[macro_export]
macro_rules! entry_point {
    ($enter:ident) => {
        ::core::arch::global_asm!(
            ".globl _start",
            "_start:",
            "xor ebp, ebp",
            "mov rdi, rsp",
            "and rsp, -16",
            "call {enter}",
            "ud2",
            enter = sym $enter,
        );
    };
}
