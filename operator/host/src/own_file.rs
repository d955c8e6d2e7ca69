//! Files that belong to this user and that no other user can read: opened, locked, and read from their
//! end, without following a symbolic link in their place.

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, OFlag, fallocate};
use nix::unistd::geteuid;
use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a file is waited for on which another process has a lease. The kernel takes the lease away
/// after 45 seconds, unless the host says otherwise (`/proc/sys/fs/lease-break-time`, fcntl(2)).
const LEASE_PATIENCE: Duration = Duration::from_mins(1);

/// How long it is until a look again.
const PAUSE: Duration = Duration::from_millis(5);

/// A file that this process has locked, until it is dropped.
#[derive(Debug)]
pub struct LockedFile {
    file: File,
}

impl LockedFile {
    /// Writes all of the bytes.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Writing at its end.
    Append,
    /// Reading it and writing over it.
    Update,
    /// Locking it. It can be opened for writing alone: who may read a file may hold its lock
    /// (flock(2)), also where the file is shown read-only.
    Lock,
}

impl Access {
    /// The mode that the file has.
    const fn mode(self) -> u32 {
        match self {
            Self::Append | Self::Update => 0o600,
            Self::Lock => 0o200,
        }
    }
}

/// Opens a file of this user's, made where it is missing, which no other user can read. It waits for a
/// lease to end, and for nothing else.
pub fn open(path: &Path, access: Access) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    let mode = access.mode();
    let options = options.create(true).mode(mode).custom_flags(flags.bits());
    let options = match access {
        Access::Append => options.append(true),
        Access::Update => options.read(true).write(true).truncate(false),
        Access::Lock => options.write(true).truncate(false),
    };
    let file = open_patiently(options, path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if found.uid() != geteuid().as_raw() {
        return Err(io::Error::other("it has another owner"));
    }
    if found.mode() & 0o777 != mode {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(file)
}

/// Opens a file, and tries again for as long as another process can have a lease on it. Without
/// `O_NONBLOCK` the call itself would wait, and no signal would end it.
fn open_patiently(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let start = Instant::now();
    loop {
        match options.open(path) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if start.elapsed() > LEASE_PATIENCE {
                    return Err(error);
                }
                std::thread::sleep(PAUSE);
            }
            opened => return opened,
        }
    }
}

/// Locks a file. It waits for at most so long until no other process has it locked: then the error is
/// `TimedOut`.
pub fn lock(mut file: File, patience: Duration) -> io::Result<LockedFile> {
    let start = Instant::now();
    loop {
        file = match attempt(file)? {
            Ok(locked) => return Ok(locked),
            Err(_) if start.elapsed() > patience => return Err(ErrorKind::TimedOut.into()),
            Err(file) => file,
        };
        std::thread::sleep(PAUSE);
    }
}

/// Locks it, if no other process has it locked: `None` where one has.
pub fn try_lock(file: File) -> io::Result<Option<LockedFile>> {
    Ok(attempt(file)?.ok())
}

/// Tries once. Where another process has it locked, it gives the file back.
fn attempt(file: File) -> io::Result<Result<LockedFile, File>> {
    match file.try_lock() {
        Ok(()) => Ok(Ok(LockedFile { file })),
        Err(TryLockError::WouldBlock) => Ok(Err(file)),
        Err(TryLockError::Error(error)) => Err(error),
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
    let options = options.read(true).custom_flags(flags.bits());
    let mut file = match open_patiently(options, path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let found = file.metadata()?;
    // The kernel says itself that a directory is none.
    if !found.is_file() && !found.is_dir() {
        return Err(io::Error::other("not a regular file"));
    }
    let length = found.len();
    file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Access, lock, open, read_end};
    use std::fs::{Permissions, set_permissions};
    use std::io::{ErrorKind, Write as _};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::path::Path;
    use std::time::Duration;

    #[test]
    fn a_lock_is_waited_for_and_not_for_good() {
        let path = std::env::temp_dir().join(format!("purple-own-lock-{}", std::process::id()));
        let locked = |patience| lock(open(&path, Access::Lock)?, patience);
        let held = locked(Duration::ZERO);
        assert!(held.is_ok());
        let mode = std::fs::metadata(&path).map(|found| found.mode() & 0o777);
        assert!(mode.is_ok_and(|mode| mode == 0o200));
        let second = locked(Duration::from_millis(20)).map(drop);
        assert!(second.is_err_and(|error| error.kind() == ErrorKind::TimedOut));
        drop(held);
        assert!(locked(Duration::ZERO).is_ok());
        assert!(std::fs::remove_file(&path).is_ok());
    }

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
        assert!(read_end(Path::new("/dev/zero"), 5).is_err());
        assert!(std::fs::remove_dir_all(&base).is_ok());
    }
}
