//! Sessions: the terminal's and the keyring's.

use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use purple_sys::{keyring, process};
use rustix::io::Errno;

/// Leaves the caller's session, and with it the controlling terminal: a process that has it could push
/// characters into the caller's shell (`ioctl_tty(2)`, `TIOCSTI`).
pub(crate) fn leave() -> Result<(), Refused> {
    if process::new_session().or_refuse("session", "setsid")? {
        return Ok(());
    }
    Err(refuse!("session", "setsid", EMULATED))
}

/// Joins a session keyring of the sandbox's own: the caller's holds the caller's keys (keyrings(7)).
pub(crate) fn new_keyring() -> Result<(), Refused> {
    match keyring::join_new_session() {
        // A kernel without keyrings has none to inherit.
        Ok(true) | Err(Errno::NOSYS) => Ok(()),
        Ok(false) => Err(refuse!("keyring", "keyctl", EMULATED)),
        Err(errno) => Err(refuse!("keyring", "a new session keyring", errno)),
    }
}
