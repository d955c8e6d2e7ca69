//! Raw system calls on x86-64: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; rcx and r11
//! are lost (syscall(2)).
#![expect(unsafe_code, reason = "a system call is an instruction")]

#[cfg(not(target_arch = "x86_64"))]
compile_error!("purple-exec has no system call interface for this architecture yet");

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;

/// Makes system call `number`. A result from -4095 to -1 is an error number (syscall(2)).
///
/// # Safety
///
/// The kernel may read and write whatever the arguments say: each must be what this call expects,
/// and pointers must be valid for as long as the kernel uses them.
pub unsafe fn call(number: u32, arguments: [usize; 6]) -> Result<usize, Errno> {
    let result: isize;
    // SAFETY: the instruction clobbers only the registers named; the caller vouches for the
    // arguments.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") isize::try_from(number).unwrap_or(-1) => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    match usize::try_from(result) {
        Ok(value) => Ok(value),
        Err(_) => Err(Errno::from_raw_os_error(
            i32::try_from(result.unsigned_abs()).unwrap_or(i32::MAX),
        )),
    }
}

/// A number as an argument: a register holds each.
pub(super) fn word(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A descriptor's number as an argument; what stands for the working directory is one too.
pub(super) fn number_of(fd: impl AsFd) -> usize {
    isize::try_from(fd.as_fd().as_raw_fd())
        .unwrap_or(-1)
        .cast_unsigned()
}

/// Makes the probe call of a plan's filter and returns how it failed, `None` where it succeeded.
///
/// Only calls that are refused or harmless come here: the compiler takes them from a short list,
/// with arguments that the kernel refuses.
pub fn probe(number: u32, arguments: [u64; 6]) -> Option<Errno> {
    let arguments = arguments.map(|argument| usize::try_from(argument).unwrap_or(0));
    // SAFETY: the arguments come from the compiler's table of probe calls: null pointers and
    // zeroes, so the kernel has nothing of ours to write to. A plan that says otherwise can do no
    // more harm than the command that it names for itself.
    unsafe { call(number, arguments) }.err()
}

/// Ends the process. Where even that is denied, an illegal instruction does.
pub fn exit_group(status: u8) -> ! {
    const EXIT_GROUP: u32 = 231;
    // SAFETY: exit_group takes a number.
    let refused = unsafe { call(EXIT_GROUP, [usize::from(status), 0, 0, 0, 0, 0]) };
    debug_assert!(refused.is_err());
    // SAFETY: ud2 raises SIGILL, which no handler of ours catches.
    unsafe { core::arch::asm!("ud2", options(noreturn)) }
}
