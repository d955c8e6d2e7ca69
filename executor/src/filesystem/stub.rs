//! One stub: what stands on the host for a protected path that does not exist, so that there is something to
//! mount over. It is an unbound socket, which git and similar tools ignore, or an empty file or
//! directory.
//!
//! A stub is known by its mode, with which it is made: sticky, and without write permission. Each
//! sandbox that needs one has a claim on its name in the directory; the last one removes it, and the next
//! one does for one whose supervisor and janitor were killed.
//!
//! A [`Claim`] is a shared lock of a byte of the directory, which depends on the name. Who removes a stub says
//! so first with a second byte, gives up the claim, and then looks for others' claims; who claims a name looks
//! for removers after that. So of two that meet, one sees the other. Nothing is opened by a name that another
//! process could have put something else at, and nothing waits.

use super::target::{create, open_below};
use crate::files::{is_directory, is_same, write_all};
use crate::text::Text;
use core::ffi::CStr;
use purple_sys::lock;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, mkdirat, mknodat, statat, unlinkat};
use rustix::io::Errno;

/// The modes with which stubs are made.
const FILE_MODE: u32 = 0o1444;
const DIRECTORY_MODE: u32 = 0o1555;
/// The bits of a mode by which a stub is known, and what they are: sticky, and no write permission.
const MARK_BITS: u32 = 0o1222;
const MARK: u32 = 0o1000;

/// A stub that is there.
///
/// Holding one proves that it had the mode and the content of a stub, was what the directory has by its name
/// when the name was claimed, and is not removed by another sandbox for as long as it is held. It does
/// not prove that nothing else removes or replaces it.
pub(crate) struct Stub {
    claim: Claim,
    /// Its device and inode.
    identity: (u64, u64),
}

/// What a stub is.
#[derive(Clone, Copy)]
pub(crate) enum StubKind<'c> {
    /// A file with this content, which may be empty.
    File(&'c [u8]),
    Directory,
    /// A socket, which no program can open.
    Socket,
}

/// A claim on a name in a directory.
pub(crate) struct Claim {
    /// The directory, open for reading.
    dir: OwnedFd,
    /// The byte that stands for the name.
    byte: i64,
}

impl Claim {
    /// Claims a name. WOULDBLOCK: another sandbox is just removing what is there.
    pub(crate) fn on(parent: BorrowedFd<'_>, name: &CStr) -> Result<Self, Errno> {
        let dir = open_below(parent, c".", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let claim = Self {
            dir,
            byte: byte_of(name.to_bytes()),
        };
        lock::share(&claim.dir, claim.byte)?;
        if lock::is_held_by_another(&claim.dir, claim.removal())? {
            return Err(Errno::WOULDBLOCK);
        }
        Ok(claim)
    }

    /// The byte that says that the stub is being removed.
    const fn removal(&self) -> i64 {
        self.byte | REMOVAL
    }

    /// Makes a stub of this name. EXIST: something is there already.
    pub(crate) fn make(self, name: &CStr, kind: StubKind<'_>) -> Result<Stub, Errno> {
        let dir = self.dir.as_fd();
        let checked = match kind {
            StubKind::File(content) => {
                let file = create(dir, name, FILE_MODE)?;
                write_all(&file, content).and_then(|()| check(dir, name, content))
            }
            StubKind::Directory => {
                mkdirat(dir, name, Mode::from_raw_mode(DIRECTORY_MODE))?;
                check(dir, name, b"")
            }
            StubKind::Socket => {
                make_node(dir, name)?;
                check(dir, name, b"")
            }
        };
        match checked {
            Ok(status) => Ok(Stub::new(self, &status)),
            Err(errno) => {
                // What was made and is no stub must not stay.
                unlink(dir, name, matches!(kind, StubKind::Directory))?;
                Err(errno)
            }
        }
    }

    /// The stub that was seen. NOENT: it is not there any more.
    pub(crate) fn take(self, name: &CStr, seen: &Stat) -> Result<Stub, Errno> {
        let status = statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !is_same(&status, seen) {
            return Err(Errno::NOENT);
        }
        Ok(Stub::new(self, &status))
    }
}

impl Stub {
    const fn new(claim: Claim, status: &Stat) -> Self {
        Self {
            claim,
            identity: identity(status),
        }
    }

