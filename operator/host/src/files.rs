//! Files that only this user can have written, or can read.

use crate::links;
use crate::path::shown;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};
use nix::unistd::{AccessFlags, UnlinkatFlags, access, geteuid, unlinkat};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

/// A directory in which only this user can have written.
#[derive(Debug)]
pub struct PrivateDirectory(OwnedFd);

impl PrivateDirectory {
    /// The directory at a path; `None` where there is none or others could write to it.
    pub fn open(path: &Path) -> Option<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let directory = openat(AT_FDCWD, path, flags, Mode::empty()).ok()?;
        let found = fstat(&directory).ok()?;
        is_private(&found, SFlag::S_IFDIR).then_some(Self(directory))
    }

    /// The same, made with all above it where it is missing.
    pub fn create(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Self::open(path).ok_or_else(|| io::ErrorKind::PermissionDenied.into())
    }

    /// At most so many bytes of a file that only this user can have written; `None` where there is
    /// no such file.
    pub fn read(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = openat(&self.0, name, flags, Mode::empty()).ok()?;
        let found = fstat(&file).ok()?;
        if !is_private(&found, SFlag::S_IFREG) {
            return None;
        }
        let mut bytes = Vec::new();
        File::from(file).take(limit).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Writes a file under another name first, then renames it: a reader finds the whole or nothing.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let partial = format!("{name}.{}", std::process::id());
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let written = openat(&self.0, partial.as_str(), flags, mode)
            .map_err(io::Error::from)
            .and_then(|file| File::from(file).write_all(bytes))
            .and_then(|()| Ok(renameat(&self.0, partial.as_str(), &self.0, name)?));
        if written.is_err() {
            unlinkat(&self.0, partial.as_str(), UnlinkatFlags::NoRemoveDir)?;
        }
        written
    }
}

/// Whether it is of this kind and only this user can have written there.
fn is_private(found: &FileStat, kind: SFlag) -> bool {
    found.st_uid == geteuid().as_raw()
        && found.st_mode & SFlag::S_IFMT.bits() == kind.bits()
        && found.st_mode & (Mode::S_IWGRP | Mode::S_IWOTH).bits() == 0
}

/// A file for writing that is empty and that only its owner can read. No symbolic link is followed in
/// its place, nor one on the way that a sandbox may have left, and a file with another name is not
/// emptied.
pub fn create_private(path: &Path) -> io::Result<File> {
    let directory = path.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(link) = directory.and_then(links::first_planted) {
        let target = directory.and_then(|directory| directory.canonicalize().ok());
        let target = target.unwrap_or_default();
        return Err(io::Error::other(format!(
            "the path leads through the symbolic link {}, which a sandbox may have created; if it is yours, name \
             the path itself: {}",
            shown(&link),
            shown(&target)
        )));
    }
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags.bits())
        .open(path)?;
    let found = file.metadata()?;
    if found.is_file() {
        if found.nlink() > 1 {
            let why = "it has another name (a hard link), which a sandbox may have created: remove it first";
            return Err(io::Error::other(why));
        }
        file.set_len(0)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Whether this user may execute a file.
pub fn may_execute(path: &Path) -> Result<(), Errno> {
    access(path, AccessFlags::X_OK)
}

/// Whether this user may make files in a directory.
pub fn may_create_in(directory: &Path) -> bool {
    access(directory, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::PrivateDirectory;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn only_what_this_user_alone_can_have_written_is_read() {
        let base = std::env::temp_dir().join(format!("purple-private-{}", std::process::id()));
        let made = PrivateDirectory::create(&base);
        let read = |name: &str| made.as_ref().ok()?.read(name, 4);
        let replaced = made.as_ref().map(|one| one.replace("a", b"12345").is_ok());
        assert!(replaced.is_ok_and(|fine| fine));
        assert_eq!(read("a"), Some(b"1234".to_vec()), "cut to the limit");
        assert_eq!(read("none"), None);
        assert!(symlink("a", base.join("link")).is_ok());
        assert_eq!(read("link"), None, "a link");
        assert!(set_permissions(base.join("a"), Permissions::from_mode(0o620)).is_ok());
        assert_eq!(read("a"), None, "the group can write it");
        assert!(PrivateDirectory::open(&base).is_some());
        assert!(set_permissions(&base, Permissions::from_mode(0o777)).is_ok());
        assert!(PrivateDirectory::open(&base).is_none(), "open to all");
        assert!(std::fs::remove_dir_all(&base).is_ok());
    }
}
