//! Directories of others, looked through and changed by descriptors: no symbolic link is followed, nothing that
//! blocks is opened, and nothing is written through a name that is there already. A mode that keeps the owner out of
//! a directory is set aside while it is looked at.

pub use crate::content::{Allowance, Content, EntryKind, Stamp};

use crate::content::{self, absent, kind};
use crate::random;
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, RenameFlags, openat, readlinkat, renameat2};
use nix::sys::stat::{FileStat, Mode, fchmod, fstat, fstatat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, geteuid, unlinkat};
use std::ffi::{CStr, OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::rc::Rc;

const DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// What the owner of a directory needs to look through it, and to change it.
const SEARCH: u32 = 0o500;
const CHANGE: u32 = 0o300;

/// An open directory.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    /// The mode that it gets again in the end.
    restore: Option<u32>,
    /// How much may be read here and below; `None` for anything.
    allowance: Option<Rc<Allowance>>,
}

impl Folder {
    /// The directory at a path of the caller's, as the host resolves it.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        Dir::open(path, DIRECTORY, Mode::empty()).and_then(Self::searched)
    }

    /// Limits what is read here and in what is entered from here.
    pub fn allow(&mut self, allowance: &Rc<Allowance>) {
        self.allowance = Some(Rc::clone(allowance));
    }

    /// Whether the time is over in which something may be read.
    pub fn is_over(&self) -> bool {
        self.allowance
            .as_ref()
            .is_some_and(|allowance| allowance.is_over())
    }

    /// A directory in this one; a symbolic link is none.
    pub fn enter(&self, name: &OsStr) -> Result<Self, Errno> {
        let mut entered = self.entered(name)?;
        entered.allowance.clone_from(&self.allowance);
        Ok(entered)
    }

    fn entered(&self, name: &OsStr) -> Result<Self, Errno> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
        match Dir::openat(&self.dir, name, flags, Mode::empty()) {
            Err(Errno::EACCES) => {
                let handle = openat(&self.dir, name, flags | OFlag::O_PATH, Mode::empty())?;
                Self::opened_up(&handle)
            }
            opened => opened.and_then(Self::searched),
        }
    }

    /// A directory that can be listed, with the right to look at what is in it.
    fn searched(dir: Dir) -> Result<Self, Errno> {
        let status = fstat(&dir)?;
        let may = status.st_mode & SEARCH == SEARCH || !is_own(&status) || geteuid().is_root();
        let restore = (!may).then_some(status.st_mode & 0o7777);
        if let Some(mode) = restore {
            fchmod(&dir, Mode::from_bits_truncate(mode | SEARCH))?;
        }
        Ok(Self {
            dir,
            restore,
            allowance: None,
        })
    }

    /// A directory of the caller's whose mode keeps even its owner out. The mode is set by the handle's name in `/proc`:
    /// `fchmod(2)` takes no such handle.
    fn opened_up(handle: &OwnedFd) -> Result<Self, Errno> {
        let status = fstat(handle)?;
        if !is_own(&status) {
            return Err(Errno::EACCES);
        }
        let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
        let mode = status.st_mode & 0o7777;
        let set = |mode| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).map_err(|_| Errno::EACCES)
        };
        set(mode | SEARCH)?;
        match Dir::open(path.as_str(), DIRECTORY, Mode::empty()) {
            Ok(dir) => Ok(Self {
                dir,
                restore: Some(mode),
                allowance: None,
            }),
            Err(errno) => set(mode).and(Err(errno)),
        }
    }

    /// Which directory this is: the device and the inode.
    pub fn identity(&self) -> Option<(u64, u64)> {
        fstat(&self.dir).ok().map(|status| identity(&status))
    }

    /// Which directory a path from here leads to, as the host resolves it.
    pub fn leads_to(&self, path: &Path) -> Option<(u64, u64)> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let handle = openat(&self.dir, path, flags, Mode::empty()).ok()?;
        fstat(&handle).ok().map(|status| identity(&status))
    }

    /// Calls `each` with every entry but `.` and `..`.
    pub fn entries(&mut self, mut each: impl FnMut(&OsStr, EntryKind)) -> Result<(), Errno> {
        let mut unknown = Vec::new();
        for entry in self.dir.iter() {
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
                &self.dir,
                name.as_c_str(),
                AtFlags::AT_SYMLINK_NOFOLLOW,
            ))? {
                each(os(&name), kind(&status));
            }
        }
        Ok(())
    }

    /// What a name stands for; `None` where there is nothing. A file of more than `cap` bytes is not read.
    pub fn content(&self, name: &OsStr, cap: u64) -> Option<Content> {
        content::of(&self.dir, name, cap, self.allowance.as_deref())
    }

    /// A handle of what a name stands for, or of what a symbolic link of that name leads to, for a program that this one
    /// starts: it is not closed there, and nothing can be read or written by it (`O_PATH` of `open(2)`).
    pub fn inherited_handle(&self, name: &OsStr) -> Result<OwnedFd, Errno> {
        openat(&self.dir, name, OFlag::O_PATH, Mode::empty())
    }

    /// Renames an entry to its name with `suffix`, or with a random number too where that is taken. Gives the new name.
    pub fn put_aside(&self, name: &OsStr, suffix: &str) -> Result<OsString, Errno> {
        let mut other = name.to_owned();
        other.push(suffix);
        let rename = |other: &OsStr| {
            let flags = RenameFlags::RENAME_NOREPLACE;
            self.changing(|| renameat2(&self.dir, name, &self.dir, other, flags))
        };
        match rename(&other) {
            Err(Errno::EEXIST) => other.push(format!(".{}", random()?)),
            // A name has 255 bytes.
            Err(Errno::ENAMETOOLONG) => other = format!("x{suffix}.{}", random()?).into(),
            renamed => return renamed.map(|()| other),
        }
        rename(&other).map(|()| other)
    }

    /// Puts a file in the place of a symbolic link, with where it leads as its content and its name with `suffix`, or with a random
    /// number too where that is taken. Gives the new name. A link with another name would still be a link.
    pub fn put_link_aside(&self, name: &OsStr, suffix: &str) -> Result<OsString, Errno> {
        let target = readlinkat(&self.dir, name)?;
        let mut other = name.to_owned();
        other.push(suffix);
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(0o600);
        let create = |other: &OsStr| self.changing(|| openat(&self.dir, other, flags, mode));
        let file = match create(&other) {
            Err(Errno::EEXIST) => {
                other.push(format!(".{}", random()?));
                create(&other)?
            }
            Err(Errno::ENAMETOOLONG) => {
                other = format!("x{suffix}.{}", random()?).into();
                create(&other)?
            }
            created => created?,
        };
        let link = fstatat(&self.dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let own = fstat(&file)?;
        if (own.st_uid, own.st_gid) != (link.st_uid, link.st_gid) {
            let (user, group) = (Uid::from_raw(link.st_uid), Gid::from_raw(link.st_gid));
            fchown(&file, Some(user), Some(group))?;
        }
        let written = File::from(file).write_all(target.as_bytes());
        written.map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
        self.changing(|| unlinkat(&self.dir, name, UnlinkatFlags::NoRemoveDir))?;
        Ok(other)
    }

    /// Puts a file with the same owner and mode in the place of one: what has the old one open, or by another
    /// name, is not written to.
    pub fn replace(&self, name: &OsStr, bytes: &[u8]) -> Result<(), io::Error> {
        let old = fstatat(&self.dir, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let new = OsString::from(format!(".purple-{}", random()?));
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(0o600);
        let file = self.changing(|| openat(&self.dir, new.as_os_str(), flags, mode))?;
        let written = (|| {
            let mut file = File::from(file);
            file.write_all(bytes)?;
            let (user, group) = (Uid::from_raw(old.st_uid), Gid::from_raw(old.st_gid));
            let own = fstat(&file)?;
            if (own.st_uid, own.st_gid) != (old.st_uid, old.st_gid) {
                fchown(&file, Some(user), Some(group))?;
            }
            fchmod(&file, Mode::from_bits_truncate(old.st_mode & 0o777))?;
            let flags = RenameFlags::empty();
            self.changing(|| renameat2(&self.dir, new.as_os_str(), &self.dir, name, flags))?;
            Ok(())
        })();
        if written.is_err() {
            let flags = UnlinkatFlags::NoRemoveDir;
            self.changing(|| unlinkat(&self.dir, new.as_os_str(), flags))?;
        }
        written
    }

    /// Changes the directory, also where its mode keeps its owner from that.
    fn changing<T>(&self, change: impl Fn() -> Result<T, Errno>) -> Result<T, Errno> {
        match change() {
            Err(Errno::EACCES) => {}
            done => return done,
        }
        let status = fstat(&self.dir)?;
        if !is_own(&status) {
            return Err(Errno::EACCES);
        }
        let mode = status.st_mode & 0o7777;
        fchmod(&self.dir, Mode::from_bits_truncate(mode | CHANGE))?;
        let done = change();
        fchmod(&self.dir, Mode::from_bits_truncate(mode))?;
        done
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(mode) = self.restore {
            // Where it fails, the directory stays open to its owner, who could set that.
            let _failed = fchmod(&self.dir, Mode::from_bits_truncate(mode)).is_err();
        }
    }
}

/// A part of a name that nobody can take beforehand.
fn random() -> Result<String, Errno> {
    let bytes = random::bytes().map_err(|_| Errno::EIO)?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

fn is_own(status: &FileStat) -> bool {
    status.st_uid == geteuid().as_raw()
}

const fn identity(status: &FileStat) -> (u64, u64) {
    (status.st_dev, status.st_ino)
}

fn os(name: &CStr) -> &OsStr {
    OsStr::from_bytes(name.to_bytes())
}
