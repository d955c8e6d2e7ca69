//! `exit_group(2)`.
#![expect(unsafe_code, reason = "exit_group is a raw system call here")]

use crate::architecture::{numbers, stop};
use crate::call::call;

/// Ends the process. Where a filter denies even that, an illegal instruction ends it.
pub fn exit_group(status: u8) -> ! {
    // SAFETY: exit_group takes a number.
    let refused = unsafe { call(numbers::EXIT_GROUP, [usize::from(status), 0, 0, 0, 0, 0]) };
    debug_assert!(refused.is_err());
    stop()
}
