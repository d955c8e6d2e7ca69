//! Files of the host: the texts that a policy extends, read to a cap and without ever blocking on
//! something that is no file. No stage calls this; the stages get it as a value from the caller.

use crate::inherit::{Files, PolicyFile};
use crate::parse::MAX_BYTES;
use nix::fcntl::OFlag;
use std::fs::{FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The files around a policy file.
#[derive(Debug, Clone)]
pub struct Disk {
    policy: PathBuf,
}

impl Disk {
    /// The files around the policy at `path`.
    pub fn around(path: impl Into<PathBuf>) -> Self {
        Self {
            policy: path.into(),
        }
    }
}

impl Files for Disk {
    fn policy(&self) -> PolicyFile {
        let identity = self
            .policy
            .canonicalize()
            .unwrap_or_else(|_| self.policy.clone());
        PolicyFile {
            path: self.policy.clone(),
            identity,
        }
    }

    fn locate(&self, name: &str, from: &PolicyFile) -> Result<PolicyFile, String> {
        let directory = from.path.parent().unwrap_or(Path::new(""));
        let path: PathBuf = directory.join(name).components().collect();
        let identity = path.canonicalize().map_err(|error| explain(&error))?;
        Ok(PolicyFile { path, identity })
    }

    fn read(&self, place: &PolicyFile) -> Result<Vec<u8>, String> {
        let bytes = read(&place.path, MAX_BYTES)?;
        if bytes.len() > MAX_BYTES {
            return Err("the file is larger than 1 MiB, the limit for a policy".to_owned());
        }
        Ok(bytes)
    }
}

/// The bytes of a regular file, and of one that is longer than `most` the first `most` and one more:
/// whoever takes them refuses so many. The error is a few words without the path.
pub fn read(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    up_to(open(path)?, most)
}

/// The same of something that is open.
pub fn up_to(from: impl Read, most: usize) -> Result<Vec<u8>, String> {
    let cap = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(cap)
        .read_to_end(&mut bytes)
        .map_err(|error| explain(&error))?;
    Ok(bytes)
}

/// Opens a regular file for reading, also by way of symbolic links. The error is a few words
/// without the path.
pub fn open(path: &Path) -> Result<std::fs::File, String> {
    // Without O_NONBLOCK, opening a FIFO waits for a writer. The standard library adds O_CLOEXEC.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = match OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
    {
        Ok(file) => file,
        Err(error) => {
            // A socket cannot be opened; its kind says more than the error.
            let kind = std::fs::metadata(path)
                .ok()
                .and_then(|found| kind(found.file_type()));
            return Err(match kind {
                Some(kind) => format!("this is {kind}, not a file"),
                None => explain(&error),
            });
        }
    };
    let found = file.metadata().map_err(|error| explain(&error))?;
    match kind(found.file_type()) {
        Some(kind) => Err(format!("this is {kind}, not a file")),
        None => Ok(file),
    }
}

/// What a path leads to, where it is not a regular file.
pub fn kind(of: FileType) -> Option<&'static str> {
    if of.is_file() {
        None
    } else if of.is_dir() {
        Some("a directory")
    } else if of.is_fifo() {
        Some("a FIFO")
    } else if of.is_socket() {
        Some("a socket")
    } else if of.is_char_device() || of.is_block_device() {
        Some("a device")
    } else {
        Some("something special")
    }
}

/// An I/O error without the number that the standard library adds.
pub fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "part of the path is not a directory".to_owned(),
        io::ErrorKind::IsADirectory => "this is a directory, not a file".to_owned(),
        _ => error.to_string(),
    }
}
