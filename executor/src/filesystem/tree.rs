//! Mount trees that hang nowhere yet: made or copied, given their attributes, and moved to their
//! place. Until a tree is moved, no process can reach it by a path.

use super::step::has;
use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::{Mount, mount_flags};
use purple_sys::mount::{self, Change};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{fstat, fstatfs};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

const STEP: &str = "mount";

/// An option of a file system: its name and its value.
pub(crate) type Setting<'a> = (&'a CStr, &'a CStr);

/// Copies the mount at a path, and with `recursive` all that is mounted below it. An empty path names
/// `dir` itself.
pub(crate) fn copy(dir: BorrowedFd<'_>, path: &CStr, recursive: bool) -> Result<OwnedFd, Errno> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    flags.set(OpenTreeFlags::AT_RECURSIVE, recursive);
    flags.set(OpenTreeFlags::AT_EMPTY_PATH, path.is_empty());
    open_tree(dir, path, flags)
}

/// A new, empty tmpfs with the step's size, number of files, mode and attributes.
pub(crate) fn tmpfs(step: &Mount<'_>) -> Result<OwnedFd, Refused> {
    let size = Text::<32>::of_number(step.size);
    let inodes = Text::<32>::of_number(u64::from(step.inodes));
    let mut mode = Text::<32>::new();
    for shift in [9, 6, 3, 0] {
        let digit = (step.mode >> shift) & 7;
        mode.push_number(u64::from(digit));
    }
    let settings = [
        (c"size", size.c_str().unwrap_or(c"")),
        (c"nr_inodes", inodes.c_str().unwrap_or(c"")),
        (c"mode", mode.c_str().unwrap_or(c"")),
    ];
    let tree = special(step, c"tmpfs", &settings)?;
    if has_limits(&tree, step).at(step)? {
        return Ok(tree);
    }
    let what = ": the limits and the mode of a new tmpfs";
    Err(refuse!(STEP, step.target, what, EMULATED, step.line))
}

/// Whether a tmpfs has the step's size, number of files and mode. 0 is no limit (tmpfs(5)).
fn has_limits(tree: &OwnedFd, step: &Mount<'_>) -> Result<bool, Errno> {
    let found = fstatfs(tree)?;
    let mode = fstat(tree)?.st_mode & 0o7777;
    let page = u64::try_from(found.f_bsize).unwrap_or(0).max(1);
    let is_sized = step.size == 0 || found.f_blocks == step.size.div_ceil(page);
    let is_counted = step.inodes == 0 || found.f_files == u64::from(step.inodes);
    Ok(is_sized && is_counted && mode == step.mode)
}

/// A new instance of a kernel file system with the step's attributes.
pub(crate) fn special(
    step: &Mount<'_>,
    kind: &CStr,
    settings: &[Setting<'_>],
) -> Result<OwnedFd, Refused> {
    new(kind, settings, step.attrs)
        .map_err(|errno| refuse!(STEP, step.target, ": a new ", kind, errno, step.line))
}

fn new(kind: &CStr, settings: &[Setting<'_>], attributes: u64) -> Result<OwnedFd, Errno> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in settings {
        fsconfig_set_string(context.as_fd(), *key, *value)?;
    }
    fsconfig_create(context.as_fd())?;
    let bits = u32::try_from(attributes).map_err(|_| Errno::INVAL)?;
    let attributes = MountAttrFlags::from_bits_retain(bits);
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// Sets the step's attributes on a tree, and makes it private: what the host mounts later where root
/// has copied it from would not have them.
pub(crate) fn set_attributes(step: &Mount<'_>, tree: &OwnedFd) -> Result<(), Refused> {
    let change = Change {
        set: step.attrs,
        propagation: mount::PRIVATE,
        recursive: has(step, mount_flags::RECURSIVE),
        ..Change::default()
    };
    mount::set_attributes(tree.as_fd(), c"", change).at(step)
}

/// Moves a tree to a path; an empty path names `dir` itself.
pub(crate) fn move_to(tree: &OwnedFd, dir: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    let mut flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    flags.set(MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH, path.is_empty());
    move_mount(tree.as_fd(), c"", dir, path, flags)
}
