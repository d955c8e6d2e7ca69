//! Files that are held open: whatever becomes of their names, the descriptor leads to what was read.

use crate::FileError;
use crate::memory;
use crate::path::ResolvedPath;
use nix::errno::Errno;
use nix::fcntl::{OFlag, readlinkat};
use nix::unistd::geteuid;
use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::RawFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A file or a directory, with the symbolic links that its path passes.
#[derive(Debug)]
pub struct HeldFile {
    path: PathBuf,
    file: File,
    links: Vec<HeldLink>,
}

/// A symbolic link that is held open.
#[derive(Debug)]
pub struct HeldLink {
    path: PathBuf,
    file: File,
    target: OsString,
}

/// A file system and a file in it: the device and the inode.
pub type Identity = (u64, u64);

/// What changes when a file does. A program without privileges cannot set the change time (inode(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The device and the inode.
    pub identity: Identity,
    /// The size in bytes, and the times of the last change of content and of anything: seconds and
    /// nanoseconds.
    rest: (u64, i64, i64, i64, i64),
}

impl HeldFile {
    /// Holds what was opened by a path, and the links on the way there.
    pub fn new(path: &Path, file: File) -> Result<Self, FileError> {
        let resolved = ResolvedPath::of(path)
            .ok_or_else(|| FileError::at(path)(io::Error::other("too many links")))?;
        let mut links = Vec::new();
        for link in resolved.links() {
            links.push(HeldLink::open(link).map_err(FileError::at(link))?);
        }
        let opened = file.metadata().map_err(FileError::at(path))?;
        let found = std::fs::metadata(resolved.target());
        // What lies in memory, and is named by a descriptor, has no path.
        if found.is_ok_and(|found| identity(&found) != identity(&opened)) {
            let why = io::Error::other("it was replaced while it was opened: start again");
            return Err(FileError::at(path)(why));
        }
        Ok(Self {
            path: resolved.target().to_owned(),
            file,
            links,
        })
    }

    /// Holds what is at a path, without reading it. A link at its end is followed.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let target = ResolvedPath::of(path)
            .ok_or_else(|| FileError::at(path)(io::Error::other("too many links")))?;
        let file = open_path(target.target()).map_err(FileError::at(path))?;
        Self::new(path, file)
    }

    /// Holds what has a name, a symbolic link as itself.
    pub fn named(path: &Path) -> Result<Self, FileError> {
        let file = open_path(path).map_err(FileError::at(path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            links: Vec::new(),
        })
    }

    /// The symbolic links on the way to it.
    pub fn links(&self) -> &[HeldLink] {
        &self.links
    }

    /// Whether it has another name (a hard link), by which a program of this user could change it.
    pub fn is_changed_by_another_name(&self) -> Result<bool, FileError> {
        let found = self.file.metadata().map_err(FileError::at(&self.path))?;
        let user = geteuid();
        let may_write = user.is_root() || found.uid() == user.as_raw() || found.mode() & 0o022 != 0;
        Ok(found.is_file() && found.nlink() > 1 && may_write)
    }

    /// Its path without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The open file.
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// What it was when this is asked, by the descriptor.
    pub fn stamp(&self) -> Result<Stamp, FileError> {
        let found = self.file.metadata().map_err(FileError::at(&self.path))?;
        Ok(Stamp::of(&found))
    }

    /// Has commands that this process executes inherit the descriptors, and gives their numbers.
    pub fn inherit(&self) -> Result<Vec<RawFd>, Errno> {
        let links = self.links.iter().map(|link| &link.file);
        let all = std::iter::once(&self.file).chain(links);
        all.map(memory::inherit).collect()
    }
}

impl HeldLink {
    fn open(path: &Path) -> io::Result<Self> {
        let file = open_path(path)?;
        // Without a name it reads what the descriptor refers to (since Linux 2.6.39, readlink(2)).
        let target = readlinkat(&file, c"")?;
        Ok(Self {
            path: path.to_owned(),
            file,
            target,
        })
    }

    /// The path of the link itself, without links before it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it leads.
    pub fn target(&self) -> &OsString {
        &self.target
    }

    /// What it was when this is asked, by the descriptor.
    pub fn stamp(&self) -> Result<Stamp, FileError> {
        let found = self.file.metadata().map_err(FileError::at(&self.path))?;
        Ok(Stamp::of(&found))
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            identity: identity(found),
            rest: (
                found.len(),
                found.mtime(),
                found.mtime_nsec(),
                found.ctime(),
                found.ctime_nsec(),
            ),
        }
    }

    /// What is at a path now; `None` where there is nothing.
    pub fn at(path: &Path) -> Option<Self> {
        std::fs::symlink_metadata(path)
            .ok()
            .map(|found| Self::of(&found))
    }
}

/// Whether one of these directories holds a file, at any depth.
pub fn lies_in(file: &Path, directories: &[Identity]) -> bool {
    file.ancestors().any(|above| {
        let found = std::fs::symlink_metadata(above);
        found.is_ok_and(|found| directories.contains(&identity(&found)))
    })
}

/// The device and the inode of what a path leads to.
pub fn identity_at(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|found| identity(&found))
}

/// The device and the inode of what has this name, a symbolic link as itself.
pub fn identity_of_name(path: &Path) -> Option<Identity> {
    Stamp::at(path).map(|stamp| stamp.identity)
}

fn identity(found: &Metadata) -> Identity {
    (found.dev(), found.ino())
}

/// A handle of what is at a path, a symbolic link as itself.
pub(crate) fn open_path(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits()).open(path)
}
