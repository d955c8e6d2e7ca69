//! Calls by the other interfaces that a kernel of `x86_64` may have.
#![expect(unsafe_code, reason = "a call by hand, and one by its number")]

use super::{Result, call};
use nix::errno::Errno;
use nix::libc::{self, c_long};

/// Makes a call by the x32 interface.
pub(crate) fn getpid_by_x32() -> Result<()> {
    const X32_GETPID: c_long = 0x4000_0000 + libc::SYS_getpid;
    // SAFETY: getpid takes no arguments.
    unsafe { call(X32_GETPID, [0; 6]) }.map(drop)
}

/// Makes a call by the interface of 32-bit programs. A kernel without it sends SIGSEGV.
pub(crate) fn getpid_by_x86() -> Result<()> {
    const X86_GETPID: i32 = 20;
    let found: i32;
    // SAFETY: getpid takes no arguments, and the kernel changes no register but these.
    unsafe {
        core::arch::asm!("int 0x80", inlateout("eax") X86_GETPID => found,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    if found > 0 {
        Ok(())
    } else {
        Err(Errno::ENOSYS)
    }
}
