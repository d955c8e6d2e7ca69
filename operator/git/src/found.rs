//! What was found after a run.

use purple_host::path::shown;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

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

impl Found {
    /// What is to be read first.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Left { .. } => 0,
            Self::Disarmed { .. } => 1,
            Self::NotSearched { .. } => 2,
        }
    }
}

/// How many findings are kept, and how many bytes of their texts: what a program leaves can have any number of them.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// The findings after a run.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    all: Vec<Found>,
    bytes: usize,
    more: usize,
}

impl Findings {
    /// Adds one, or counts it.
    pub(crate) fn push(&mut self, found: Found) {
        let (Found::Disarmed { path, what: text }
        | Found::Left { path, why: text }
        | Found::NotSearched { path, why: text }) = &found;
        let bytes = path.as_os_str().len().saturating_add(text.len());
        let bytes = self.bytes.saturating_add(bytes);
        if self.all.len() < MOST && bytes <= MOST_BYTES {
            self.bytes = bytes;
            self.all.push(found);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// All of them, the first to be read first, and how many are below this directory that are only counted.
    pub(crate) fn listed(self, top: &Path) -> Vec<Found> {
        let mut all = self.all;
        all.sort_by_key(Found::rank);
        if self.more > 0 {
            let what = format!("{} more findings are not listed", self.more);
            let path = top.to_owned();
            all.insert(0, Found::Disarmed { path, what });
        }
        all
    }
}

/// How many of a list are said to a person: of what was disarmed, and of what stays as it is.
const SAID: [usize; 3] = [100, 20, 101];

/// Takes what is to be said to a person of a list that can have thousands, and how many more there are.
pub fn said(found: Vec<Found>) -> (Vec<Found>, usize) {
    let all = found.len();
    let mut left = SAID;
    let said: Vec<Found> = found
        .into_iter()
        .filter(|one| {
            let left = left.get_mut(usize::from(one.rank()));
            left.is_some_and(|left| left.checked_sub(1).map(|less| *left = less).is_some())
        })
        .collect();
    let more = all.saturating_sub(said.len());
    (said, more)
}

impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disarmed { path, what } => write!(f, "{}: {what}", shown(path)),
            Self::Left { path, why } => {
                write!(
                    f,
                    "{}: git runs commands from here, and they were not disabled: {why}",
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
