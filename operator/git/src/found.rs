//! What was found after a run.

use purple_host::path::shown;
use std::fmt::{self, Display};
use std::path::PathBuf;

/// What was put out of action, or could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Something that git would have run.
    Disarmed {
        /// The file or directory.
        path: PathBuf,
        /// What it is and what was done.
        what: String,
    },
    /// What is there cannot be put out of action.
    Left {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A directory into which was not looked.
    NotSearched {
        /// The directory.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disarmed { path, what } => write!(f, "{}: {what}", shown(path)),
            Self::Left { path, why } => {
                write!(
                    f,
                    "{}: git runs commands from here, and they are left: {why}",
                    shown(path)
                )
            }
            Self::NotSearched { path, why } => {
                write!(
                    f,
                    "{}: not searched for repositories of git: {why}",
                    shown(path)
                )
            }
        }
    }
}

impl std::error::Error for Found {}
