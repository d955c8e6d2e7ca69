//! keyctl(2).
#![expect(unsafe_code, reason = "keyctl is a raw system call here")]

use super::call::call;
use rustix::io::Errno;

/// Gives this process a new, empty session keyring.
pub fn join_new_session() -> Result<(), Errno> {
    const KEYCTL: u32 = 250;
    const JOIN_SESSION_KEYRING: usize = 1;
    // SAFETY: numbers only; a null name asks for an anonymous keyring.
    unsafe { call(KEYCTL, [JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0]) }.map(|_| ())
}
