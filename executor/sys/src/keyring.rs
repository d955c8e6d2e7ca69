//! keyctl(2).
#![expect(unsafe_code, reason = "keyctl is a raw system call here")]

use crate::architecture::numbers;
use crate::call::call;
use rustix::io::Errno;

/// `KEYCTL_JOIN_SESSION_KEYRING` (linux/keyctl.h).
const JOIN_SESSION_KEYRING: usize = 1;

/// Gives this process a new, empty session keyring. False where there is none although the kernel is
/// said to have made it: each has a number, which is not 0 (keyctl(2)).
pub fn join_new_session() -> Result<bool, Errno> {
    // SAFETY: numbers only; a null name asks for an anonymous keyring.
    let serial = unsafe { call(numbers::KEYCTL, [JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0]) }?;
    Ok(serial != 0)
}
