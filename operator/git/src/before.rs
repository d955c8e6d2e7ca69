//! What is noted of a directory before a run. It is bounded: a program can leave any number of repositories to the next run, and then that run is
//! refused.

use crate::base::Base;
use crate::pointers::Pointer;
use crate::repository::Repository;
use crate::walk::Visitor;
use purple_host::folder::{Content, Folder};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// How many repositories are noted, how many of their files, keys and links, and how many bytes of paths.
const MOST_REPOSITORIES: usize = 100_000;
const MOST_ENTRIES: usize = 500_000;
const MOST_BYTES: usize = 64 << 20;

/// What is noted.
#[derive(Debug)]
pub(crate) struct Notes {
    real: PathBuf,
    /// By their git directories, from the top.
    pub(crate) repositories: BTreeMap<PathBuf, Repository>,
    /// Symbolic links among the files of git, with what they stand for.
    pub(crate) links: BTreeMap<PathBuf, Content>,
    /// Entries `.git` that are no directory.
    pub(crate) pointers: BTreeMap<PathBuf, Pointer>,
    entries: usize,
    bytes: usize,
    /// A repository of which nothing was noted for lack of room.
    pub(crate) too_many: Option<PathBuf>,
}

impl Notes {
    pub(crate) const fn new(real: PathBuf) -> Self {
        Self {
            real,
            repositories: BTreeMap::new(),
            links: BTreeMap::new(),
            pointers: BTreeMap::new(),
            entries: 0,
            bytes: 0,
            too_many: None,
        }
    }

    /// Whether there is room for something of so many entries.
    fn has_room(&mut self, at: &Path, entries: usize) -> bool {
        self.entries = self.entries.saturating_add(entries);
        let bytes = at.as_os_str().len();
        self.bytes = self.bytes.saturating_add(bytes);
        let has_room = self.entries <= MOST_ENTRIES
            && self.bytes <= MOST_BYTES
            && self.repositories.len() < MOST_REPOSITORIES;
        if !has_room && self.too_many.is_none() {
            self.too_many = Some(at.to_owned());
        }
        has_room
    }
}

impl Visitor for Notes {
    fn repository(&mut self, at: &Path, folder: &mut Folder) {
        if self.too_many.is_some() {
            return;
        }
        let repository = Repository::read_before(folder, &Base::new(&self.real, at));
        if self.has_room(at, repository.count()) {
            self.repositories.insert(at.to_owned(), repository);
        }
    }

    fn link(&mut self, dir: &Path, folder: &Folder, name: &OsStr) {
        let at = dir.join(name);
        if self.has_room(&at, 1)
            && let Some(content) = folder.content(name, 0)
        {
            self.links.insert(at, content);
        }
    }

    fn pointer(&mut self, dir: &Path, folder: &Folder, name: &OsStr) {
        let at = dir.join(name);
        if self.has_room(&at, 1)
            && let Some(pointer) = Pointer::read(&self.real.join(dir), (folder, name))
        {
            self.pointers.insert(at, pointer);
        }
    }
}
