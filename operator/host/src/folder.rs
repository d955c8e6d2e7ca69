//! Directories of others, looked through and changed by descriptors: no symbolic link is followed, nothing that
//! blocks is opened, and nothing is written through a name that is there already.

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, RenameFlags, openat, readlinkat, renameat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, unlinkat};
use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

const DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// How many names are tried for a file that is put aside.
const NAMES: u32 = 100;

/// An open directory.
#[derive(Debug)]
pub struct Folder(Dir);

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A regular file: what is in it, and whether it may be executed.
    File {
        /// The bytes, up to the cap that was asked for.
        bytes: Vec<u8>,
        /// Whether there are more.
        cut: bool,
        /// Whether somebody may execute it.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        to: OsString,
        /// What is in the regular file there, up to the cap; `None` where there is none.
        bytes: Option<Vec<u8>>,
    },
    /// A directory or anything else.
    Other,
}

impl Folder {
    /// The directory at a path of the caller's, as the host resolves it.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        Dir::open(path, DIRECTORY, Mode::empty()).map(Self)
    }

    /// A directory in this one; a symbolic link is none.
    pub fn enter(&self, name: &OsStr) -> Result<Self, Errno> {
        Dir::openat(&self.0, name, DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()).map(Self)
    }

    /// Calls `each` with every entry but `.` and `..`.
    pub fn entries(&mut self, mut each: impl FnMut(&OsStr, EntryKind)) -> Result<(), Errno> {
        let mut unknown = Vec::new();
        for entry in self.0.iter() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let kind = match entry.file_type() {
                Some(Type::Directory) => EntryKind::Folder,
                Some(Type::File) => EntryKind::File,
                Some(Type::Symlink) => EntryKind::Link,
                Some(_) => EntryKind::Other,
                // Some file systems do not say.
                None => {
                    unknown.push(name.to_owned());
                    continue;
                }
            };
            each(os(name), kind);
        }
        for name in unknown {
            if let Some(status) = absent(fstatat(
                &self.0,
                name.as_c_str(),
                AtFlags::AT_SYMLINK_NOFOLLOW,
            ))? {
                each(os(&name), kind(&status));
            }
        }
        Ok(())
    }

    /// What a name stands for; `None` where there is nothing. A file is read up to `cap` bytes.
    pub fn content(&self, name: &OsStr, cap: u64) -> Result<Option<Content>, io::Error> {
        let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
        let Some(status) = absent(fstatat(&self.0, name, flags))? else {
            return Ok(None);
        };
        Ok(match kind(&status) {
            EntryKind::Link => Some(Content::Link {
                to: readlinkat(&self.0, name)?,
                bytes: self.linked(name, cap)?,
            }),
            EntryKind::File => self.file(name, cap)?,
            EntryKind::Folder | EntryKind::Other => Some(Content::Other),
        })
    }

    /// What is in the regular file that a link leads to. Nothing else is opened.
    fn linked(&self, name: &OsStr, cap: u64) -> Result<Option<Vec<u8>>, io::Error> {
        let handle = match openat(
            &self.0,
            name,
            OFlag::O_PATH | OFlag::O_CLOEXEC,
            Mode::empty(),
        ) {
            Ok(handle) => handle,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EACCES) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        if kind(&fstat(&handle)?) != EntryKind::File {
            return Ok(None);
        }
        let Ok(file) = File::open(format!("/proc/self/fd/{}", handle.as_raw_fd())) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let _count = file.take(cap).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn file(&self, name: &OsStr, cap: u64) -> Result<Option<Content>, io::Error> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let Some(file) = absent(openat(&self.0, name, flags, Mode::empty()))? else {
            return Ok(None);
        };
        let status = fstat(&file)?;
        if kind(&status) != EntryKind::File {
            return Ok(Some(Content::Other));
        }
        let mut bytes = Vec::new();
        let _count = File::from(file)
            .take(cap.saturating_add(1))
            .read_to_end(&mut bytes)?;
        let cut = u64::try_from(bytes.len()).is_ok_and(|length| length > cap);
        Ok(Some(Content::File {
            bytes,
            cut,
            executable: status.st_mode & 0o111 != 0,
        }))
    }

    /// Renames an entry to its name with `suffix`, or with a number too where that is taken. Gives the new name.
    pub fn put_aside(&self, name: &OsStr, suffix: &str) -> Result<OsString, Errno> {
        for number in 0..NAMES {
            let mut other = name.to_owned();
            other.push(suffix);
            if number > 0 {
                other.push(format!(".{number}"));
            }
            let flags = RenameFlags::RENAME_NOREPLACE;
            match renameat2(&self.0, name, &self.0, other.as_os_str(), flags) {
                Err(Errno::EEXIST) => {}
                renamed => return renamed.map(|()| other),
            }
        }
        Err(Errno::EEXIST)
    }

    /// Puts a file with the same owner and mode in the place of one: what has the old one open, or by another
    /// name, is not written to.
    pub fn replace(&self, name: &OsStr, bytes: &[u8]) -> Result<(), io::Error> {
        let old = fstatat(&self.0, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let mut new = name.to_owned();
        new.push(format!(".purple-{}", std::process::id()));
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = openat(
            &self.0,
            new.as_os_str(),
            flags,
            Mode::from_bits_truncate(0o600),
        )?;
        let written = (|| {
            let mut file = File::from(file);
            file.write_all(bytes)?;
            let (user, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
            let own = fstat(&file)?;
            if (own.st_uid, own.st_gid) != (old.st_uid, old.st_gid) {
                fchown(&file, Some(user), Some(group))?;
            }
            fchmod(&file, Mode::from_bits_truncate(old.st_mode & 0o777))?;
            renameat2(
                &self.0,
                new.as_os_str(),
                &self.0,
                name,
                RenameFlags::empty(),
            )?;
            Ok(())
        })();
        if written.is_err() {
            unlinkat(&self.0, new.as_os_str(), UnlinkatFlags::NoRemoveDir)?;
        }
        written
    }
}

fn os(name: &CStr) -> &OsStr {
    OsStr::from_bytes(name.to_bytes())
}

fn kind(status: &FileStat) -> EntryKind {
    match SFlag::from_bits_truncate(status.st_mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFDIR => EntryKind::Folder,
        SFlag::S_IFREG => EntryKind::File,
        SFlag::S_IFLNK => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

/// Nothing there is no failure.
fn absent<T>(result: Result<T, Errno>) -> Result<Option<T>, Errno> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}
