//! What a name in a directory stands for. A failure is one entry's and never stops who looks: what cannot be read is
//! known by its inode and its times.

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};
use nix::sys::statfs::{
    self, BPF_FS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC, FsType,
    PROC_SUPER_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, SYSFS_MAGIC, TRACEFS_MAGIC,
};
use nix::unistd::{Whence, lseek};
use purple_plan::{Digest, sha256};
use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Instant;

/// File systems whose files are no data but the kernel's answers: reading one may wait, or do something.
const OF_THE_KERNEL: [FsType; 9] = [
    BPF_FS_MAGIC,
    CGROUP2_SUPER_MAGIC,
    CGROUP_SUPER_MAGIC,
    DEBUGFS_MAGIC,
    PROC_SUPER_MAGIC,
    SECURITYFS_MAGIC,
    SELINUX_MAGIC,
    SYSFS_MAGIC,
    TRACEFS_MAGIC,
];

/// Up to so many bytes a file may have holes, or lie in its inode.
const BLOCK: u64 = 1 << 16;

/// What an entry of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// Anything else.
    Other,
}

/// What a name stands for, as far as it is of interest whether it has changed.
///
/// Two are equal if nothing shows a change: the bytes or their digest, or else the stamp.
#[derive(Debug, Clone)]
pub enum Content {
    /// A regular file: what is in it, and whether it may be executed.
    File {
        /// All of its bytes.
        bytes: Vec<u8>,
        /// Whether one of its mode's bits allows execution.
        executable: bool,
        /// What differs after each change.
        stamp: Stamp,
    },
    /// The same, as it is remembered.
    Noted {
        /// The SHA-256 of its bytes.
        digest: Digest,
        /// Whether one of its mode's bits allows execution.
        executable: bool,
        /// What differs after each change.
        stamp: Stamp,
    },
    /// A file that is longer than the cap, has holes, is the kernel's, or cannot be read; without a stamp where not even that is
    /// known.
    Unread(Option<Stamp>),
    /// A symbolic link.
    Link {
        /// Where it leads.
        to: OsString,
        /// The regular file there; `None` where there is none.
        target: Option<Box<Content>>,
    },
    /// A directory.
    Folder,
    /// Anything else.
    Other,
}

/// What differs after each change of a file: no program sets the time of the last change (`inode(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: i64,
    changed: (i64, i64),
}

impl Stamp {
    const fn of(status: &FileStat) -> Self {
        Self {
            device: status.st_dev,
            inode: status.st_ino,
            mode: status.st_mode,
            size: status.st_size,
            changed: (status.st_ctime, status.st_ctime_nsec),
        }
    }
}

impl Content {
    /// The bytes of a file, or of the file that a link leads to.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::File { bytes, .. } => Some(bytes),
            Self::Link { target, .. } => target.as_deref()?.bytes(),
            Self::Noted { .. } | Self::Unread(_) | Self::Folder | Self::Other => None,
        }
    }

    /// What is remembered of it: of the bytes of a file, their digest.
    #[must_use]
    pub fn noted(self) -> Self {
        match self {
            Self::File {
                bytes,
                executable,
                stamp,
            } => Self::Noted {
                digest: sha256(&bytes),
                executable,
                stamp,
            },
            Self::Link { to, target } => Self::Link {
                to,
                target: target.map(|target| Box::new(target.noted())),
            },
            other => other,
        }
    }

    /// The SHA-256 of a file's bytes, and whether it may be executed.
    pub fn digest(&self) -> Option<(Digest, bool)> {
        match self {
            Self::File {
                bytes, executable, ..
            } => Some((sha256(bytes), *executable)),
            Self::Noted {
                digest, executable, ..
            } => Some((*digest, *executable)),
            _ => None,
        }
    }

    const fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::File { stamp, .. } | Self::Noted { stamp, .. } => Some(*stamp),
            Self::Unread(stamp) => *stamp,
            Self::Link { .. } | Self::Folder | Self::Other => None,
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Link { to, target },
                Self::Link {
                    to: other_to,
                    target: other,
                },
            ) => to == other_to && target == other,
            (Self::Unread(None), Self::Unread(None))
            | (Self::Folder, Self::Folder)
            | (Self::Other, Self::Other) => true,
            _ => match (self.digest(), other.digest()) {
                (Some(one), Some(other)) => one == other,
                // Of one of them only the stamp is known, or it is no file.
                _ => self.stamp().is_some() && self.stamp() == other.stamp(),
            },
        }
    }
}

impl Eq for Content {}

