//! Which files and links the kernel passes when it resolves a path. Who can write at one of them
//! decides where the path leads the next time.

use purple_report::Visible;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

/// A path for a message: nothing hidden in it, whatever a file is called. `Path::display` shows all.
pub fn shown(path: &Path) -> Visible<'_> {
    Visible(path.as_os_str().as_bytes())
}

/// The most symbolic links that the kernel follows in a path (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// A path with everything that its resolution passes, from the root to its target.
#[derive(Debug, Clone)]
pub struct ResolvedPath {
    passed: Vec<PathBuf>,
    target: PathBuf,
}

impl ResolvedPath {
    /// Resolves a path as the kernel does. What does not exist yet is taken as a directory. `None`
    /// for symbolic links in a circle, or a relative path from a directory that is gone.
    pub fn of(path: &Path) -> Option<Self> {
        let absolute = std::path::absolute(path).ok()?;
        let mut ahead: VecDeque<OsString> = components(&absolute).collect();
        let mut target = PathBuf::from("/");
        let mut passed = vec![target.clone()];
        let mut links = 0_usize;
        while let Some(component) = ahead.pop_front() {
            if component == ".." {
                // At the root it stays there, as the kernel does.
                let _moved = target.pop();
                continue;
            }
            let next = target.join(&component);
            passed.push(next.clone());
            let Ok(link) = std::fs::read_link(&next) else {
                target = next;
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            if link.is_absolute() {
                target = PathBuf::from("/");
            }
            for component in components(&link).collect::<Vec<_>>().into_iter().rev() {
                ahead.push_front(component);
            }
        }
        Some(Self { passed, target })
    }

    /// Where the path leads.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Whether the resolution passes this file, by whichever mount it is reached, or ends there.
    pub fn passes(&self, file: &Path) -> bool {
        let wanted = identity(file);
        self.passed
            .iter()
            .any(|one| one == file || (wanted.is_some() && identity(one) == wanted))
    }
}

/// The components of a path that lead elsewhere: names and `..`.
fn components(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(_) | Component::ParentDir => Some(part.as_os_str().to_owned()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    })
}

/// The device and the inode.
fn identity(file: &Path) -> Option<(u64, u64)> {
    let found = std::fs::symlink_metadata(file).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::ResolvedPath;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn links_are_passed() {
        let base = std::env::temp_dir().join(format!("purple-path-{}", std::process::id()));
        let base = base.as_path();
        assert!(std::fs::create_dir_all(base.join("a")).is_ok());
        assert!(symlink("../else/deep", base.join("a/link")).is_ok());
        assert!(symlink("circle", base.join("circle")).is_ok());
        let resolved = ResolvedPath::of(&base.join("a/link/x/../y"));
        let circle = ResolvedPath::of(&base.join("circle"));
        let passes = |name: &str| {
            resolved
                .as_ref()
                .is_some_and(|one| one.passes(&base.join(name)))
        };
        let answers = [
            passes("a/link"),
            passes("else"),
            passes("else/deep/y"),
            passes("a/link/y"),
        ];
        let target = resolved.as_ref().map(|one| one.target().to_owned());
        assert!(std::fs::remove_dir_all(base).is_ok());
        assert_eq!(answers, [true, true, true, false]);
        assert_eq!(target, Some(base.join("else/deep/y")));
        assert!(circle.is_none());
    }

    #[test]
    fn every_path_passes_the_root() {
        let resolved = ResolvedPath::of(Path::new("/nonexistent/../../x"));
        assert!(
            resolved
                .as_ref()
                .is_some_and(|one| one.passes(Path::new("/")))
        );
        assert!(resolved.is_some_and(|one| one.target() == Path::new("/x")));
    }
}
