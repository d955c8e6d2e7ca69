//! `exit_group(2)` and `setsid(2)`.
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

/// Makes a session of this process. What comes back is no id before it is looked at: rustix takes the
/// kernel's word that it is not 0.
pub fn new_session() -> Result<(), Errno> {
    // SAFETY: no arguments.
    let _id = unsafe { call(numbers::SETSID, [0; 6]) }?;
    Ok(())
}
