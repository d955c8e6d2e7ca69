//! A directory that a run may write to, as it was before the run.

use crate::base::Place;
use crate::leads::Leads;
use crate::pointers::Pointer;
use crate::repository::Repository;
use crate::walk::{self, Seen};
use purple_host::Errno;
use purple_host::folder::{Content, Folder};
use purple_host::path::ResolvedPath;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The directory.
#[derive(Debug)]
pub(crate) struct Top {
    pub(crate) path: PathBuf,
    /// The same without symbolic links.
    pub(crate) real: PathBuf,
    /// Held open: it stays this directory, whatever its name stands for later.
    pub(crate) folder: Folder,
    /// By their git directories, from the top.
    pub(crate) before: BTreeMap<PathBuf, Repository>,
    /// What these lead to.
    pub(crate) leads: Leads,
    /// Symbolic links among the files of git, with what they stand for.
    pub(crate) links: BTreeMap<PathBuf, Content>,
    /// Entries `.git` that are no directory.
    pub(crate) pointers: BTreeMap<PathBuf, Pointer>,
}

impl Top {
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, (PathBuf, Errno)> {
        let folder = match Folder::open(path) {
            Ok(folder) => folder,
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
            Err(errno) => return Err((path.to_owned(), errno)),
        };
        let real = ResolvedPath::of(path).ok_or_else(|| (path.to_owned(), Errno::ELOOP))?;
        Ok(Some(Self {
            path: path.to_owned(),
            real: real.target().to_owned(),
            folder,
            before: BTreeMap::new(),
            leads: Leads::default(),
            links: BTreeMap::new(),
            pointers: BTreeMap::new(),
        }))
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            top: &self.folder,
            path: self.path.as_path(),
            real: self.real.as_path(),
        }
    }

    /// Calls `each` with every repository.
    pub(crate) fn walk(&mut self, each: impl FnMut(&Path, &mut Folder)) -> Seen {
        walk::repositories(&mut self.folder, each)
    }
}
