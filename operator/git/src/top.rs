//! A directory that a run may write to, as it was before the run.

use crate::base::Place;
use crate::before::Notes;
use crate::leads::Leads;
use crate::walk;
use purple_host::Errno;
use purple_host::folder::Folder;
use purple_host::path::ResolvedPath;
use std::path::{Path, PathBuf};

/// The directory.
#[derive(Debug)]
pub(crate) struct Top {
    pub(crate) path: PathBuf,
    /// The same without symbolic links.
    pub(crate) real: PathBuf,
    /// Held open: it stays this directory, whatever its name stands for later.
    pub(crate) folder: Folder,
    pub(crate) notes: Notes,
    /// What the repositories lead to.
    pub(crate) leads: Leads,
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
            notes: Notes::new(real.target().to_owned()),
            leads: Leads::default(),
        }))
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            top: &self.folder,
            path: self.path.as_path(),
            real: self.real.as_path(),
        }
    }

    /// Notes what is there. What cannot be looked at counts as empty: what is found there later is new.
    pub(crate) fn note(&mut self) {
        let _seen = walk::repositories(&mut self.folder, &mut self.notes);
    }
}
