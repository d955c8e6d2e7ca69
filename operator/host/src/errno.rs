//! Errors of the kernel, in words.

use crate::path::shown;
use nix::errno::Errno;
use std::fmt::{self, Display};
use std::io;
use std::path::{Path, PathBuf};

/// An error's name and its meaning: `EPERM (operation not permitted)`.
pub fn words(errno: Errno) -> String {
    format!("{errno:?} ({})", errno.desc().to_lowercase())
}

/// The kernel's error behind one of the standard library.
pub(crate) fn of(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(0))
}

/// A file with which something failed, and how.
#[derive(Debug)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What failed.
    pub error: io::Error,
}

impl FileError {
    /// To put behind an operation on a file: `.map_err(FileError::at(path))`.
    pub fn at(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |error| Self { path, error }
    }
}

impl Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(&self.path), self.error)
    }
}

impl std::error::Error for FileError {}

#[cfg(test)]
mod tests {
    use super::{FileError, words};
    use nix::errno::Errno;

    #[test]
    fn an_error_has_its_name_and_its_meaning() {
        assert_eq!(words(Errno::EPERM), "EPERM (operation not permitted)");
        let error = FileError::at("/x")(Errno::ENOENT.into());
        assert_eq!(
            error.to_string(),
            "/x: No such file or directory (os error 2)"
        );
    }
}
