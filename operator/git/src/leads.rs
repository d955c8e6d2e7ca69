//! Where a repository's own configuration leads to in the same directory: hooks of `core.hooksPath`, and files that it
//! includes. The keys are the user's; what lies there may be the program's.

use crate::repository::{self, Config, Repository};
use purple_host::folder::{Content, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// What lies at such places, by their paths from the top.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    pub(crate) hooks: BTreeMap<PathBuf, BTreeMap<OsString, Content>>,
    pub(crate) configs: BTreeMap<PathBuf, Option<Config>>,
    /// Files that a key names as a command, with the key.
    pub(crate) programs: BTreeMap<PathBuf, (String, Option<Content>)>,
}

/// The folders that repositories are in: the top, and its path on the host.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    pub(crate) top: &'t Folder,
    pub(crate) path: &'t Path,
}

impl Leads {
    /// What the repositories of a top lead to, by their paths from it.
    pub(crate) fn of(repositories: &BTreeMap<PathBuf, Repository>, place: Place<'_>) -> Self {
        let mut found = Self::default();
        for (at, repository) in repositories {
            for config in repository.configs.values() {
                found.follow_all(at, config, place);
            }
        }
        found
    }

    fn follow_all(&mut self, at: &Path, config: &Config, place: Place<'_>) {
        for command in config.commands.iter().flatten() {
            self.follow(at, (&command.key, &command.value), place);
        }
    }

    fn follow(&mut self, at: &Path, (key, value): (&str, &[u8]), place: Place<'_>) {
        // Commands run in the working tree, or in a bare repository itself.
        let tree = match at.file_name() {
            Some(name) if name == ".git" => at.parent().unwrap_or(at),
            _ => at,
        };
        let words = value.split(u8::is_ascii_whitespace);
        let value = Path::new(OsStr::from_bytes(value));
        if key == "core.hookspath" {
            if let Some(path) = inside(tree, value, place.path) {
                let hooks = read_hooks(place.top, &path);
                self.hooks.insert(path, hooks);
            }
        } else if (key == "include.path" || key.starts_with("includeif."))
            && let Some(path) = inside(at, value, place.path)
        {
            if self.configs.contains_key(&path) {
                return;
            }
            let config = read_config(place.top, &path);
            self.configs.insert(path.clone(), None);
            if let (Some(config), Some(dir)) = (&config, path.parent()) {
                self.follow_all(dir, config, place);
            }
            self.configs.insert(path, config);
        } else {
            let names = words.filter(|word| word.contains(&b'/'));
            let paths = names
                .filter_map(|word| inside(tree, Path::new(OsStr::from_bytes(word)), place.path));
            for path in paths {
                let program = read_program(place.top, &path);
                self.programs.insert(path, (key.to_owned(), program));
            }
        }
    }
}

/// The hooks that are there; none where there is no such directory.
pub(crate) fn read_hooks(top: &Folder, path: &Path) -> BTreeMap<OsString, Content> {
    let hooks = folder(top, path).and_then(|mut folder| repository::read_hooks(&mut folder).ok());
    hooks.unwrap_or_default()
}

/// The configuration that is there.
pub(crate) fn read_config(top: &Folder, path: &Path) -> Option<Config> {
    let folder = folder(top, path.parent()?)?;
    let depth = path.components().count().saturating_sub(1);
    repository::read_config(&folder, path.file_name()?, depth).ok()?
}

/// What a file is that a key names as a command.
pub(crate) fn read_program(top: &Folder, path: &Path) -> Option<Content> {
    let folder = folder(top, path.parent()?)?;
    folder
        .content(path.file_name()?, repository::LARGEST)
        .ok()?
}

/// The folder at a path from the top; `None` where a part is none, or a link.
pub(crate) fn folder(top: &Folder, path: &Path) -> Option<Folder> {
    let mut here = top.enter(OsStr::new(".")).ok()?;
    for part in path.components() {
        here = here.enter(part.as_os_str()).ok()?;
    }
    Some(here)
}

/// A path that a configuration at `base` names, from the top; `None` where it leads out of it.
fn inside(base: &Path, value: &Path, top: &Path) -> Option<PathBuf> {
    let whole = match value.strip_prefix(top) {
        Ok(rest) if value.is_absolute() => rest.to_owned(),
        _ if value.is_absolute() => return None,
        _ => base.join(value),
    };
    let mut path = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if !path.pop() => return None,
            _ => {}
        }
    }
    Some(path)
}

/// The keys that a file had, which may stay.
pub(crate) fn known(before: Option<&Config>) -> BTreeSet<crate::config::Command> {
    before
        .and_then(|config| config.commands.clone())
        .unwrap_or_default()
}
