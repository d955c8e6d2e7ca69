//! One stub: the empty file or directory on the host that stands in for a protected path which does
//! not exist, so that there is something to mount over.
//!
//! A stub is known by its mode, with which it is made: sticky, and without write permission. Each
//! sandbox that needs one holds a shared lock of it; the one that gets the exclusive lock removes it.
//! So the last of several sandboxes does, and the next one does for one whose supervisor was killed.
//!
//! Holding a [`Stub`] proves that its file had the mode and the content of a stub, was what the
//! directory has by its name when it was locked, and is not removed by another sandbox for as long
//! as it is held. It does not prove that nothing else removes or replaces it.

use super::target::{create, open_below};
use crate::files::{is_directory, is_same, write_all};
use crate::text::Text;
use core::ffi::CStr;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, mkdirat, statat, unlinkat,
};
use rustix::io::Errno;

/// The modes with which stubs are made.
const FILE_MODE: u32 = 0o1444;
const DIRECTORY_MODE: u32 = 0o1555;
/// The bits of a mode by which a stub is known, and what they are: sticky, and no write permission.
const MARK_BITS: u32 = 0o1222;
const MARK: u32 = 0o1000;

/// A stub that is there.
pub(crate) struct Stub {
    /// The directory that holds it.
    parent: OwnedFd,
    /// It, with a lock on it.
    file: OwnedFd,
}

/// What a stub is.
#[derive(Clone, Copy)]
pub(crate) enum StubKind<'c> {
    /// A file with this content, which may be empty.
    File(&'c [u8]),
    Directory,
}

impl Stub {
    /// The stub that `file` is a locked descriptor of, in its directory.
    pub(crate) fn new(parent: OwnedFd, file: OwnedFd) -> Self {
        Self { parent, file }
    }

    /// Removes it, unless another sandbox needs it or something else is there now.
    pub(crate) fn remove(&self, name: &CStr, content: &[u8]) -> Result<(), Errno> {
        flock(&self.file, FlockOperation::NonBlockingLockExclusive)?;
        let status = fstat(&self.file)?;
        let there = statat(&self.parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !is_same(&status, &there) || !is_stub(&status, content) {
            return Ok(());
        }
        unlink(self.parent.as_fd(), name, is_directory(&status))
    }
}

/// Makes a stub and shares the lock of it. EXIST: something is there already. NOENT and WOULDBLOCK:
/// another sandbox has just removed it, or is removing it.
pub(crate) fn make(
    parent: BorrowedFd<'_>,
    name: &CStr,
    kind: StubKind<'_>,
) -> Result<OwnedFd, Errno> {
    let stub = match kind {
        StubKind::File(content) => {
            let file = create(parent, name, FILE_MODE)?;
            write_all(&file, content).and_then(|()| lock_new(parent, name, content))
        }
        StubKind::Directory => {
            mkdirat(parent, name, Mode::from_raw_mode(DIRECTORY_MODE))?;
            lock_new(parent, name, b"")
        }
    };
    // Some file systems keep no modes (vfat), others no locks: what was made there must not stay.
    if !matches!(stub, Ok(_) | Err(Errno::NOENT | Errno::WOULDBLOCK)) {
        unlink(parent, name, matches!(kind, StubKind::Directory))?;
    }
    stub
}

/// Opens a stub and shares the lock of it. What was seen before must be what is opened, and what is
/// there once it is locked. NOENT and WOULDBLOCK: another sandbox is just removing it.
pub(crate) fn lock(parent: BorrowedFd<'_>, name: &CStr, seen: &Stat) -> Result<OwnedFd, Errno> {
    // Another sandbox may have put a FIFO in its place meanwhile.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let stub = open_below(parent, name, flags)?;
    flock(&stub, FlockOperation::NonBlockingLockShared)?;
    let there = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if is_same(&there, seen) && is_same(&fstat(&stub)?, seen) {
        Ok(stub)
    } else {
        Err(Errno::NOENT)
    }
}

/// Whether it has a stub's mode, and as a file nothing else in it than a stub.
pub(crate) fn is_stub(status: &Stat, content: &[u8]) -> bool {
    if status.st_mode & MARK_BITS != MARK {
        return false;
    }
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory => true,
        FileType::RegularFile => {
            let size = usize::try_from(status.st_size).unwrap_or(usize::MAX);
            size == 0 || size == content.len()
        }
        _ => false,
    }
}

/// The last name of a path.
pub(crate) fn name_of(path: &[u8]) -> Text<256> {
    Text::of(path.rsplit(|&byte| byte == b'/').next().unwrap_or(b""))
}

/// Shares the lock of what was just made, if it has become a stub.
fn lock_new(parent: BorrowedFd<'_>, name: &CStr, content: &[u8]) -> Result<OwnedFd, Errno> {
    let status = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if !is_stub(&status, content) {
        return Err(Errno::OPNOTSUPP);
    }
    lock(parent, name, &status)
}

fn unlink(parent: BorrowedFd<'_>, name: &CStr, directory: bool) -> Result<(), Errno> {
    let flags = if directory {
        AtFlags::REMOVEDIR
    } else {
        AtFlags::empty()
    };
    unlinkat(parent, name, flags)
}
