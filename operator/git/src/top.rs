//! A directory that a run may write to, as it was before the run.

use crate::base::{Base, LARGEST, Place};
use crate::leads::{self, Leads};
use crate::repository::{COMMON, Repository, common_dir};
use crate::walk::{self, Seen};
use purple_host::Errno;
use purple_host::folder::{Content, Folder};
use purple_host::path::ResolvedPath;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
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
}

/// Common directories, by device and inode.
pub(crate) type Commons = BTreeSet<(u64, u64)>;

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
        }))
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            top: &self.folder,
            path: self.path.as_path(),
            real: self.real.as_path(),
        }
    }

    /// Calls `each` with every repository, and notes which directories they have for their common ones.
    pub(crate) fn walk(
        &mut self,
        commons: &mut Commons,
        mut each: impl FnMut(&Path, &Folder),
    ) -> Seen {
        walk::repositories(&mut self.folder, |at, folder| {
            let content = folder.content(OsStr::new(COMMON), LARGEST);
            let common = content.as_ref().and_then(common_dir);
            commons.extend(common.and_then(|path| folder.leads_to(path)));
            each(at, folder);
        })
    }

    /// Calls `each` with those directories that are a common one. They have no `HEAD`, and git takes them for none by
    /// themselves.
    pub(crate) fn commons(
        &self,
        seen: &Seen,
        commons: &Commons,
        mut each: impl FnMut(&Path, &Folder),
    ) {
        for at in &seen.candidates {
            if let leads::Way::Open(folder) = leads::way(&self.folder, at)
                && folder.identity().is_some_and(|one| commons.contains(&one))
            {
                each(at, &folder);
            }
        }
    }

    pub(crate) fn read(&self, at: &Path, folder: &Folder) -> Repository {
        Repository::read(folder, &Base::new(&self.real, at))
    }
}
