//! Writing a result: all of it or nothing.

use purple_files::{explain, kind};
use purplec::diagnostics::render::{spelt_out, visible};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

/// A value as a document, with nothing hidden in it.
pub(super) fn json(value: &serde_json::Value) -> String {
    spelt_out(&format!("{value:#}\n"))
}

/// Writes `bytes` to `path` by way of a temporary file beside it, or to standard output for `-`.
/// The error is a whole message, name first.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if path.as_os_str() == "-" {
        let mut out = io::stdout().lock();
        return match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(format!("<stdout>: error: {}", explain(&error)))
            }
            _ => Ok(()),
        };
    }
    // A plan may be written to a project, where a program can have left a link to another file.
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let written = if is_link {
        Err(
            "this is a symbolic link; it is not followed: remove it, or name the file itself"
                .to_owned(),
        )
    } else {
        replace(path, bytes, None)
    };
    written.map_err(|message| format!("{}: error: {message}", visible(&path.to_string_lossy())))
}

/// Writes `bytes` in place of a file that is there, which keeps its mode and owner; a link to it
/// stays one. The error is a message without the name.
pub(super) fn rewrite(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let found = fs::metadata(path).map_err(|error| explain(&error))?;
    if found.permissions().readonly() {
        return Err("the file is read-only; it is not changed".to_owned());
    }
    replace(path, bytes, Some(&found))
}

fn replace(path: &Path, bytes: &[u8], like: Option<&Metadata>) -> Result<(), String> {
    let target = target(path)?;
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let Some(name) = target.file_name() else {
        return Err("this is not the name of a file".to_owned());
    };
    let (temporary, file) = create_beside(&directory, name)?;
    let written = keep(&file, like)
        .and_then(|()| fill(file, bytes))
        .and_then(|()| fs::rename(&temporary, &target));
    if let Err(error) = written {
        let message = format!("cannot be written: {}", explain(&error));
        return Err(match fs::remove_file(&temporary) {
            Err(left) if left.kind() != io::ErrorKind::NotFound => {
                format!(
                    "{message} (and {} remains)",
                    visible(&temporary.to_string_lossy())
                )
            }
            _ => message,
        });
    }
    // The rename is durable once the directory is; some file systems cannot sync one.
    File::open(&directory)
        .and_then(|directory| directory.sync_all())
        .or_else(|error| {
            if error.kind() == io::ErrorKind::InvalidInput {
                Ok(())
            } else {
                Err(format!(
                    "the directory cannot be synced: {}",
                    explain(&error)
                ))
            }
        })
}

/// Where the bytes go: `path`, or the regular file that it is a link to.
fn target(path: &Path) -> Result<PathBuf, String> {
    match fs::metadata(path) {
        Ok(found) => match kind(found.file_type()) {
            Some(kind) => Err(format!("this is {kind}; it is not overwritten")),
            None => fs::canonicalize(path).map_err(|error| explain(&error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::symlink_metadata(path) {
            Ok(_) => Err(
                "this is a link to a file that does not exist; it is not overwritten".to_owned(),
            ),
            Err(_) => Ok(path.to_owned()),
        },
        Err(error) => Err(explain(&error)),
    }
}

fn create_beside(directory: &Path, name: &std::ffi::OsStr) -> Result<(PathBuf, File), String> {
    for attempt in 0..100_u32 {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.{attempt}", std::process::id()));
        let temporary = directory.join(hidden);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err("its directory does not exist".to_owned());
            }
            Err(error) => return Err(format!("cannot be written: {}", explain(&error))),
        }
    }
    Err("cannot be written: too many temporary files in its directory".to_owned())
}

/// Gives a file the owner and the mode of another one.
fn keep(file: &File, like: Option<&Metadata>) -> io::Result<()> {
    let Some(like) = like else { return Ok(()) };
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (like.uid(), like.gid()) {
        fchown(file, Some(like.uid()), Some(like.gid()))?;
    }
    file.set_permissions(like.permissions())
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}
