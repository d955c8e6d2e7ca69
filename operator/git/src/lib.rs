//! Repositories of git in what a sandbox could write to. Before a run it is noted what in them runs commands or leads elsewhere;
//! after it, what is new of that is put out of action, in place and by name: hooks, configuration keys, the way to another
//! repository, files that git obeys. The rules are those of `keys.rs`, `layout.rs` and `index.rs`.
//!
//! git itself is never run: its configuration is the program's by then. Nothing is moved, only links are replaced by files, and
//! what was there before the run stays as it was.

mod base;
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
pub use settings::settings;
pub use shared::shared_directory;

use base::Base;
use leads::Leads;
use purple_host::Errno;
use repository::Repository;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use top::Top;
use walk::Seen;

/// The directories that a run may write to, as they were before it.
#[derive(Debug)]
pub struct Watch {
    tops: Vec<Top>,
    kept: Vec<OwnedFd>,
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
            if let Some(mut top) = Top::open(path)? {
                let mut before = BTreeMap::new();
                let real = top.real.clone();
                let seen = top.walk(|at, folder| {
                    let repository = Repository::read_before(folder, &Base::new(&real, at));
                    before.insert(at.to_owned(), repository);
                });
                top.before = before;
                top.links = links::read(&top.folder, &seen.links);
                top.pointers = pointers::read(top.place(), &seen.pointers);
                let sources = sources::of(&top.before, &seen.pointers, top.place());
                let leads = Leads::of(&sources, top.place());
                kept.extend(keep::handles(&sources, top.place()));
                top.leads = leads;
                tops.push(top);
            }
        }
        Ok(Self { tops, kept })
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
        let mut found = Vec::new();
        let mut tops = Vec::new();
        let mut repositories = BTreeSet::new();
        let nothing = Repository::default();
        for mut top in self.tops {
            led::disarm_leads(top.place(), &top.leads, &mut found);
            let before = std::mem::take(&mut top.before);
            let (path, real) = (top.path.clone(), top.real.clone());
            let seen = top.walk(|at, folder| {
                let now = Repository::read(folder, &Base::new(&real, at));
                let before = before.get(at).unwrap_or(&nothing);
                disarm::disarm((&path.join(at), folder), before, &now, &mut found);
                repositories.insert(real.join(at));
            });
            links::disarm(top.place(), &top.links, &seen.links, &mut found);
            let named = top.pointers.values();
            repositories.extend(named.filter_map(|pointer| pointer.target.clone()));
            tops.push((top, before, seen));
        }
        for (top, _, seen) in &tops {
            let (place, now) = (top.place(), &seen.pointers);
            pointers::disarm(place, &top.pointers, now, &repositories, &mut found);
        }
        for (top, before, seen) in tops {
            let mut sources = sources::of(&before, &seen.pointers, top.place());
            for source in &mut sources {
                let dir = source.dir.clone();
                let known = |tree: &PathBuf| (dir.clone(), tree.clone());
                let pairs = &top.leads.pairs;
                source.trees.retain(|tree| !pairs.contains(&known(tree)));
            }
            let now = Leads::of(&sources, top.place());
            led::disarm_new(top.place(), &top.leads, &now, &mut found);
            found.extend(not_searched(&top.path, seen));
        }
        found.sort_by_key(Found::rank);
        found
    }
}

fn not_searched(top: &Path, seen: Seen) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, why) in seen.not_searched {
        let path = top.join(at);
        found.push(Found::NotSearched { path, why });
    }
    if seen.not_named > 0 {
        let (path, more) = (top.to_owned(), seen.not_named);
        let why = format!("{more} more directories could not be read");
        found.push(Found::NotSearched { path, why });
    }
    found
}

#[cfg(test)]
mod tests;
