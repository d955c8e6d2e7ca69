//! The directories of control groups: opened, made and removed.

use crate::files::open_at;
use crate::text::Text;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, unlinkat};
use rustix::io::Errno;

/// The name of a group.
pub(crate) type Name = Text<64>;

/// Opens a group.
pub(crate) fn open<const N: usize>(dir: BorrowedFd<'_>, path: &Text<N>) -> Result<OwnedFd, Errno> {
    open_at(dir, path.c_str()?, OFlags::PATH | OFlags::DIRECTORY)
}

/// Makes a group. One of this name in which nothing runs was left when a supervisor was killed, and
/// is removed; one in which something runs stays, and making it fails.
pub(crate) fn make(parent: &OwnedFd, name: &Name) -> Result<OwnedFd, Errno> {
    let _leftover: Result<(), Errno> = remove(parent, name);
    mkdirat(parent, name.c_str()?, Mode::from_raw_mode(0o755))?;
    let opened = open(parent.as_fd(), name);
    if opened.is_err() {
        remove(parent, name)?;
    }
    opened
}

/// Removes a group in which nothing runs.
pub(crate) fn remove(parent: &OwnedFd, name: &Name) -> Result<(), Errno> {
    unlinkat(parent, name.c_str()?, AtFlags::REMOVEDIR)
}