    /// Removes it, unless another sandbox needs it or something else is there now.
    pub(crate) fn remove(&self, name: &CStr, content: &[u8]) -> Result<(), Errno> {
        let Claim { dir, byte } = &self.claim;
        // Before the claim is given up: of two that end at once, the second to look finds no claim.
        lock::share(dir, self.claim.removal())?;
        lock::release(dir, *byte)?;
        let removed = self.remove_unclaimed(name, content);
        lock::release(dir, self.claim.removal())?;
        removed
    }

    fn remove_unclaimed(&self, name: &CStr, content: &[u8]) -> Result<(), Errno> {
        let Claim { dir, byte } = &self.claim;
        if lock::is_held_by_another(dir, *byte)? {
            return Ok(());
        }
        let there = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if self.identity != identity(&there) || !is_stub(&there, content) {
            return Ok(());
        }
        unlink(dir.as_fd(), name, is_directory(there.st_mode))
    }
}

const fn identity(status: &Stat) -> (u64, u64) {
    (status.st_dev, status.st_ino)
}

/// Whether it has a stub's mode, and as a file nothing else in it than a stub.
pub(crate) fn is_stub(status: &Stat, content: &[u8]) -> bool {
    if status.st_mode & MARK_BITS != MARK {
        return false;
    }
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory | FileType::Socket => true,
        FileType::RegularFile => {
            let size = usize::try_from(status.st_size).unwrap_or(usize::MAX);
            size == 0 || size == content.len()
        }
        _ => false,
    }
}

/// What was just made, if it has become a stub. Some file systems keep no modes (vfat).
fn check(dir: BorrowedFd<'_>, name: &CStr, content: &[u8]) -> Result<Stat, Errno> {
    let status = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if is_stub(&status, content) {
        Ok(status)
    } else {
        Err(Errno::OPNOTSUPP)
    }
}

/// The last name of a path.
pub(crate) fn name_of(path: &[u8]) -> Text<256> {
    Text::of(path.rsplit(|&byte| byte == b'/').next().unwrap_or(b""))
}

/// Makes a socket that nobody has bound, or an empty file on a file system that has no sockets (vfat,
/// some of FUSE).
fn make_node(dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(FILE_MODE);
    let node = |kind| mknodat(dir, name, kind, mode, 0);
    match node(FileType::Socket) {
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::INVAL) => node(FileType::RegularFile),
        made => made,
    }
}

/// The bit by which the byte of a removal differs from the one of a claim.
const REMOVAL: i64 = 1 << 61;

/// The byte that stands for a name: FNV-1a, less the upper bits. Names that share one wait for each other,
/// and nothing else.
fn byte_of(name: &[u8]) -> i64 {
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    i64::try_from(hash >> 4).unwrap_or(0)
}

fn unlink(parent: BorrowedFd<'_>, name: &CStr, directory: bool) -> Result<(), Errno> {
    let flags = if directory {
        AtFlags::REMOVEDIR
    } else {
        AtFlags::empty()
    };
    unlinkat(parent, name, flags)
}

#[cfg(test)]
mod tests {
    use super::{REMOVAL, byte_of};

    #[test]
    fn names_have_bytes_of_their_own() {
        let bytes = [&b".mcp.json"[..], b".vscode", b".envrc", b""].map(byte_of);
        for (index, byte) in bytes.iter().enumerate() {
            assert!(*byte >= 0 && byte & REMOVAL == 0);
            assert!(bytes.iter().skip(index + 1).all(|other| other != byte));
        }
    }
}
