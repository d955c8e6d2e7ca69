//! Entries `.git` that are no directory: files that name a repository (gitrepository-layout(5)), and links. A new one may name a repository
//! that was looked through, or one that such an entry named before the run.

use crate::base::{LARGEST, Place, fixed, named_by, resolved};
use crate::found::Found;
use crate::links::opened;
use crate::rename::put_aside;
use purple_host::folder::Content;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What one says, and where that leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) content: Content,
    pub(crate) target: Option<PathBuf>,
}

/// What entries say, by their paths from the top.
pub(crate) fn read(place: Place<'_>, pointers: &[PathBuf]) -> BTreeMap<PathBuf, Pointer> {
    let read = |at: &PathBuf| {
        let content = content(place, at)?;
        let target = named(place, at, &content).and_then(|path| resolved(&path));
        Some((at.clone(), Pointer { content, target }))
    };
    pointers.iter().filter_map(read).collect()
}

/// Puts aside the entries that are new, or lead elsewhere now, and name none of these repositories.
pub(crate) fn disarm(
    place: Place<'_>,
    before: &BTreeMap<PathBuf, Pointer>,
    now: &[PathBuf],
    repositories: &BTreeSet<PathBuf>,
    found: &mut Vec<Found>,
) {
    for (at, pointer) in read(place, now) {
        if before.get(&at) == Some(&pointer) {
            continue;
        }
        let path = named(place, &at, &pointer.content);
        let target = path.and_then(|path| fixed(&path, place.real));
        let is_known = target.is_some_and(|target| repositories.contains(&target));
        if !is_known && let Some((folder, name)) = opened(place.top, &at) {
            let what = "it named a repository outside of what the program can write to, or none";
            let path = place.path.join(at.parent().unwrap_or(Path::new("")));
            put_aside(&path, &folder, name, what, found);
        }
    }
}

/// What an entry is; `None` for what git takes for nothing: a socket, or a device.
fn content(place: Place<'_>, at: &Path) -> Option<Content> {
    let (folder, name) = opened(place.top, at)?;
    let content = folder.content(name, LARGEST);
    content.filter(|content| !matches!(content, Content::Folder | Content::Other))
}

/// The path that an entry names.
fn named(place: Place<'_>, at: &Path, content: &Content) -> Option<PathBuf> {
    let tree = place.real.join(at.parent()?);
    match content {
        Content::File { bytes, .. } => Some(tree.join(named_by(bytes.strip_prefix(b"gitdir: ")?)?)),
        Content::Link { to, .. } => Some(tree.join(to)),
        Content::Unread(_) | Content::Folder | Content::Other => None,
    }
}
