//! What is opened again: a file for reading only, on a mount of its own, and a device of the sandbox's.

use super::classify::of_caller;
use crate::files::{is_same, path_of};
use crate::text::Text;
use core::ffi::CStr;
use purple_sys::mount::{self, Change, NODEV, NOEXEC, NOSUID, PRIVATE, RDONLY};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, SeekFrom, fstat, seek, tell};
use rustix::io::Errno;
use rustix::mount::{OpenTreeFlags, open_tree};

/// Opens a file again by its path, for reading only, at the position where the caller's is.
///
/// It is opened on a detached mount of this file alone, which is read-only: through the caller's own
/// descriptor its owner could change its mode, times and attributes (`mnt_want_write` in
/// fs/namespace.c asks the mount that a file was opened on). The mount goes with the last descriptor.
pub(super) fn file(number: usize) -> Result<OwnedFd, Errno> {
    let caller = of_caller(number);
    let mut path = Text::new();
    let path = path_of(caller, &mut path)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, path, flags)?;
    let change = Change {
        set: RDONLY | NOSUID | NODEV | NOEXEC,
        propagation: PRIVATE,
        ..Change::default()
    };
    mount::set_attributes(tree.as_fd(), c"", change)?;
    let mut link = Text::<32>::of(b"/proc/self/fd/");
    link.push_number(u64::from(tree.as_raw_fd().unsigned_abs()));
    let file = open(link.c_str()?, OFlags::RDONLY)?;
    if !is_same(&fstat(&file)?, &fstat(caller)?) {
        return Err(Errno::STALE);
    }
    let _at: u64 = seek(&file, SeekFrom::Start(tell(caller)?))?;
    Ok(file)
}

/// Sets the caller's position to where the program has left its own.
pub(super) fn carry_back(file: BorrowedFd<'_>, number: usize) -> Result<(), Errno> {
    let _at: u64 = seek(of_caller(number), SeekFrom::Start(tell(file)?))?;
    Ok(())
}

/// Opens a device as the program could open it itself, with the caller's access mode.
pub(super) fn device(path: &CStr, access: OFlags) -> Result<OwnedFd, Errno> {
    open(path, access)
}

/// Opens for the program: not with the flags that this program's own files have.
fn open(path: &CStr, access: OFlags) -> Result<OwnedFd, Errno> {
    let flags = access | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}
