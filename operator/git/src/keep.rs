//! What is to stay as it is while a run lasts: in the top's own repository the files of submodules and linked worktrees by
//! which git runs commands, and what its configuration and hooks lead to in the project. Other repositories may be removed
//! by the program, as builds do, and are looked through afterwards.

use crate::base::Place;
use crate::leads::Leads;
use crate::repository::{COMMON, CONFIGS, HOOKS};
use crate::sources::Source;
use crate::way::{Way, way};
use purple_host::folder::Content;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// How many objects are kept at most: each is an open descriptor, of which a process has 1,024.
const MOST: usize = 300;

/// Handles of all of it.
pub(crate) fn handles(sources: &[Source<'_>], place: Place<'_>) -> Vec<OwnedFd> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for source in sources.iter().filter(|source| source.kept) {
        if let Ok(at) = source.dir.strip_prefix(place.real)
            && !source.is_outside()
        {
            if at != Path::new(".git") {
                let names = CONFIGS.into_iter().chain([COMMON, HOOKS]);
                paths.extend(names.map(|name| at.join(name)));
            }
            let linked = source.repository().hooks.iter();
            let linked = linked.filter(|(_, content)| matches!(content, Content::Link { .. }));
            paths.extend(linked.map(|(name, _)| at.join(HOOKS).join(name)));
        }
        let leads = Leads::of([source], place);
        paths.extend(leads.hooks.into_keys());
        paths.extend(leads.configs.into_keys());
        let programs = leads.programs.into_iter();
        paths.extend(programs.filter_map(|(path, (_, content))| content.map(|_| path)));
    }
    let handle = |path: PathBuf| {
        let Way::Open(folder) = way(place.top, path.parent()?) else {
            return None;
        };
        let name = path.file_name().unwrap_or(OsStr::new("."));
        folder.inherited_handle(name).ok()
    };
    paths.into_iter().filter_map(handle).take(MOST).collect()
}
