//! Sessions: the terminal's and the keyring's.

use crate::message::{Part, Refused, refuse};
use crate::sys::keyring;
use rustix::io::Errno;

/// Leaves the caller's session, and with it the controlling terminal.
pub(crate) fn leave() -> Result<(), Refused> {
    match rustix::process::setsid() {
        Ok(_) => Ok(()),
        Err(errno) => Err(refuse("session", &[Part::Text("setsid"), Part::Error(errno)])),
    }
}

/// Joins a session keyring of the sandbox's own: the caller's holds the caller's keys (keyrings(7)).
pub(crate) fn new_keyring() -> Result<(), Refused> {
    match keyring::join_new_session() {
        // A kernel without keyrings has none to inherit.
        Ok(()) | Err(Errno::NOSYS) => Ok(()),
        Err(errno) => {
            Err(refuse("keyring", &[Part::Text("a new session keyring"), Part::Error(errno)]))
        }
    }
}
