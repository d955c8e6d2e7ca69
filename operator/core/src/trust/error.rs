//! Why a run is refused for what it would obey.

use super::file::Change;
use purple_host::path::shown;
use purple_host::{Errno, FileError};
use std::fmt::{self, Display};
use std::path::PathBuf;

/// What is wrong, and with which file.
#[derive(Debug)]
pub enum TrustError {
    /// The environment names no place for Purple's state.
    NoStateDirectory,
    /// A file, or the state directory, cannot be read or written.
    State(FileError),
    /// A file of the state directory is not what Purple writes, or others may write to it.
    Unreadable(PathBuf),
    /// Another process has a file of the state directory locked.
    Locked(PathBuf),
    /// A descriptor cannot be handed on.
    Inherit {
        /// The file.
        path: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// A file was changed during an earlier run.
    Changed {
        /// The file, as this run finds it.
        path: PathBuf,
        /// The file that was changed: this one, or another name or a copy of what is here.
        changed: PathBuf,
        /// What happened.
        change: Box<Change>,
    },
    /// A run that goes on may change a file, and does not keep it.
    Writable {
        /// The file.
        path: PathBuf,
        /// The process of that run.
        pid: u64,
    },
    /// A run that goes on may change a file by another name of it.
    Linked {
        /// The file.
        path: PathBuf,
        /// The process of that run.
        pid: u64,
    },
    /// No run obeys this file.
    NotObeyed(PathBuf),
    /// A policy that no command line names was not accepted as it is.
    NotAccepted {
        /// The policy, or what it extends.
        path: PathBuf,
        /// The SHA-256 of its content, in hexadecimal.
        digest: String,
        /// Whether it was accepted with other content.
        is_known: bool,
    },
}

impl Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStateDirectory => f.write_str(
                "neither XDG_STATE_HOME nor HOME is set, and Purple keeps its state below one of them: set one \
                 to an absolute path",
            ),
            Self::State(error) => error.fmt(f),
            Self::Unreadable(path) => write!(
                f,
                "{} was not written by Purple, or others may write to it: review it, and remove it",
                shown(path)
            ),
            Self::Locked(path) => write!(
                f,
                "{}: another process of Purple has it locked; end that process, or wait for it",
                shown(path)
            ),
            Self::Inherit { path, errno } => write!(f, "{}: {}", shown(path), errno.desc()),
            Self::Changed {
                path,
                changed,
                change,
            } => {
                write!(f, "{} ", shown(path))?;
                if path != changed {
                    write!(f, "is another name or a copy of {}, which ", shown(changed))?;
                }
                write!(
                    f,
                    "was changed during run {}: review it, then accept it with `purple trust {}`",
                    change.run,
                    shown(path)
                )
            }
            Self::Writable { path, pid } => write!(
                f,
                "{} can be changed by a run in progress (process {pid}): wait for its end, and review the file then",
                shown(path)
            ),
            Self::Linked { path, pid } => write!(
                f,
                "{0} has another name (a hard link), and a run in progress (process {pid}) may write to its file \
                 system: wait for its end, or replace it by a copy: `cp -p {0} {0}.new && mv {0}.new {0}`",
                shown(path)
            ),
            Self::NotAccepted {
                path,
                digest,
                is_known,
            } => {
                let why = if *is_known {
                    "has changed since it was accepted"
                } else {
                    "was not accepted yet"
                };
                write!(
                    f,
                    "{0} {why} (sha256 {digest}): review it and type `purple trust {0}`, or use a profile instead: `--profile NAME`",
                    shown(path)
                )
            }
            Self::NotObeyed(path) => write!(f, "no run has obeyed {}", shown(path)),
        }
    }
}

impl std::error::Error for TrustError {}

impl From<FileError> for TrustError {
    fn from(error: FileError) -> Self {
        Self::State(error)
    }
}
