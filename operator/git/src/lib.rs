//! Repositories of git in what a sandbox could write to. Before a run it is noted what in them runs commands or leads elsewhere;
//! after it, what is new of that is put out of action, in place and by name: hooks, configuration keys, the way to another
//! repository, files that git obeys. The rules are those of `keys.rs`, `layout.rs` and `index.rs`.
//!
//! git itself is never run: its configuration is the program's by then. Nothing is moved, only links are replaced by files, and
//! what was there before the run stays as it was.

mod after;
mod base;
mod before;
mod config;
mod disarm;
mod found;
mod index;
mod keep;
mod keys;
mod known;
mod layout;
mod leads;
mod led;
mod links;
mod packs;
mod pointers;
mod rename;
mod repository;
mod settings;
mod shared;
mod sources;
mod states;
mod top;
mod walk;
mod way;
mod words;

pub use found::{Found, said};
pub use known::Known;
pub use settings::{settings, user_files};
pub use shared::shared_directory;

use found::Findings;
use leads::Leads;
use purple_host::Errno;
use purple_host::folder::Allowance;
use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};
use top::Top;
use walk::Seen;

/// The most bytes that are read of files up to 1 MiB, which are parsed, and of indexes.
const MOST_SMALL: u64 = if cfg!(test) { 8 << 20 } else { 128 << 20 };
const MOST_LARGE: u64 = 2 << 30;

/// How long a search after a run may take, beside four times what the one before it took.
const LONGEST: Duration = Duration::from_mins(1);

/// Why directories cannot be looked through before a run.
#[derive(Debug)]
pub enum SearchError {
    /// A directory cannot be read.
    Unreadable(PathBuf, Errno),
    /// There is more than can be noted, such as this repository.
    TooMany(PathBuf),
    /// Their files are too large together.
    TooLarge(PathBuf),
}

impl Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = purple_host::path::shown;
        match self {
            Self::Unreadable(directory, errno) => {
                let directory = shown(directory);
                let why = errno.desc();
                write!(
                    f,
                    "{directory} cannot be read to look for repositories of git: {why}"
                )
            }
            Self::TooMany(at) => write!(
                f,
                "there are too many repositories of git, or links and keys in them, to be noted before the run: remove what is not \
                 needed, such as {}",
                shown(at)
            ),
            Self::TooLarge(directory) => write!(
                f,
                "{} has more than 128 MiB of configuration and hooks of git, or 2 GiB of indexes, which cannot all be read before the run: \
                 remove what is not needed",
                shown(directory)
            ),
        }
    }
}

impl std::error::Error for SearchError {}

/// The directories that a run may write to, as they were before it.
#[derive(Debug)]
pub struct Watch {
    tops: Vec<Top>,
    kept: Vec<OwnedFd>,
    /// How long it took to note what is there.
    took: Duration,
}

impl Watch {
    /// Notes what is there. A directory that does not exist is left out, and what cannot be looked at counts
    /// as empty: what is found there later is new.
    pub fn start<'p>(directories: impl IntoIterator<Item = &'p Path>) -> Result<Self, SearchError> {
        let began = Instant::now();
        let allowance = Rc::new(Allowance::new(MOST_SMALL, MOST_LARGE, None));
        let mut tops = Vec::new();
        let mut kept = Vec::new();
        for path in directories {
            let opened = Top::open(path);
            let opened = opened.map_err(|(path, errno)| SearchError::Unreadable(path, errno))?;
            if let Some(mut top) = opened {
                top.folder.allow(&allowance);
                top.note();
                if let Some(at) = &top.notes.too_many {
                    return Err(SearchError::TooMany(top.path.join(at)));
                }
                if allowance.is_exceeded() {
                    return Err(SearchError::TooLarge(top.path));
                }
                let pointers: Vec<PathBuf> = top.notes.pointers.keys().cloned().collect();
                let sources = sources::of(&top.notes.repositories, &pointers, top.place());
                let leads = Leads::of(&sources, top.place());
                kept.extend(keep::handles(&sources, top.place()));
                top.leads = leads;
                tops.push(top);
            }
        }
        let took = began.elapsed();
        Ok(Self { tops, kept, took })
    }

    /// The directories that are looked through, without symbolic links.
    pub fn directories(&self) -> Vec<PathBuf> {
        self.tops.iter().map(|top| top.real.clone()).collect()
    }

    /// What was there, for the runs that start while this one goes on.
    pub fn known(&mut self) -> Known {
        Known::of(&mut self.tops)
    }

    /// Takes nothing for the user's that one of these runs has not found before it: they go on, or have not looked through their
    /// directories in the end.
    pub fn forget_what_is_new_since(&mut self, runs: &[Known]) {
        for top in &mut self.tops {
            known::forget(top, runs);
        }
    }

    /// Descriptors of what is to stay as it is during the run, which a program that is started inherits.
    pub fn kept(&self) -> impl Iterator<Item = RawFd> + '_ {
        self.kept.iter().map(AsRawFd::as_raw_fd)
    }

    /// Puts out of action what is new. What is left as it was comes first.
    pub fn end(self) -> Vec<Found> {
        let most = self.took.saturating_mul(4).saturating_add(LONGEST);
        let until = Instant::now().checked_add(most);
        let mut found = Findings::default();
        let mut searched = BTreeSet::new();
        let mut looked_at = Vec::new();
        for mut top in self.tops {
            let allowance = Rc::new(Allowance::new(MOST_SMALL, MOST_LARGE, until));
            top.folder.allow(&allowance);
            led::disarm_leads(top.place(), &top.leads, &mut found);
            let (pointers, seen) = after::search(&top, &mut searched, &mut found);
            let named = top.notes.pointers.values();
            let named = named.filter_map(|pointer| pointer.target.as_deref());
            searched.extend(named.filter_map(pointers::identity_of));
            looked_at.push((top, pointers, seen));
        }
        for (top, pointers, _) in &looked_at {
            pointers.disarm(top.place(), &searched, &mut found);
        }
        let first = looked_at.first().map(|(top, ..)| top.path.clone());
        for (top, pointers, seen) in looked_at {
            let repositories = &top.notes.repositories;
            let mut sources = sources::of(repositories, &pointers.all, top.place());
            for source in &mut sources {
                let dir = source.dir.clone();
                let known = |tree: &PathBuf| (dir.clone(), tree.clone());
                let pairs = &top.leads.pairs;
                source.trees.retain(|tree| !pairs.contains(&known(tree)));
            }
            let now = Leads::of(&sources, top.place());
            led::disarm_new(top.place(), &top.leads, &now, &mut found);
            not_searched(&top.path, seen, &mut found);
        }
        found.listed(&first.unwrap_or_default())
    }
}

fn not_searched(top: &Path, seen: Seen, found: &mut Findings) {
    for (at, why) in seen.not_searched {
        let path = top.join(at);
        found.push(Found::NotSearched { path, why });
    }
    if seen.not_named > 0 {
        let (path, more) = (top.to_owned(), seen.not_named);
        let why = format!("{more} more directories could not be read");
        found.push(Found::NotSearched { path, why });
    }
}

#[cfg(test)]
mod tests;
