//! What links in protected directories lead to. A protected directory is read-only inside, and what a symbolic
//! link in it leads to may not be: so that is kept as well. A file that has another name outside of these
//! directories is handed on too, and refused by purple-exec where the program could write to it.

use purple_host::held::HeldFile;
use purple_host::path::ResolvedPath;
use purple_host::{Errno, FileError};
use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::os::fd::RawFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// How many entries of protected directories are looked at; those of a project have some dozens.
const MOST_ENTRIES: usize = 20_000;

/// How many links may lead to something else: each is an open descriptor.
const MOST_KEPT: usize = 200;

/// All of it, held open.
#[derive(Debug, Default)]
pub(crate) struct Links {
    held: Vec<HeldFile>,
}

/// What is looked through.
struct Search {
    /// Directories that the program can write to.
    outputs: Vec<PathBuf>,
    /// What is kept as it is: protected directories, and what links in them have led to.
    kept: Vec<PathBuf>,
    /// Directories that are still to be read.
    left: Vec<PathBuf>,
    /// Files with more names than one, with a name, the number of all, and of those found.
    linked: BTreeMap<(u64, u64), (PathBuf, u64, u64)>,
    links: Links,
}

impl Links {
    /// Looks through the protected directories, by their host paths.
    pub(crate) fn of(outputs: Vec<&Path>, protected: &[PathBuf]) -> Result<Self, FileError> {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let kept: Vec<PathBuf> = protected.iter().filter_map(|path| real(path)).collect();
        let mut search = Search {
            outputs: outputs.into_iter().filter_map(real).collect(),
            left: kept.clone(),
            kept,
            linked: BTreeMap::new(),
            links: Self::default(),
        };
        if search.read_all()? {
            search.hold_linked()?;
        }
        Ok(search.links)
    }

    /// Has the command inherit the descriptors, and gives their numbers.
    pub(crate) fn inherit(&self) -> Result<Vec<RawFd>, Errno> {
        let mut all = Vec::new();
        for held in &self.held {
            all.extend(held.inherit()?);
        }
        Ok(all)
    }
}

impl Search {
    /// Reads all directories. Whether none is left. What cannot be read has no links that are followed.
    fn read_all(&mut self) -> Result<bool, FileError> {
        let mut count = 0_usize;
        while let Some(directory) = self.left.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                count = count.saturating_add(1);
                if count > MOST_ENTRIES {
                    return Ok(false);
                }
                self.entry(&entry)?;
            }
        }
        Ok(true)
    }

    fn entry(&mut self, entry: &DirEntry) -> Result<(), FileError> {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_symlink() => self.follow(&path),
            Ok(kind) if kind.is_dir() => {
                self.left.push(path);
                Ok(())
            }
            Ok(kind) if kind.is_file() => {
                if let Ok(found) = entry.metadata()
                    && found.nlink() > 1
                {
                    let names = self.linked.entry((found.dev(), found.ino()));
                    names.or_insert((path, found.nlink(), 0)).2 += 1;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Holds what a link leads to, and the links on the way, where the program could change one of them.
    fn follow(&mut self, link: &Path) -> Result<(), FileError> {
        let Some(way) = ResolvedPath::of(link) else {
            return Ok(());
        };
        let target = way.target();
        let Ok(found) = fs::metadata(target) else {
            return Ok(());
        };
        let is_open = |path: &Path| {
            self.outputs.iter().any(|output| path.starts_with(output))
                && !self.kept.iter().any(|kept| path.starts_with(kept))
        };
        // What an output path is, or lies in, cannot be kept.
        let is_above = self.outputs.iter().any(|output| output.starts_with(target));
        if is_above || !way.links().chain([target]).any(is_open) {
            return Ok(());
        }
        if found.is_dir() {
            self.left.push(target.to_owned());
        }
        self.kept.push(target.to_owned());
        self.hold(link)
    }

    /// Holds the files that have names elsewhere.
    fn hold_linked(&mut self) -> Result<(), FileError> {
        let all = std::mem::take(&mut self.linked).into_values();
        for (path, _, _) in all.filter(|(_, names, found)| names > found) {
            self.hold(&path)?;
        }
        Ok(())
    }

    fn hold(&mut self, path: &Path) -> Result<(), FileError> {
        if self.links.held.len() >= MOST_KEPT {
            let why = "more than 200 links in protected directories lead out of them: exclude the directory from \
                       `read_only` with a `!` before it";
            return Err(FileError::at(path)(io::Error::other(why)));
        }
        self.links.held.push(HeldFile::open(path)?);
        Ok(())
    }
}
