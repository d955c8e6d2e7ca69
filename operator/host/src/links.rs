//! Symbolic links that a sandbox may have left on the way to a path.
//!
//! A program may write below its output paths, and where root starts it, what it makes there is
//! root's. So only links in directories of the system are followed, as purple-exec does
//! (`executor/src/filesystem/links.rs`).

use crate::path::ResolvedPath;
use purple_plan::is_system_directory;
use std::fs::symlink_metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The first link on the way to a path that a sandbox may have left.
pub fn first_planted(path: &Path) -> Option<PathBuf> {
    let resolved = ResolvedPath::of(path)?;
    resolved
        .links()
        .find(|link| !is_of_the_system(link))
        .map(Path::to_owned)
}

fn is_of_the_system(link: &Path) -> bool {
    let Some(directory) = link.parent() else {
        return false;
    };
    let is_roots = |path: &Path| symlink_metadata(path).is_ok_and(|found| found.uid() == 0);
    let closed = symlink_metadata(directory).is_ok_and(|found| found.mode() & 0o022 == 0);
    is_system_directory(directory.as_os_str().as_bytes())
        && closed
        && is_roots(link)
        && is_roots(directory)
}

#[cfg(test)]
mod tests {
    use super::first_planted;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn links_of_a_user_are_not_followed_and_those_of_the_system_are() {
        let base = std::env::temp_dir().join(format!("purple-links-{}", std::process::id()));
        assert!(std::fs::create_dir_all(base.join("real")).is_ok());
        assert!(symlink("real", base.join("link")).is_ok());
        let found = first_planted(&base.join("link/report.json"));
        let real = first_planted(&base.join("real/report.json"));
        assert!(std::fs::remove_dir_all(&base).is_ok());
        assert_eq!(found, Some(base.join("link")));
        assert_eq!(real, None);
        assert_eq!(first_planted(Path::new("/bin/sh")), None);
    }
}
