//! `exit_group(2)`, `setsid(2)` and `getsid(2)`.
#![expect(unsafe_code, reason = "raw system calls")]

use crate::architecture::{numbers, stop};
use crate::call::call;
use rustix::io::Errno;

/// Ends the process. Where a filter denies even that, an illegal instruction ends it.
pub fn exit_group(status: u8) -> ! {
    // SAFETY: exit_group takes a number.
    let refused = unsafe { call(numbers::EXIT_GROUP, [usize::from(status), 0, 0, 0, 0, 0]) };
    debug_assert!(refused.is_err());
    stop()
}

/// Makes a session of this process. False where it has none of its own although the kernel is said to have
/// made it: a session has the id of the process that has made it (setsid(2)).
///
/// What comes back is no id before it is looked at, and 0 for a session that is outside: so rustix,
/// which takes the kernel's word that it is not 0, is not asked.
pub fn new_session() -> Result<bool, Errno> {
    // SAFETY: no arguments.
    let _id = unsafe { call(numbers::SETSID, [0; 6]) }?;
    // SAFETY: a number; 0 is this process.
    let session = unsafe { call(numbers::GETSID, [0; 6]) }?;
    let own = rustix::process::getpid().as_raw_pid();
    Ok(usize::try_from(own) == Ok(session))
}
