//! Repositories of git in what a sandbox could write to. Before a run it is noted what in them runs commands;
//! after it, what is new of that is put out of action, in place and by name: hooks, configuration keys,
//! the way to another repository's configuration, commands in the state of a rebase.
//!
//! git itself is never run: its configuration is the program's by then. Nothing is moved or removed, and
//! what was there before the run stays as it was.

mod config;
mod disarm;
mod found;
mod keep;
mod keys;
mod leads;
mod repository;
mod walk;

pub use found::Found;

use leads::{Leads, Place};
use purple_host::Errno;
use purple_host::folder::Folder;
use repository::Repository;
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

/// The directories that a run may write to, as they were before it.
#[derive(Debug)]
pub struct Watch {
    tops: Vec<Top>,
    kept: Vec<OwnedFd>,
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

impl Watch {
    /// Notes what is there. A directory that does not exist is left out, and what cannot be looked at counts
    /// as empty: what is found there later is new.
    pub fn start<'p>(
        directories: impl IntoIterator<Item = &'p Path>,
    ) -> Result<Self, (PathBuf, Errno)> {
        let mut tops = Vec::new();
        let mut kept = Vec::new();
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
            kept.extend(keep::handles(&before, place));
            tops.push(Top {
                path: path.to_owned(),
                folder,
                before,
                leads,
            });
        }
        Ok(Self { tops, kept })
    }

    /// Descriptors of what is to stay as it is during the run, which a program that is started inherits.
    pub fn kept(&self) -> impl Iterator<Item = RawFd> + '_ {
        self.kept.iter().map(AsRawFd::as_raw_fd)
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

#[cfg(test)]
mod tests;
