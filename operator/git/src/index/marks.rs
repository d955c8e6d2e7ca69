//! The files whose changes an index hides from `git status` and `git diff` (git-update-index(1)).

use std::collections::BTreeSet;

/// How a file is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// `assume-unchanged`.
    Assumed,
    /// `skip-worktree`.
    Skipped,
}

/// The most bytes of paths that are noted.
const MOST: usize = 1 << 26;

/// The files that are hidden, by their paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    paths: BTreeSet<(Mark, Vec<u8>)>,
    bytes: usize,
}

impl Marks {
    /// Notes a file, as long as there is room: more of them count as new.
    pub(crate) fn add(&mut self, mark: Mark, path: &[u8]) {
        let bytes = self.bytes.saturating_add(path.len());
        if bytes <= MOST && self.paths.insert((mark, path.to_owned())) {
            self.bytes = bytes;
        }
    }

    /// Whether a file was hidden so.
    pub(crate) fn has(&self, mark: Mark, path: &[u8]) -> bool {
        !self.paths.is_empty() && self.paths.contains(&(mark, path.to_owned()))
    }
}
