//! Whose configuration counts in what the program can write to: the repositories that lie there, and those outside to
//! which a working tree there, or around it, belongs, and the configuration of the user. Their keys are the user's.

use crate::base::{Base, LARGEST, Place, repository_of, resolved};
use crate::repository::{COMMON, CONFIGS, Config, Repository, common_dir, read_config};
use crate::settings::user_files;
use purple_host::folder::{Content, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A repository, and the working trees in which its commands run.
#[derive(Debug)]
pub(crate) struct Source<'r> {
    /// Its directory on the host.
    pub(crate) dir: PathBuf,
    pub(crate) trees: BTreeSet<PathBuf>,
    pub(crate) repository: Held<'r>,
    /// Whether it is the top's own or lies outside, so that the program cannot remove it.
    pub(crate) kept: bool,
}

/// One of the top, or one that was read beside it.
#[derive(Debug)]
pub(crate) enum Held<'r> {
    Inside(&'r Repository),
    Outside(Box<Repository>),
}

impl Source<'_> {
    pub(crate) fn configs(&self) -> impl Iterator<Item = &Config> {
        self.repository().configs.values()
    }

    pub(crate) const fn repository(&self) -> &Repository {
        match &self.repository {
            Held::Inside(repository) => repository,
            Held::Outside(repository) => repository,
        }
    }

    pub(crate) const fn is_outside(&self) -> bool {
        matches!(self.repository, Held::Outside(_))
    }
}

/// The repositories of a top, by their paths from it, and those that its working trees belong to.
pub(crate) fn of<'r>(
    before: &'r BTreeMap<PathBuf, Repository>,
    pointers: &[PathBuf],
    place: Place<'_>,
) -> Vec<Source<'r>> {
    let mut trees: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    let around = place.real.ancestors().map(Path::to_owned);
    let linked = pointers.iter().filter_map(|at| at.parent());
    let linked = linked.map(|tree| place.real.join(tree));
    for tree in linked.chain(around) {
        let Some(dir) = repository_of(&tree) else {
            continue;
        };
        for dir in std::iter::once(dir.clone()).chain(common_of(&dir)) {
            trees.entry(dir).or_default().insert(tree.clone());
        }
    }
    // The top is a repository itself, or lies in one.
    let in_repository = before.contains_key(Path::new(""))
        || place.real.iter().any(|name| name == OsStr::new(".git"));
    let mut sources = Vec::new();
    let mut all_trees: BTreeSet<PathBuf> = trees.values().flatten().cloned().collect();
    for (at, repository) in before {
        let dir = place.real.join(at);
        let mut trees = trees.remove(&dir).unwrap_or_default();
        trees.extend(own_tree(&dir, repository));
        all_trees.extend(trees.iter().cloned());
        sources.push(Source {
            dir,
            trees,
            repository: Held::Inside(repository),
            kept: in_repository || at.starts_with(".git"),
        });
    }
    let outside = trees
        .into_iter()
        .filter(|(dir, _)| !dir.starts_with(place.real));
    for (dir, trees) in outside {
        if let Ok(folder) = Folder::open(&dir) {
            let repository = Repository::read(&folder, &Base::new(&dir, Path::new("")));
            sources.push(Source {
                dir,
                trees,
                repository: Held::Outside(Box::new(repository)),
                kept: true,
            });
        }
    }
    sources.extend(of_the_user(&all_trees));
    sources
}

/// The files of configuration of this user and of the system, which count in every working tree (git-config(1), FILES).
fn of_the_user<'r>(trees: &BTreeSet<PathBuf>) -> Vec<Source<'r>> {
    let files = std::iter::once(PathBuf::from("/etc/gitconfig")).chain(user_files());
    let source = |path: PathBuf| {
        let dir = resolved(path.parent()?)?;
        let folder = Folder::open(&dir).ok()?;
        let config = read_config(&folder, path.file_name()?, &Base::new(&dir, Path::new("")))?;
        let repository = Repository {
            configs: BTreeMap::from([(CONFIGS[0], config)]),
            ..Repository::default()
        };
        Some(Source {
            dir,
            trees: trees.clone(),
            repository: Held::Outside(Box::new(repository)),
            kept: true,
        })
    };
    files.filter_map(source).collect()
}

/// The working tree that a repository's own place or configuration names. Commands of a bare one run in itself.
fn own_tree(dir: &Path, repository: &Repository) -> Option<PathBuf> {
    let mut configs = repository.configs.values();
    let named = configs.find_map(|config| config.worktree.as_deref());
    let tree = match named {
        Some(named) => dir.join(OsStr::from_bytes(named)),
        None if dir.file_name() == Some(OsStr::new(".git")) => dir.parent()?.to_owned(),
        None => dir.to_owned(),
    };
    resolved(&tree)
}

/// The directory whose configuration counts in a linked worktree's too.
fn common_of(dir: &Path) -> Option<PathBuf> {
    let folder = Folder::open(dir).ok()?;
    let content: Content = folder.content(OsStr::new(COMMON), LARGEST)?;
    resolved(&dir.join(common_dir(&content)?))
}
