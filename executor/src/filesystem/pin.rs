//! A pin: something mounted over itself, so that it cannot be renamed, or not changed either.

use super::target::open_below;
use super::tree;
use crate::mountinfo::Entry;
use crate::text::Text;
use core::ffi::CStr;
use purple_sys::mount::{self, Change, RDONLY};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{OFlags, StatVfsMountFlags, Statx, StatxAttributes, fstatvfs};
use rustix::io::Errno;

/// Looks a path or a name up, without following a symbolic link. `None` where there is nothing.
pub(super) fn find(dir: &OwnedFd, path: &CStr) -> Result<Option<OwnedFd>, Errno> {
    match open_below(dir.as_fd(), path, OFlags::PATH | OFlags::NOFOLLOW) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Mounts something over itself, with all that is mounted below it.
pub(super) fn pin(place: &OwnedFd, read_only: bool) -> Result<(), Errno> {
    let copy = tree::copy(place.as_fd(), c"", true)?;
    let change = Change {
        set: if read_only { RDONLY } else { 0 },
        propagation: mount::PRIVATE,
        recursive: true,
        ..Change::default()
    };
    mount::set_attributes(copy.as_fd(), c"", change)?;
    tree::move_to(&copy, place.as_fd(), c"")
}

pub(super) fn is_mount_root(status: &Statx) -> bool {
    status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
}

pub(super) fn is_read_only(file: &OwnedFd) -> Result<bool, Errno> {
    Ok(fstatvfs(file)?.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// The path within its file system of what the host finds at a path below a mount's point.
pub(super) fn within(on: &Entry<'_>, host_path: &[u8]) -> Option<Text<4096>> {
    let rest = below(host_path, on.point.to_bytes())?;
    let mut path = Text::of(on.root.to_bytes());
    if !rest.is_empty() {
        if path.bytes() != b"/" {
            path.push("/");
        }
        path.push_bytes(rest);
    }
    // What does not fit was left out, and is no path.
    path.c_str().is_ok().then_some(path)
}

/// What of a path is below another: empty for the same path, `None` where it is not below it.
pub(super) fn below<'p>(path: &'p [u8], top: &[u8]) -> Option<&'p [u8]> {
    // The root's path is the only one that ends in a slash.
    let top = top.strip_suffix(b"/").unwrap_or(top);
    match path.strip_prefix(top)? {
        [] => Some(b""),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn what_is_below_a_path() {
        assert_eq!(below(b"/a/b", b"/a"), Some(&b"b"[..]));
        assert_eq!(below(b"/a/b", b"/"), Some(&b"a/b"[..]));
        assert_eq!(below(b"/a", b"/a"), Some(&b""[..]));
        assert_eq!(below(b"/", b"/"), Some(&b""[..]));
        assert_eq!(below(b"/ab", b"/a"), None);
        assert_eq!(below(b"/a", b"/a/b"), None);
    }
}
