//! The way from a directory to one below it, opened part by part: a symbolic link on the way is not followed.

use purple_host::Errno;
use purple_host::folder::{Content, Folder};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a path from the top leads to.
pub(crate) enum Way {
    Open(Folder),
    /// There is nothing, or nothing that has entries.
    Nothing,
    /// A part of it is a symbolic link: the directory that it is in, with its path from the top, and its name.
    Link(Folder, PathBuf, OsString),
    /// A part of it cannot be opened.
    Closed(PathBuf, Errno),
}

/// Goes from the top to a directory.
pub(crate) fn way(top: &Folder, path: &Path) -> Way {
    let mut at = PathBuf::new();
    let mut here = match top.enter(OsStr::new(".")) {
        Ok(here) => here,
        Err(errno) => return Way::Closed(at, errno),
    };
    for part in path.components() {
        let name = part.as_os_str();
        here = match here.enter(name) {
            Ok(next) => next,
            Err(Errno::ENOENT) => return Way::Nothing,
            Err(errno) => {
                return match here.content(name, 0) {
                    Some(Content::Link { .. }) => Way::Link(here, at, name.to_owned()),
                    _ if errno == Errno::ENOTDIR => Way::Nothing,
                    _ => Way::Closed(at.join(name), errno),
                };
            }
        };
        at.push(name);
    }
    Way::Open(here)
}

/// The directory of an entry, which is no link, and its name.
pub(crate) fn opened<'p>(top: &Folder, at: &'p Path) -> Option<(Folder, &'p OsStr)> {
    match way(top, at.parent()?) {
        Way::Open(folder) => Some((folder, at.file_name()?)),
        _ => None,
    }
}
