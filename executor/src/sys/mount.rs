//! `mount_setattr(2)`, which rustix does not have.
#![expect(unsafe_code, reason = "mount_setattr takes a pointer to a structure")]

use super::call::{call, number_of};
use core::ffi::CStr;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// `MOUNT_ATTR_RDONLY` (linux/mount.h); the same bit as `ST_RDONLY` of statfs(2).
pub const RDONLY: u64 = 1;
/// `MOUNT_ATTR_NOSUID`, as `ST_NOSUID`.
pub const NOSUID: u64 = 2;
/// `MOUNT_ATTR_NODEV`, as `ST_NODEV`.
pub const NODEV: u64 = 4;
/// `MOUNT_ATTR_NOEXEC`, as `ST_NOEXEC`.
pub const NOEXEC: u64 = 8;
/// `MOUNT_ATTR_IDMAP`.
pub const IDMAP: u64 = 0x0010_0000;
/// `MS_PRIVATE`: no propagation of mounts (`mount_namespaces(7)`).
pub const PRIVATE: u64 = 1 << 18;

/// What to change on a mount.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change<'f> {
    /// `MOUNT_ATTR_*` bits to set.
    pub set: u64,
    /// Propagation type, 0 for no change.
    pub propagation: u64,
    /// The user namespace of an id-mapped mount.
    pub id_map: Option<BorrowedFd<'f>>,
    /// Change everything mounted below it too: all of it or nothing.
    pub recursive: bool,
}

/// Changes the mount that `path` below `dir` names; an empty path names `dir` itself.
pub fn set_attributes(dir: BorrowedFd<'_>, path: &CStr, change: Change<'_>) -> Result<(), Errno> {
    const MOUNT_SETATTR: u32 = 442;
    const AT_EMPTY_PATH: usize = 0x1000;
    const AT_RECURSIVE: usize = 0x8000;
    let (map, namespace) = match change.id_map {
        Some(fd) => (
            IDMAP,
            u64::try_from(fd.as_raw_fd()).map_err(|_| Errno::BADF)?,
        ),
        None => (0, 0),
    };
    // `struct mount_attr` of linux/mount.h, version 0: to set, to clear, propagation, userns_fd.
    let attributes = [change.set | map, 0, change.propagation, namespace];
    let flags = if change.recursive {
        AT_EMPTY_PATH | AT_RECURSIVE
    } else {
        AT_EMPTY_PATH
    };
    let arguments = [
        number_of(dir),
        path.as_ptr().expose_provenance(),
        flags,
        attributes.as_ptr().expose_provenance(),
        size_of_val(&attributes),
        0,
    ];
    // SAFETY: a NUL-terminated path and a structure of the size given, both alive.
    unsafe { call(MOUNT_SETATTR, arguments) }.map(|_| ())
}
