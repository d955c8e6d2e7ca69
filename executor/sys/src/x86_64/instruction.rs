//! The system call instruction of x86-64: the number is in rax, the arguments are in rdi, rsi, rdx,
//! r10, r8 and r9, the result is in rax; rcx and r11 are lost (syscall(2)).
#![expect(unsafe_code, reason = "a system call is an instruction")]

/// Makes a system call, and returns what the kernel left in rax.
///
/// # Safety
///
/// The kernel may read and write whatever the arguments say: each must be what this call expects,
/// and pointers must be valid for as long as the kernel uses them.
pub(crate) unsafe fn syscall(number: usize, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    let result: isize;
    // SAFETY: the instruction clobbers only the registers named; the caller vouches for the
    // arguments.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") number.cast_signed() => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") fourth,
            in("r8") fifth,
            in("r9") sixth,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Ends the process by an instruction that no processor executes.
pub(crate) fn stop() -> ! {
    // SAFETY: ud2 raises SIGILL, for which this program has no handler.
    unsafe { core::arch::asm!("ud2", options(noreturn)) }
}
