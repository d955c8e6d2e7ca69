//! Where repositories and their files of configuration lie, for what these say of other places.

use purple_host::folder::Folder;
use purple_host::path::ResolvedPath;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The most that is read of a file. A longer one is known by its times.
pub(crate) const LARGEST: u64 = 1 << 20;

/// The most that is read of a file that says a path: a path (`PATH_MAX` of limits.h), and what stands around it.
pub(crate) const LONGEST_PATH: u64 = 8192;

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

    /// Whether the directory has this name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let own = self.dir.file_name().map(OsStr::as_encoded_bytes);
        own.is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Whether the working tree of which a directory from there names the file `.git` lies in the top, or leads back to that
    /// directory.
    pub(crate) fn has_tree(&self, from: &Path, path: &Path) -> bool {
        let from = self.dir.join(from);
        let named = from.join(path);
        // git takes the whole path for the tree where it does not end so.
        if named.file_name() != Some(OsStr::new(".git")) {
            return false;
        }
        let tree = named.parent().and_then(|tree| fixed(tree, &self.top));
        tree.is_some_and(|tree| {
            tree.starts_with(&self.top) || repository_of(&tree).as_ref() == Some(&from)
        })
    }

    /// Whether a path that is named there is a working tree in the top whose file `.git` leads back to this directory, as
    /// git writes both for a submodule. Any other tree may hold what is protected, and git writes all of it.
    pub(crate) fn is_own_tree(&self, path: &[u8]) -> bool {
        let tree = self.inside(path);
        tree.is_some_and(|tree| {
            !tree.join(".git").is_dir() && repository_of(&tree).as_ref() == Some(&self.dir)
        })
    }

    /// Whether git takes an absolute path for a repository in the top, which is looked at itself. What a relative one leads to depends
    /// on the working tree.
    pub(crate) fn is_repository_inside(&self, path: &[u8]) -> bool {
        let Some(found) = self.inside(path).filter(|_| path.starts_with(b"/")) else {
            return false;
        };
        // Where there is no `.git` in it, git also tries this name (`enter_repo` of git's path.c).
        let mut other = found.clone().into_os_string();
        other.push(".git");
        is_directory(&found.join(".git"))
            || found.join("HEAD").is_file()
                && is_missing(&found.join(".git"))
                && is_missing(Path::new(&other))
    }

    /// Whether objects are taken from directories in the top alone (gitrepository-layout(5), `objects/info/alternates`).
    pub(crate) fn has_own_objects(&self, list: &[u8]) -> bool {
        let mut lines = list.split(|&byte| byte == b'\n');
        lines.all(|line| {
            let path = Path::new("objects").join(OsStr::from_bytes(line));
            // Those of a repository, of which links are looked at. What it takes from others, and text in quotes, git reads too.
            line.is_empty()
                || line.starts_with(b"#")
                || !line.starts_with(b"\"")
                    && self
                        .inside(path.as_os_str().as_bytes())
                        .is_some_and(|found| {
                            found.ends_with("objects")
                                && is_directory(&found)
                                && found.with_file_name("HEAD").is_file()
                                && is_missing(&found.join("info/alternates"))
                        })
        })
    }

    fn inside(&self, path: &[u8]) -> Option<PathBuf> {
        // git takes the text up to a NUL.
        let path = Path::new(OsStr::from_bytes(path));
        if path.starts_with("~") || path.as_os_str().as_bytes().contains(&0) {
            return None;
        }
        fixed(&self.dir.join(path), &self.top).filter(|found| found.starts_with(&self.top))
    }
}

/// Whether a path is a directory, and no link to one.
fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

fn is_missing(path: &Path) -> bool {
    path.symlink_metadata()
        .is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The repository to which a working tree belongs: `.git`, or what the file of that name says
/// (gitrepository-layout(5)).
pub(crate) fn repository_of(tree: &Path) -> Option<PathBuf> {
    let git = resolved(&tree.join(".git"))?;
    if git.is_dir() {
        return Some(git);
    }
    let folder = Folder::open(git.parent()?).ok()?;
    let content = folder.content(git.file_name()?, LARGEST)?;
    let said = named_by(content.bytes()?.strip_prefix(b"gitdir: ")?)?;
    resolved(&tree.join(said))
}

/// The path that a file of git's says, as git takes it: without the ends of lines, and up to a NUL.
pub(crate) fn named_by(said: &[u8]) -> Option<&Path> {
    let mut said = said;
    while let Some(shorter) = said.strip_suffix(b"\n").or(said.strip_suffix(b"\r")) {
        said = shorter;
    }
    let said = said.split(|&byte| byte == 0).next()?;
    Some(Path::new(OsStr::from_bytes(said)))
}

/// A path without symbolic links, where it leads every process to the same place.
pub(crate) fn resolved(path: &Path) -> Option<PathBuf> {
    ResolvedPath::of_every_process(path).map(|resolved| resolved.target().to_owned())
}

/// The same, where it passes no link in what the program can write to: the next checkout can lead such a link elsewhere.
pub(crate) fn fixed(path: &Path, top: &Path) -> Option<PathBuf> {
    let resolved = ResolvedPath::of_every_process(path)?;
    let is_fixed = !resolved.links().any(|link| link.starts_with(top));
    is_fixed.then(|| resolved.target().to_owned())
}
