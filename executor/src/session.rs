//! Sessions: the terminal's and the keyring's.

use crate::message::{OrRefuse, Refused};
use purple_sys::keyring;
use rustix::io::Errno;
use rustix::process::setsid;

/// Leaves the caller's session, and with it the controlling terminal: a process that has it could push
/// characters into the caller's shell (`ioctl_tty(2)`, `TIOCSTI`).
pub(crate) fn leave() -> Result<(), Refused> {
    setsid().map(|_| ()).or_refuse("session", "setsid")
}

/// Joins a session keyring of the sandbox's own: the caller's holds the caller's keys (keyrings(7)).
pub(crate) fn new_keyring() -> Result<(), Refused> {
    match keyring::join_new_session() {
        // A kernel without keyrings has none to inherit.
        Ok(()) | Err(Errno::NOSYS) => Ok(()),
        joined => joined.or_refuse("keyring", "a new session keyring"),
    }
}
