//! Mounts by the calls that work on descriptors (Linux 5.2 and 5.12).
#![expect(unsafe_code, reason = "these calls take pointers")]

use super::{Result, call, descriptor, number, text};
use nix::errno::Errno;
use nix::libc;
use std::ffi::CStr;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

/// `AT_FDCWD`, as an argument.
const CWD: RawFd = libc::AT_FDCWD;

/// A new file system of a kind, not attached anywhere (fsopen(2), fsconfig(2), fsmount(2)).
pub(crate) fn new_file_system(kind: &CStr) -> Result<OwnedFd> {
    const CLOEXEC: usize = 1;
    const CMD_CREATE: usize = 6;
    // SAFETY: a NUL-terminated name.
    let context = unsafe { call(libc::SYS_fsopen, [text(kind), CLOEXEC, 0, 0, 0, 0]) }?;
    let context = descriptor(context)?;
    let at = number(context.as_raw_fd());
    // SAFETY: this command takes no key and no value.
    let _zero = unsafe { call(libc::SYS_fsconfig, [at, CMD_CREATE, 0, 0, 0, 0]) }?;
    // SAFETY: numbers only.
    descriptor(unsafe { call(libc::SYS_fsmount, [at, CLOEXEC, 0, 0, 0, 0]) }?)
}

/// A copy of a tree of mounts, not attached anywhere (`open_tree(2)`).
pub(crate) fn copy_tree(path: &CStr, recursive: bool) -> Result<OwnedFd> {
    const CLONE: usize = 1;
    const CLOEXEC: usize = 0o2_000_000;
    let flags = CLONE | CLOEXEC | if recursive { 0x8000 } else { 0 };
    // SAFETY: a NUL-terminated path.
    descriptor(unsafe {
        call(
            libc::SYS_open_tree,
            [number(CWD), text(path), flags, 0, 0, 0],
        )
    }?)
}

/// Attaches a mount to a directory (`move_mount(2)`).
pub(crate) fn attach(mount: &OwnedFd, directory: &OwnedFd, name: &CStr) -> Result<()> {
    attach_at(mount, directory.as_raw_fd(), name)
}

/// The same at an absolute path.
pub(crate) fn attach_at_path(mount: &OwnedFd, path: &CStr) -> Result<()> {
    attach_at(mount, CWD, path)
}

fn attach_at(mount: &OwnedFd, directory: RawFd, name: &CStr) -> Result<()> {
    const FROM_EMPTY_PATH: usize = 4;
    let from = number(mount.as_raw_fd());
    let arguments = [
        from,
        text(c""),
        number(directory),
        text(name),
        FROM_EMPTY_PATH,
        0,
    ];
    // SAFETY: two NUL-terminated paths.
    unsafe { call(libc::SYS_move_mount, arguments) }.map(drop)
}

/// An attribute of a tree of mounts.
#[derive(Debug)]
pub(crate) enum Attribute<'f> {
    /// Mounts in other namespaces are not propagated to it, nor its own to them.
    Private,
    /// It cannot be written to.
    ReadOnly,
    /// Owners are mapped by this user namespace.
    IdMap(BorrowedFd<'f>),
}

/// Sets it on the root, or the tree that `mount` is, with all below (`mount_setattr(2)`).
pub(crate) fn set_attribute(mount: Option<&OwnedFd>, attribute: &Attribute<'_>) -> Result<()> {
    const EMPTY_PATH: usize = 0x1000;
    const RECURSIVE: usize = 0x8000;
    const RDONLY: u64 = 1;
    const IDMAP: u64 = 0x0010_0000;
    let nothing = libc::mount_attr {
        attr_set: 0,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let (attributes, flags) = match attribute {
        Attribute::Private => (
            libc::mount_attr {
                propagation: libc::MS_PRIVATE,
                ..nothing
            },
            RECURSIVE,
        ),
        Attribute::ReadOnly => (
            libc::mount_attr {
                attr_set: RDONLY,
                ..nothing
            },
            RECURSIVE,
        ),
        Attribute::IdMap(map) => {
            let userns_fd = u64::try_from(map.as_raw_fd()).map_err(|_| Errno::EBADF)?;
            (
                libc::mount_attr {
                    attr_set: IDMAP,
                    userns_fd,
                    ..nothing
                },
                0,
            )
        }
    };
    let (at, path) = match mount {
        Some(mount) => (number(mount.as_raw_fd()), c""),
        None => (number(CWD), c"/"),
    };
    let size = size_of::<libc::mount_attr>();
    let from = (&raw const attributes).expose_provenance();
    let arguments = [at, text(path), flags | EMPTY_PATH, from, size, 0];
    // SAFETY: a NUL-terminated path, and a structure of the size given.
    unsafe { call(libc::SYS_mount_setattr, arguments) }.map(drop)
}

/// Detaches the mount of the working directory: the old root, which lies on top of the new one after `pivot_root(".", ".")`.
pub(crate) fn detach_working_directory() -> Result<()> {
    let flags = usize::try_from(libc::MNT_DETACH).unwrap_or(0);
    // SAFETY: a NUL-terminated path.
    unsafe { call(libc::SYS_umount2, [text(c"."), flags, 0, 0, 0, 0]) }.map(drop)
}
