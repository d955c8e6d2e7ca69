//! Symbolic links where git has files of its own. git follows them when it writes: to a log, to a message, to the recorded
//! resolution of a conflict.

use crate::base::Place;
use crate::found::Found;
use crate::rename::put_link_aside;
use crate::way::{Way, way};
use purple_host::folder::{Content, Folder};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What links stand for, by their paths from the top.
pub(crate) fn read(top: &Folder, links: &[PathBuf]) -> BTreeMap<PathBuf, Content> {
    let read = |at: &PathBuf| {
        let (folder, name) = opened(top, at)?;
        Some((at.clone(), folder.content(name, 0)?))
    };
    links.iter().filter_map(read).collect()
}

/// Puts aside the links that are new, or lead elsewhere now.
pub(crate) fn disarm(
    place: Place<'_>,
    before: &BTreeMap<PathBuf, Content>,
    now: &[PathBuf],
    found: &mut Vec<Found>,
) {
    for at in now {
        let Some((folder, name)) = opened(place.top, at) else {
            // It was put aside with its directory.
            if at
                .parent()
                .is_none_or(|dir| matches!(way(place.top, dir), Way::Nothing))
            {
                continue;
            }
            found.push(Found::Left {
                path: place.path.join(at),
                why: "its directory cannot be opened".to_owned(),
            });
            continue;
        };
        let target = |content: Option<&Content>| match content {
            Some(Content::Link { to, .. }) => Some(to.clone()),
            _ => None,
        };
        let content = folder.content(name, 0);
        let Some(to) = target(content.as_ref()) else {
            continue;
        };
        if target(before.get(at)).as_ref() == Some(&to) || (name == "HEAD" && is_reference(&to)) {
            continue;
        }
        let what = "git would have written to what the link leads to";
        let path = place.path.join(at.parent().unwrap_or(Path::new("")));
        put_link_aside(&path, &folder, name, what, found);
    }
}

/// Whether a link of `HEAD` is an old form of a reference (git-symbolic-ref(1)).
fn is_reference(to: &OsStr) -> bool {
    let names = to.as_bytes().split(|&byte| byte == b'/');
    to.as_bytes().starts_with(b"refs/") && names.into_iter().all(|name| name != b"..")
}

/// The directory of an entry, which is no link, and its name.
pub(crate) fn opened<'p>(top: &Folder, at: &'p Path) -> Option<(Folder, &'p OsStr)> {
    match way(top, at.parent()?) {
        Way::Open(folder) => Some((folder, at.file_name()?)),
        _ => None,
    }
}
