//! Repositories of git in what a sandbox could write to. Before a run it is noted what in them runs commands;
//! after it, what is new of that is put out of action, in place and by name: hooks, configuration keys,
//! the way to another repository's configuration, commands in the state of a rebase.
//!
//! git itself is never run: its configuration is the program's by then. Nothing is moved or removed, and
//! what was there before the run stays as it was.

mod config;
mod disarm;
mod keys;
mod leads;
mod repository;
mod walk;

use leads::{Leads, Place};
use purple_host::Errno;
use purple_host::folder::Folder;
use purple_host::path::shown;
use repository::Repository;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// The directories that a run may write to, as they were before it.
#[derive(Debug)]
pub struct Watch {
    tops: Vec<Top>,
}

#[derive(Debug)]
struct Top {
    path: PathBuf,
    /// Held open: it stays this directory, whatever its name stands for later.
    folder: Folder,
    /// By their git directories, from the top.
    before: BTreeMap<PathBuf, Repository>,
    /// What these lead to.
    leads: Leads,
}

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

impl Watch {
    /// Notes what is there. A directory that does not exist is left out, and what cannot be looked at counts
    /// as empty: what is found there later is new.
    pub fn start<'p>(
        directories: impl IntoIterator<Item = &'p Path>,
    ) -> Result<Self, (PathBuf, Errno)> {
        let mut tops = Vec::new();
        for path in directories {
            let mut folder = match Folder::open(path) {
                Ok(folder) => folder,
                Err(Errno::ENOENT | Errno::ENOTDIR) => continue,
                Err(errno) => return Err((path.to_owned(), errno)),
            };
            let mut before = BTreeMap::new();
            let _not_searched = walk::repositories(&mut folder, |at, folder| {
                if let Ok(repository) = Repository::read(folder, at.components().count()) {
                    before.insert(at.to_owned(), repository);
                }
            });
            let place = Place { top: &folder, path };
            let leads = Leads::of(&before, place);
            tops.push(Top {
                path: path.to_owned(),
                folder,
                before,
                leads,
            });
        }
        Ok(Self { tops })
    }

    /// Puts out of action what is new.
    pub fn end(self) -> Vec<Found> {
        let mut found = Vec::new();
        for mut top in self.tops {
            let (path, before) = (top.path, top.before);
            let place = Place {
                top: &top.folder,
                path: &path,
            };
            disarm::disarm_leads(place, &top.leads, &mut found);
            let nothing = Repository::default();
            let not_searched = walk::repositories(&mut top.folder, |at, folder| {
                let before = before.get(at).unwrap_or(&nothing);
                let depth = at.components().count();
                disarm::disarm((&path.join(at), depth), folder, before, &mut found);
            });
            found.extend(
                not_searched
                    .into_iter()
                    .map(|(at, why)| Found::NotSearched {
                        path: path.join(at),
                        why,
                    }),
            );
        }
        found
    }
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

#[cfg(test)]
mod tests;
