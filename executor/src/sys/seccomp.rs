//! seccomp(2).
#![expect(unsafe_code, reason = "seccomp takes a pointer to a structure")]

use super::call::call;
use rustix::io::Errno;

/// `struct sock_fprog` of linux/filter.h.
#[repr(C)]
struct Program {
    instructions: u16,
    filter: *const u8,
}

/// Loads a filter of this many 8-byte instructions. It holds from the return of this call on.
pub fn load(program: &'static [u8]) -> Result<(), Errno> {
    const SECCOMP: u32 = 317;
    const SET_MODE_FILTER: usize = 1;
    let instructions = program.len().checked_div(8).and_then(|count| u16::try_from(count).ok());
    let program =
        Program { instructions: instructions.ok_or(Errno::INVAL)?, filter: program.as_ptr() };
    let arguments = [SET_MODE_FILTER, 0, (&raw const program).expose_provenance(), 0, 0, 0];
    // SAFETY: the structure is alive and names as many instructions as there are bytes for.
    let _: usize = unsafe { call(SECCOMP, arguments) }?;
    Ok(())
}
