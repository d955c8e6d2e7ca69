//! What is put out of action in a directory after a run, as it is found.

use crate::base::Base;
use crate::disarm::disarm;
use crate::found::Findings;
use crate::links;
use crate::pointers::{Identity, Pointers};
use crate::repository::Repository;
use crate::top::Top;
use crate::walk::{self, Seen, Visitor};
use crate::way::{Way, way};
use purple_host::folder::Folder;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

/// What a look at a directory is about.
struct Look<'l> {
    top: &'l Top,
    pointers: Pointers,
    /// Which repositories were looked at, of this directory and others.
    searched: &'l mut BTreeSet<Identity>,
    found: &'l mut Findings,
}

/// Puts out of action what is new. The repositories that were there before come first: the program can make so many others that there is
/// no time for all.
pub(crate) fn search(
    top: &Top,
    searched: &mut BTreeSet<Identity>,
    found: &mut Findings,
) -> (Pointers, Seen) {
    let mut look = Look {
        top,
        pointers: Pointers::default(),
        searched,
        found,
    };
    for at in look.top.notes.repositories.keys() {
        if let Way::Open(folder) = way(&look.top.folder, at) {
            look.disarm(at, &folder);
        }
    }
    let seen = match way(&look.top.folder, Path::new("")) {
        Way::Open(mut folder) => walk::repositories(&mut folder, &mut look),
        _ => Seen::of_unreadable("it cannot be listed"),
    };
    (look.pointers, seen)
}

impl Look<'_> {
    fn disarm(&mut self, at: &Path, folder: &Folder) {
        let nothing = Repository::default();
        let now = Repository::read(folder, &Base::new(&self.top.real, at));
        let before = self.top.notes.repositories.get(at);
        let path = self.top.path.join(at);
        disarm(
            (&path, folder),
            before.unwrap_or(&nothing),
            &now,
            self.found,
        );
        self.searched.extend(folder.identity());
    }
}

impl Visitor for Look<'_> {
    fn repository(&mut self, at: &Path, folder: &mut Folder) {
        let was_seen = self.top.notes.repositories.contains_key(at)
            && folder
                .identity()
                .is_some_and(|identity| self.searched.contains(&identity));
        if !was_seen {
            self.disarm(at, folder);
        }
    }

    fn link(&mut self, dir: &Path, folder: &Folder, name: &OsStr) {
        let before = self.top.notes.links.get(&dir.join(name));
        let path = self.top.path.join(dir);
        links::disarm(&path, (folder, name), before, self.found);
    }

    fn pointer(&mut self, dir: &Path, folder: &Folder, name: &OsStr) {
        let before = &self.top.notes.pointers;
        self.pointers
            .look_at(self.top.place(), dir, (folder, name), before, self.found);
    }
}
