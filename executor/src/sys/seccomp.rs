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

/// Loads a filter. It holds from the return of this call on.
pub fn load(program: &'static [u8]) -> Result<(), Errno> {
    set(program, 0).map(|_| ())
}

/// Loads a filter that tells of calls, and returns the descriptor on which they are listened to,
/// which no program gets that is executed: it is close-on-exec.
pub fn load_telling(program: &'static [u8]) -> Result<u32, Errno> {
    const NEW_LISTENER: usize = 1 << 3;
    // A call that somebody has taken up waits for its answer; no signal but a deadly one has it made
    // again (since Linux 5.19).
    const WAIT_KILLABLE_RECV: usize = 1 << 5;
    u32::try_from(set(program, NEW_LISTENER | WAIT_KILLABLE_RECV)?).map_err(|_| Errno::BADF)
}

fn set(program: &'static [u8], flags: usize) -> Result<usize, Errno> {
    const SECCOMP: u32 = 317;
    const SET_MODE_FILTER: usize = 1;
    let instructions = program
        .len()
        .checked_div(8)
        .and_then(|count| u16::try_from(count).ok());
    let program = Program {
        instructions: instructions.ok_or(Errno::INVAL)?,
        filter: program.as_ptr(),
    };
    let arguments = [
        SET_MODE_FILTER,
        flags,
        (&raw const program).expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: the structure is alive and names as many instructions as there are bytes for.
    unsafe { call(SECCOMP, arguments) }
}
