//! Where configuration leads to in what the program can write to: hooks of `core.hooksPath`, files that it includes, and
//! files that its commands name. The keys are the user's; what lies there may be the program's.

use crate::base::{Base, LARGEST, Place};
use crate::config::Command;
use crate::repository::{self, Config, HOOKS};
use crate::sources::Source;
use crate::way::{Way, way};
use crate::words;
use purple_host::folder::{Content, Folder};
use purple_host::path::ResolvedPath;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// How many files include each other at most (`MAX_INCLUDE_DEPTH` of git's config.c).
const DEEPEST: usize = 10;

/// What lies at such places, by their paths from the top, which have no symbolic link.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    pub(crate) hooks: BTreeMap<PathBuf, BTreeMap<OsString, Content>>,
    pub(crate) configs: BTreeMap<PathBuf, Option<Config>>,
    /// Files that a key names as a command, with the key.
    pub(crate) programs: BTreeMap<PathBuf, (String, Option<Content>)>,
    /// Symbolic links on the way, with the key and where they lead.
    pub(crate) links: BTreeMap<PathBuf, (String, OsString)>,
    /// Whose configuration was followed in which working trees.
    pub(crate) pairs: BTreeSet<(PathBuf, PathBuf)>,
    /// Files that were followed, with the working tree.
    followed: BTreeSet<(PathBuf, PathBuf)>,
}

impl Leads {
    /// What the repositories of a top lead to.
    pub(crate) fn of<'r>(
        sources: impl IntoIterator<Item = &'r Source<'r>>,
        place: Place<'_>,
    ) -> Self {
        let mut found = Self::default();
        for source in sources {
            for tree in &source.trees {
                found.pairs.insert((source.dir.clone(), tree.clone()));
                for config in source.configs() {
                    found.follow_all((&source.dir, tree), config, place, DEEPEST);
                }
            }
            found.follow_hooks(source, place);
        }
        found
    }

    /// Hooks that are a link, and of a repository outside each hook that is one. Those inside are looked at by themselves.
    fn follow_hooks(&mut self, source: &Source<'_>, place: Place<'_>) {
        let hooks = source.dir.join(HOOKS);
        let repository = source.repository();
        if repository.hooks_itself.is_some()
            && let Some(path) = self.resolve(&hooks, "hooks", place)
        {
            self.add_hooks(path, place);
        }
        let names = repository.hooks.keys().filter(|_| source.is_outside());
        for name in names {
            if let Some(path) = self.resolve(&hooks.join(name), "hooks", place) {
                let program = read_program(place.top, &path);
                self.programs.insert(path, ("hooks".to_owned(), program));
            }
        }
    }

    fn follow_all(
        &mut self,
        (dir, tree): (&Path, &Path),
        config: &Config,
        place: Place<'_>,
        depth: usize,
    ) {
        for Command { key, value } in config.commands.iter().flatten() {
            if key == "core.hookspath" {
                let path = expanded(tree, value);
                if let Some(path) = path.and_then(|path| self.resolve(&path, key, place)) {
                    self.add_hooks(path, place);
                }
            } else if key == "include.path" || key.starts_with("includeif.") {
                if let (Some(path), Some(depth)) = (expanded(dir, value), depth.checked_sub(1)) {
                    self.include((&path, tree), key, place, depth);
                }
            } else {
                for word in words::of(value) {
                    self.add_program((tree, &word), key, place);
                }
            }
        }
    }

    fn add_hooks(&mut self, path: PathBuf, place: Place<'_>) {
        let hooks = match way(place.top, &path) {
            Way::Open(mut folder) => repository::read_hooks(&mut folder).unwrap_or_default(),
            _ => BTreeMap::new(),
        };
        self.hooks.insert(path, hooks);
    }

    fn include(&mut self, (path, tree): (&Path, &Path), key: &str, place: Place<'_>, depth: usize) {
        let inside = self.resolve(path, key, place);
        let Some(resolved) = way_of(path) else {
            return;
        };
        let path = resolved.target();
        if !self.followed.insert((path.to_owned(), tree.to_owned())) {
            return;
        }
        let config = match &inside {
            Some(inside) => read_config(place, inside),
            None => path.parent().and_then(|dir| {
                let folder = Folder::open(dir).ok()?;
                repository::read_config(&folder, path.file_name()?, &Base::new(dir, Path::new("")))
            }),
        };
        if let (Some(config), Some(dir)) = (&config, path.parent()) {
            self.follow_all((dir, tree), config, place, depth);
        }
        if let Some(inside) = inside {
            self.configs.insert(inside, config.map(Config::noted));
        }
    }

    /// A word that is the name of a file, or could be made one.
    fn add_program(&mut self, (tree, word): (&Path, &[u8]), key: &str, place: Place<'_>) {
        let Some(path) = expanded(tree, word) else {
            return;
        };
        let is_path = word.contains(&b'/');
        if !is_path && !path.exists() {
            return;
        }
        if let Some(path) = self.resolve(&path, key, place) {
            let program = read_program(place.top, &path);
            if program.is_some() || is_path {
                self.programs.insert(path, (key.to_owned(), program));
            }
        }
    }

    /// Where a path leads to in the top; `None` where that is outside. Notes the links on the way.
    fn resolve(&mut self, path: &Path, key: &str, place: Place<'_>) -> Option<PathBuf> {
        let resolved = way_of(path)?;
        for link in resolved.links() {
            if let (Ok(at), Ok(to)) = (link.strip_prefix(place.real), link.read_link()) {
                let lead = (key.to_owned(), to.into_os_string());
                self.links.insert(at.to_owned(), lead);
            }
        }
        let inside = resolved.target().strip_prefix(place.real);
        inside.ok().map(Path::to_owned)
    }
}

/// How a path that the user's own configuration names is resolved. A directory that is missing on the way may be there after the run.
fn way_of(path: &Path) -> Option<ResolvedPath> {
    ResolvedPath::of_every_process(path).or_else(|| {
        let mut plain = PathBuf::new();
        for part in path.components() {
            if part == Component::ParentDir {
                let _moved = plain.pop();
            } else {
                plain.push(part);
            }
        }
        ResolvedPath::of_every_process(&plain)
    })
}

/// The configuration that is there.
pub(crate) fn read_config(place: Place<'_>, path: &Path) -> Option<Config> {
    let dir = path.parent()?;
    let Way::Open(folder) = way(place.top, dir) else {
        return None;
    };
    repository::read_config(&folder, path.file_name()?, &Base::new(place.real, dir))
}

/// What a file is that a key names as a command; a directory is none.
pub(crate) fn read_program(top: &Folder, path: &Path) -> Option<Content> {
    let Way::Open(folder) = way(top, path.parent()?) else {
        return None;
    };
    let content = folder.content(path.file_name()?, LARGEST);
    let content = content.filter(|content| !matches!(content, Content::Folder | Content::Other));
    content.map(Content::noted)
}

/// A path that a configuration names, from a directory; `None` for one that git or the shell finds in another way.
fn expanded(dir: &Path, value: &[u8]) -> Option<PathBuf> {
    let path = Path::new(OsStr::from_bytes(value));
    match path.strip_prefix("~") {
        Ok(rest) => Some(PathBuf::from(std::env::var_os("HOME")?).join(rest)),
        Err(_) => (!value.contains(&0)).then(|| dir.join(path)),
    }
}
