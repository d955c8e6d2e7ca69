//! What is to stay as it is while a run lasts: in the top's own repository the files of submodules and linked worktrees by
//! which git runs commands, and what its configuration and hooks lead to in the project. Other repositories may be removed
//! by the program, as builds do, and are looked through afterwards.

use crate::leads::{self, Leads, Place};
use crate::repository::{COMMON, CONFIGS, HOOKS, Repository};
use purple_host::folder::Content;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// How many objects are kept at most: each is an open descriptor, of which a process has 1,024.
const MOST: usize = 300;

/// Handles of all of it.
pub(crate) fn handles(before: &BTreeMap<PathBuf, Repository>, place: Place<'_>) -> Vec<OwnedFd> {
    let own = before.iter().filter(|(at, _)| at.starts_with(".git"));
    let mut paths: Vec<PathBuf> = Vec::new();
    for (at, repository) in own {
        if at != Path::new(".git") {
            let names = CONFIGS.into_iter().chain([COMMON, HOOKS]);
            paths.extend(names.map(|name| at.join(name)));
        }
        let linked = repository.hooks.iter();
        let linked = linked.filter(|(_, content)| matches!(content, Content::Link { .. }));
        paths.extend(linked.map(|(name, _)| at.join(HOOKS).join(name)));
        let leads = Leads::of([(at, repository)], place);
        paths.extend(leads.hooks.into_keys());
        paths.extend(leads.configs.into_keys());
        paths.extend(leads.programs.into_keys());
    }
    let handle = |path: PathBuf| {
        let folder = leads::folder(place.top, path.parent()?)?;
        let name = path.file_name().unwrap_or(OsStr::new("."));
        folder.inherited_handle(name).ok()
    };
    paths.into_iter().filter_map(handle).take(MOST).collect()
}
