//! Symbolic links where git has files of its own. git follows them when it writes: to a log, to a message, to the recorded
//! resolution of a conflict.

use crate::found::Findings;
use crate::rename::put_link_aside;
use purple_host::folder::{Content, Folder};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Puts a link aside that is new, or leads elsewhere now. `before` is what it was.
pub(crate) fn disarm(
    path: &Path,
    (folder, name): (&Folder, &OsStr),
    before: Option<&Content>,
    found: &mut Findings,
) {
    let target = |content: Option<&Content>| match content {
        Some(Content::Link { to, .. }) => Some(to.clone()),
        _ => None,
    };
    let content = folder.content(name, 0);
    let Some(to) = target(content.as_ref()) else {
        return;
    };
    if target(before).as_ref() == Some(&to) || (name == "HEAD" && is_reference(&to)) {
        return;
    }
    let what = "git would have written to what the link leads to";
    put_link_aside(path, folder, name, what, found);
}

/// Whether a link of `HEAD` is an old form of a reference (git-symbolic-ref(1)).
fn is_reference(to: &OsStr) -> bool {
    let names = to.as_bytes().split(|&byte| byte == b'/');
    to.as_bytes().starts_with(b"refs/") && names.into_iter().all(|name| name != b"..")
}
