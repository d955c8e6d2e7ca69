//! Where repositories and their files of configuration lie, for what these say of other places.

use purple_host::folder::Folder;
use purple_host::path::ResolvedPath;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The folder that repositories are in.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    pub(crate) top: &'t Folder,
    /// Its path on the host, as the policy has it.
    pub(crate) path: &'t Path,
    /// The same without symbolic links.
    pub(crate) real: &'t Path,
}

/// A directory in what the program can write to. Both paths have no symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    top: PathBuf,
    dir: PathBuf,
}

impl Base {
    /// The directory at a path from the top.
    pub(crate) fn new(top: &Path, at: &Path) -> Self {
        Self {
            top: top.to_owned(),
            dir: top.join(at),
        }
    }

    /// Whether a path that is named there leads to something in the top, links on the way followed.
    pub(crate) fn leads_inside(&self, path: &[u8]) -> bool {
        let path = Path::new(OsStr::from_bytes(path));
        !path.starts_with("~")
            && ResolvedPath::of(&self.dir.join(path))
                .is_some_and(|resolved| resolved.target().starts_with(&self.top))
    }
}