/// The most bytes of a file that counts as small.
const SMALL: u64 = 1 << 20;

/// How much is read of files, and until when: what is read in a directory and below it counts together.
#[derive(Debug, Clone)]
pub struct Allowance {
    small: Cell<u64>,
    large: Cell<u64>,
    until: Option<Instant>,
    is_exceeded: Cell<bool>,
}

impl Allowance {
    /// So many bytes of files up to 1 MiB, and of others.
    pub const fn new(small: u64, large: u64, until: Option<Instant>) -> Self {
        Self {
            small: Cell::new(small),
            large: Cell::new(large),
            until,
            is_exceeded: Cell::new(false),
        }
    }

    /// Whether a file was not read because of it.
    pub const fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }

    /// Takes the bytes of a file. Returns whether they may be read.
    fn take(&self, size: u64) -> bool {
        let left = if size <= SMALL {
            &self.small
        } else {
            &self.large
        };
        let rest = left.get().checked_sub(size);
        let may = rest.is_some() && !self.is_over();
        match rest {
            Some(rest) if may => left.set(rest),
            _ => self.is_exceeded.set(true),
        }
        may
    }
}

/// What a name stands for; `None` where there is nothing. A file of more than `cap` bytes is not read.
pub(crate) fn of(
    dir: &Dir,
    name: &OsStr,
    cap: u64,
    allowance: Option<&Allowance>,
) -> Option<Content> {
    let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
    let status = match absent(fstatat(dir, name, flags)) {
        Ok(status) => status?,
        Err(_) => return Some(Content::Unread(None)),
    };
    let unread = Content::Unread(Some(Stamp::of(&status)));
    Some(match kind(&status) {
        EntryKind::Link => match readlinkat(dir, name) {
            Ok(to) => Content::Link {
                to,
                target: regular(dir, name, (cap, allowance), OFlag::empty()).map(Box::new),
            },
            Err(_) => unread,
        },
        EntryKind::File => {
            regular(dir, name, (cap, allowance), OFlag::O_NOFOLLOW).unwrap_or(unread)
        }
        EntryKind::Folder => Content::Folder,
        EntryKind::Other => Content::Other,
    })
}

/// The regular file of a name, found without opening anything else.
fn regular(
    dir: &Dir,
    name: &OsStr,
    limits: (u64, Option<&Allowance>),
    flags: OFlag,
) -> Option<Content> {
    let flags = flags | OFlag::O_PATH | OFlag::O_CLOEXEC;
    let handle = openat(dir, name, flags, Mode::empty()).ok()?;
    let status = fstat(&handle).ok()?;
    if kind(&status) != EntryKind::File {
        return None;
    }
    let read = read(&handle, &status, limits).ok().flatten();
    Some(read.unwrap_or_else(|| Content::Unread(Some(Stamp::of(&status)))))
}

/// The bytes of a file, as many as its size says: more come from no file that is data.
fn read(
    handle: &OwnedFd,
    status: &FileStat,
    (cap, allowance): (u64, Option<&Allowance>),
) -> Result<Option<Content>, io::Error> {
    let size = u64::try_from(status.st_size).map_err(|_| Errno::EOVERFLOW)?;
    let kernels = OF_THE_KERNEL.contains(&statfs::fstatfs(handle)?.filesystem_type());
    if kernels || size > cap {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = File::from(open(path.as_str(), flags, Mode::empty())?);
    // A file with holes takes less of the disk than it would take here. Where the file system does not tell, it has none.
    let hole = lseek(&file, 0, Whence::SeekHole);
    if size > BLOCK && hole.is_ok_and(|hole| u64::try_from(hole).is_ok_and(|hole| hole < size)) {
        return Ok(None);
    }
    if allowance.is_some_and(|allowance| !allowance.take(size)) {
        return Ok(None);
    }
    lseek(&file, 0, Whence::SeekSet)?;
    let _count = file.take(size).read_to_end(&mut bytes)?;
    Ok(Some(Content::File {
        bytes,
        executable: status.st_mode & 0o111 != 0,
        stamp: Stamp::of(status),
    }))
}

pub(crate) fn kind(status: &FileStat) -> EntryKind {
    match SFlag::from_bits_truncate(status.st_mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFDIR => EntryKind::Folder,
        SFlag::S_IFREG => EntryKind::File,
        SFlag::S_IFLNK => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

/// Nothing there is no failure.
pub(crate) fn absent<T>(result: Result<T, Errno>) -> Result<Option<T>, Errno> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}
