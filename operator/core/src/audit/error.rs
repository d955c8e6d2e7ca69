//! Why the audit log cannot be read or written.

use purple_host::Errno;
use purple_host::path::shown;
use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;

/// What failed, and with which file.
#[derive(Debug)]
pub enum LogError {
    /// The environment names no place for a log.
    NoDefaultPath,
    /// The log itself.
    Log {
        /// Its path.
        path: PathBuf,
        /// What failed.
        problem: LogProblem,
    },
    /// The file beside it that its writers lock.
    Lock {
        /// Its path.
        path: PathBuf,
        /// Why it cannot be opened or locked; `TimedOut` where another process has it for too long.
        error: io::Error,
    },
    /// The file beside it that holds its head.
    Head {
        /// Its path.
        path: PathBuf,
        /// What failed.
        problem: LogProblem,
    },
}

/// What failed with one of these files.
#[derive(Debug)]
pub enum LogProblem {
    /// Reading or writing.
    Io(io::Error),
    /// Locking it, or setting room aside.
    Refused(Errno),
    /// Only a part of a record could be written; it was taken back.
    NoSpace,
    /// A record has no number.
    NoNumber,
    /// There is no head, and the log has records.
    HeadMissing,
    /// The head is not a number and a hash.
    HeadUnreadable,
}

impl Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDefaultPath => f.write_str(
                "neither XDG_STATE_HOME nor HOME is set, and the audit log is in a directory below one of them; \
                 write `log_path`",
            ),
            Self::Log { path, problem } => {
                write!(f, "the audit log {}: {problem}", shown(path))
            }
            Self::Lock { path, error } if error.kind() == io::ErrorKind::TimedOut => {
                let path = shown(path);
                write!(
                    f,
                    "the audit log is locked by another process, which does not release it; `fuser -v {path}` \
                     names it"
                )
            }
            Self::Lock { path, error } => {
                write!(f, "the audit log's lock {}: {error}", shown(path))
            }
            Self::Head { path, problem } => {
                write!(f, "the audit log's head {}: {problem}", shown(path))
            }
        }
    }
}

impl Display for LogProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Refused(errno) => f.write_str(errno.desc()),
            Self::NoSpace => f.write_str("no space for the whole record"),
            Self::NoNumber => f.write_str("a record without its number"),
            Self::HeadMissing => f.write_str(
                "it is gone, and the log has records: look at it with purple audit --verify, and \
                 move it away to begin another",
            ),
            Self::HeadUnreadable => f.write_str("it cannot be read"),
        }
    }
}

impl std::error::Error for LogError {}

impl From<io::Error> for LogProblem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Errno> for LogProblem {
    fn from(errno: Errno) -> Self {
        Self::Refused(errno)
    }
}
