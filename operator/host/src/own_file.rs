//! Files that belong to this user and that no other user can read: opened, locked, and read from their
//! end, without following a symbolic link in their place.

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, Flock, FlockArg, OFlag, fallocate};
use nix::unistd::geteuid;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// A file that this process has locked, until it is dropped.
pub type LockedFile = Flock<File>;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Writing at its end.
    Append,
    /// Reading it and writing over it.
    Update,
}

/// Opens a file of this user's, made where it is missing, which no other user can read.
pub fn open(path: &Path, access: Access) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    let options = options.create(true).mode(0o600).custom_flags(flags.bits());
    let options = match access {
        Access::Append => options.append(true),
        Access::Update => options.read(true).write(true).truncate(false),
    };
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if found.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it has another owner"));
    }
    if found.mode() & 0o777 != 0o600 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Waits until no other process has it locked, and locks it.
pub fn lock(file: File) -> Result<LockedFile, Errno> {
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno)
}

/// Locks it, if no other process has it locked: `None` where one has.
pub fn try_lock(file: File) -> Result<Option<LockedFile>, Errno> {
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(locked) => Ok(Some(locked)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, errno)) => Err(errno),
    }
}

/// Sets room aside behind an offset, without making the file longer. Where the file system cannot,
/// nothing is set aside.
pub fn reserve(file: &File, offset: u64, bytes: u32) -> Result<(), Errno> {
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let flags = FallocateFlags::FALLOC_FL_KEEP_SIZE;
    match fallocate(file, flags, offset, i64::from(bytes)) {
        Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
        result => result,
    }
}

/// At most so many bytes at the end of a file, as text; `None` where there is no file.
pub fn read_end(path: &Path, limit: u64) -> io::Result<Option<String>> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut options = OpenOptions::new();
    let opened = options.read(true).custom_flags(flags.bits()).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Access, open, read_end};
    use std::fs::{Permissions, set_permissions};
    use std::io::Write as _;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::path::Path;

    #[test]
    fn a_file_is_closed_to_others_and_read_from_its_end() {
        let base = std::env::temp_dir().join(format!("purple-own-file-{}", std::process::id()));
        assert!(std::fs::create_dir_all(&base).is_ok());
        let path = base.join("log");
        let append = |text: &[u8]| {
            let opened = open(&path, Access::Append);
            assert!(opened.is_ok_and(|mut file| file.write_all(text).is_ok()));
        };
        append(b"one\n");
        assert!(set_permissions(&path, Permissions::from_mode(0o644)).is_ok());
        append(b"two\n");
        let mode = std::fs::metadata(&path).map(|found| found.mode() & 0o777);
        assert!(mode.is_ok_and(|mode| mode == 0o600));
        let end = |limit| read_end(&path, limit).ok().flatten();
        assert_eq!(end(5), Some("\ntwo\n".to_owned()));
        assert_eq!(end(100), Some("one\ntwo\n".to_owned()));
        assert_eq!(read_end(&base.join("none"), 5).ok(), Some(None));
        assert!(symlink("log", base.join("link")).is_ok());
        let refused = |path: &Path| open(path, Access::Update).is_err();
        assert!(
            refused(&base.join("link")) && refused(&base),
            "no file of ours"
        );
        assert!(read_end(&base.join("link"), 5).is_err());
        assert!(std::fs::remove_dir_all(&base).is_ok());
    }
}
