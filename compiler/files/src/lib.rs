//! Files of the host, read to a cap and without ever blocking on something that is no file.
//!
//! The compiler's library does no I/O. The programs around it read with this crate and give it texts.

use nix::fcntl::OFlag;
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The bytes of a regular file, at most `most` and one more: the caller refuses so many. The error is
/// a few words without the path.
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

/// The same for a file that no other user can write: it and its directory belong to root or to this process's user,
/// and only they can write to them. `None` where there is no such file.
pub fn read_trusted(path: &Path, most: usize) -> Result<Option<Vec<u8>>, String> {
    open_trusted(path)?
        .map(|file| up_to(file, most))
        .transpose()
}

/// The same file, open.
pub fn open_trusted(path: &Path) -> Result<Option<File>, String> {
    if !path.try_exists().map_err(|error| explain(&error))? {
        return Ok(None);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let found = std::fs::metadata(folder).map_err(|error| explain(&error))?;
    trusted(&found).map_err(|why| format!("its folder {why}"))?;
    let file = open(path)?;
    let found = file.metadata().map_err(|error| explain(&error))?;
    trusted(&found).map_err(|why| format!("it {why}"))?;
    Ok(Some(file))
}

/// The error says why another user can write to what was found.
fn trusted(found: &std::fs::Metadata) -> Result<(), String> {
    let owner = found.uid();
    if owner != 0 && owner != nix::unistd::geteuid().as_raw() {
        return Err(format!("belongs to user {owner}"));
    }
    if found.mode() & 0o022 != 0 {
        return Err("can be written by others".to_owned());
    }
    Ok(())
}

/// The one path of a file that several may lead to. The error is a few words without the path.
pub fn identity(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| explain(&error))
}

/// Opens a regular file for reading, also by way of symbolic links. The error is a few words
/// without the path.
pub fn open(path: &Path) -> Result<File, String> {
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
