//! Where a working tree has its repository, if that lies outside of the tree.

use crate::base::{LARGEST, named_by, repository_of, resolved};
use crate::config;
use crate::repository::{COMMON, CONFIGS, WORKTREES, common_dir};
use purple_host::folder::Folder;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The git directory of a linked worktree's repository, or of a submodule, that lies outside of the working tree
/// (gitrepository-layout(5)). `None` where the tree has its own, and where the repository does not name this tree or belongs to
/// another user: a program may have written the file `.git` so that the next run shows another repository.
pub fn shared_directory(tree: &Path) -> Option<PathBuf> {
    let own = tree.join(".git");
    if !own.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let tree = resolved(tree)?;
    let dir = repository_of(&tree)?;
    let folder = Folder::open(&dir).ok()?;
    let shared = if let Some(common) = folder.content(OsStr::new(COMMON), LARGEST) {
        // A linked worktree: `gitdir` names its file `.git`.
        let named = folder.content(OsStr::new(WORKTREES.1), LARGEST)?;
        let named = resolved(&dir.join(named_by(named.bytes()?)?))?;
        (named == tree.join(".git")).then_some(())?;
        let common = resolved(&dir.join(common_dir(&common)?))?;
        // git has it at one place in the common directory; another one may be the program's.
        (dir.parent() == Some(&common.join(WORKTREES.0))).then_some(common)?
    } else {
        // A submodule: its configuration names the tree.
        let config = folder.content(OsStr::new(CONFIGS[0]), LARGEST)?;
        let named = config::worktree(config.bytes()?)?;
        let named = resolved(&dir.join(OsStr::from_bytes(&named)))?;
        (named == tree).then_some(dir)?
    };
    let owner = |path: &Path| fs::symlink_metadata(path).ok().map(|found| found.uid());
    let is_outside = !shared.starts_with(&tree) && !tree.starts_with(&shared);
    (is_outside && owner(&shared) == owner(&tree)).then_some(shared)
}
