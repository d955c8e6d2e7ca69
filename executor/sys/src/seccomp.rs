//! seccomp(2): loading a filter, and the call that shows whether it is in force.
#![expect(unsafe_code, reason = "seccomp takes a pointer to a structure")]

use crate::architecture::numbers;
use crate::call::{address_of, call};
use rustix::io::Errno;

/// `SECCOMP_SET_MODE_FILTER` (linux/seccomp.h).
pub(crate) const SET_MODE_FILTER: usize = 1;
/// `SECCOMP_FILTER_FLAG_NEW_LISTENER`.
const NEW_LISTENER: usize = 1 << 3;
/// `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV` (Linux 5.19): a call whose notification has been received
/// waits for its answer, and only a deadly signal ends the wait.
const WAIT_KILLABLE_RECV: usize = 1 << 5;

/// The size of `struct sock_filter` (linux/filter.h).
const INSTRUCTION_BYTES: usize = 8;

/// `struct sock_fprog` of linux/filter.h.
#[repr(C)]
struct Program {
    instructions: u16,
    filter: *const u8,
}

/// Loads a filter. It holds from the return of this call on.
pub fn load(program: &'static [u8]) -> Result<(), Errno> {
    let _zero = set(program, 0)?;
    Ok(())
}

/// Loads a filter that notifies, and returns the descriptor of its listener. A program that is
/// executed does not get it: it is close-on-exec.
pub fn load_with_listener(program: &'static [u8]) -> Result<u32, Errno> {
    let listener = set(program, NEW_LISTENER | WAIT_KILLABLE_RECV)?;
    u32::try_from(listener).map_err(|_| Errno::BADF)
}

fn set(program: &'static [u8], flags: usize) -> Result<usize, Errno> {
    let count = program.len() / INSTRUCTION_BYTES;
    let program = Program {
        instructions: u16::try_from(count).map_err(|_| Errno::INVAL)?,
        filter: program.as_ptr(),
    };
    let arguments = [SET_MODE_FILTER, flags, address_of(&program), 0, 0, 0];
    // SAFETY: the structure is alive and names no more instructions than there are bytes for.
    unsafe { call(numbers::SECCOMP, arguments) }
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
