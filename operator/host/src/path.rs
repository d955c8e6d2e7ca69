//! Which files and links the kernel passes when it resolves a path. Who can write at one of them
//! decides where the path leads the next time.

use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
use purple_report::Visible;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

/// A path for a message: nothing hidden in it, whatever a file is called. `Path::display` shows all.
pub fn shown(path: &Path) -> Visible<'_> {
    Visible(path.as_os_str().as_bytes())
}

/// The most symbolic links that the kernel follows in a path (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The longest path that the kernel takes, with its NUL (`PATH_MAX` of limits.h).
const LONGEST: usize = 4096;

/// The most files that are passed. A path and a few links pass some dozens.
const MOST_PASSED: usize = 4096;

/// For which processes a path is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// For this one, now.
    Own,
    /// For every process of this host.
    Every,
}

/// A path with everything that its resolution passes, from the root to its target.
#[derive(Debug, Clone)]
pub struct ResolvedPath {
    passed: Vec<PathBuf>,
    target: PathBuf,
}

impl ResolvedPath {
    /// Resolves a path as the kernel does. What does not exist yet is taken as a directory. `None`
    /// for symbolic links in a circle, a path that is too long, `..` behind what is no directory, or a relative path from a
    /// directory that is gone.
    pub fn of(path: &Path) -> Option<Self> {
        Self::resolve(path, Reader::Own)
    }

    /// Resolves a path that leads every process to the same place. `None` also where it passes a directory of procfs, whose links
    /// depend on who follows them (proc(5)), or a directory that cannot be searched.
    pub fn of_every_process(path: &Path) -> Option<Self> {
        Self::resolve(path, Reader::Every)
    }

    fn resolve(path: &Path, reader: Reader) -> Option<Self> {
        let absolute = std::path::absolute(path).ok()?;
        let mut ahead: VecDeque<OsString> = components(&absolute).collect();
        let mut target = PathBuf::from("/");
        let mut passed = vec![target.clone()];
        let mut links = 0_usize;
        if absolute.as_os_str().len() >= LONGEST {
            return None;
        }
        while let Some(component) = ahead.pop_front() {
            if component == ".." {
                // The kernel says ENOENT or ENOTDIR otherwise.
                if !target.is_dir() {
                    return None;
                }
                // At the root it stays there, as the kernel does.
                let _moved = target.pop();
                continue;
            }
            if reader == Reader::Every && is_procfs(&target) {
                return None;
            }
            let next = target.join(&component);
            if next.as_os_str().len() >= LONGEST || passed.len() == MOST_PASSED {
                return None;
            }
            passed.push(next.clone());
            let link = match std::fs::read_link(&next) {
                Ok(link) => link,
                Err(error) if reader == Reader::Every && !is_no_link(&error) => return None,
                Err(_) => {
                    target = next;
                    continue;
                }
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

    /// The symbolic links on the way.
    pub fn links(&self) -> impl Iterator<Item = &Path> {
        let passed = self.passed.iter().map(PathBuf::as_path);
        passed.filter(|one| one.is_symlink())
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

/// Whether a directory lies on procfs. One that does not exist lies nowhere.
fn is_procfs(directory: &Path) -> bool {
    statfs(directory).is_ok_and(|found| found.filesystem_type() == PROC_SUPER_MAGIC)
}

/// Whether the kernel said that there is no link: there is nothing, or something else.
fn is_no_link(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::NotADirectory
    )
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
        assert!(std::fs::create_dir_all(base.join("else/deep/x")).is_ok());
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
        let resolved = ResolvedPath::of(Path::new("/usr/../../x"));
        assert!(
            resolved
                .as_ref()
                .is_some_and(|one| one.passes(Path::new("/")))
        );
        assert!(resolved.is_some_and(|one| one.target() == Path::new("/x")));
    }

    /// Each of these leads the kernel nowhere, or each process elsewhere.
    #[test]
    fn what_leads_not_every_process_to_one_place_is_unknown() {
        for path in [
            "/proc/self/cwd/../x",
            "/proc/self/root/usr",
            "/proc/1/cwd",
            "/dev/fd/0",
            "/dev/stdin",
            "/usr/../proc/thread-self/cwd",
        ] {
            assert!(
                ResolvedPath::of_every_process(Path::new(path)).is_none(),
                "{path}"
            );
        }
        for path in ["/nonexistent/../usr", "/etc/passwd/../passwd"] {
            assert!(ResolvedPath::of(Path::new(path)).is_none(), "{path}");
            assert!(std::fs::metadata(path).is_err(), "{path}");
        }
        let usr = ResolvedPath::of_every_process(Path::new("/usr/lib/../bin"));
        assert!(usr.is_some_and(|one| one.target() == Path::new("/usr/bin")));
    }

    /// A path of a megabyte would have had half a million parts, each with the ones before it.
    #[test]
    fn a_path_that_the_kernel_does_not_take_is_unknown() {
        for path in ["/a".repeat(500_000), format!("/{}", "a".repeat(4095))] {
            assert!(ResolvedPath::of(Path::new(&path)).is_none());
        }
        assert!(ResolvedPath::of(Path::new(&"/a".repeat(2047))).is_some());
    }
}
