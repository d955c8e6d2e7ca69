//! `mount_setattr(2)`, which rustix does not have.
#![expect(unsafe_code, reason = "mount_setattr takes a pointer to a structure")]

use crate::architecture::numbers;
use crate::call::{address_of, call, number_of};
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

/// `AT_EMPTY_PATH` (linux/fcntl.h).
const AT_EMPTY_PATH: usize = 0x1000;
/// `AT_RECURSIVE`.
const AT_RECURSIVE: usize = 0x8000;

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

/// `struct mount_attr`, version 0.
#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Changes the mount that `path` below `dir` names; an empty path names `dir` itself.
pub fn set_attributes(dir: BorrowedFd<'_>, path: &CStr, change: Change<'_>) -> Result<(), Errno> {
    let mut attributes = Attributes {
        set: change.set,
        clear: 0,
        propagation: change.propagation,
        user_namespace: 0,
    };
    if let Some(namespace) = change.id_map {
        attributes.set |= IDMAP;
        attributes.user_namespace =
            u64::try_from(namespace.as_raw_fd()).map_err(|_| Errno::BADF)?;
    }
    let recursive = if change.recursive { AT_RECURSIVE } else { 0 };
    let arguments = [
        number_of(dir),
        path.as_ptr().expose_provenance(),
        AT_EMPTY_PATH | recursive,
        address_of(&attributes),
        size_of::<Attributes>(),
        0,
    ];
    // SAFETY: a NUL-terminated path and a structure of the size given, both alive.
    let _zero = unsafe { call(numbers::MOUNT_SETATTR, arguments) }?;
    Ok(())
}
