//! Directories held by descriptors, so that a path is followed part by part and no symbolic link in
//! it is followed unseen.

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, SFlag, fstat, mkdirat};
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;

/// How parts are opened: not for reading, and a symbolic link as itself.
const PATH_ONLY: OFlag = OFlag::O_PATH
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// Something in a directory, held by a descriptor (`O_PATH` of `open(2)`).
#[derive(Debug)]
pub struct PathHandle(OwnedFd);

impl PathHandle {
    /// The working directory.
    pub fn working_directory() -> Result<Self, Errno> {
        openat(AT_FDCWD, ".", PATH_ONLY, Mode::empty()).map(Self)
    }

    /// What is called so in this directory, a symbolic link as itself.
    pub fn open(&self, name: &OsStr) -> Result<Self, Errno> {
        openat(&self.0, name, PATH_ONLY, Mode::empty()).map(Self)
    }

    /// Makes a directory of this name (mode 0755); one that exists already is fine.
    pub fn ensure_directory(&self, name: &OsStr) -> Result<(), Errno> {
        match mkdirat(&self.0, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) | Err(Errno::EEXIST) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// Where it leads, if it is a symbolic link.
    pub fn link_target(&self) -> Result<Option<OsString>, Errno> {
        let found = fstat(&self.0)?;
        if found.st_mode & SFlag::S_IFMT.bits() != SFlag::S_IFLNK.bits() {
            return Ok(None);
        }
        readlinkat(&self.0, "").map(Some)
    }
}
