//! Places below the new root: looked up and made there only, without following a symbolic link, so
//! that nothing lands outside whatever somebody does to a path meanwhile.

use crate::filesystem::has;
use crate::message::{OrRefuse, Refused, Text};
use core::ffi::CStr;
use purple_plan::{Mount, mount_flags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Makes the target of a mount, and what is above it.
pub(crate) fn make(
    root: &OwnedFd,
    step: &Mount<'_>,
    directory: bool,
) -> Result<Result<OwnedFd, Errno>, Refused> {
    let Some(parent) = parent(root, step)? else {
        return Ok(Err(Errno::EXIST));
    };
    let (dir, name) = (parent.dir(root), parent.name);
    if !directory {
        return Ok(create(dir, name, 0o444));
    }
    let made = rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(0o755));
    Ok(made.and_then(|()| open_below(dir, name, OFlags::PATH)))
}

/// The target of a step that may be left out when its target does not exist.
pub(crate) fn find(
    root: &OwnedFd,
    step: &Mount<'_>,
    place: &CStr,
) -> Result<Option<OwnedFd>, Refused> {
    match existing(root, place) {
        Ok(target) => Ok(Some(target)),
        Err(Errno::NOENT | Errno::NOTDIR) if has(step, mount_flags::OPTIONAL) => Ok(None),
        Err(errno) => Err(errno).at(step),
    }
}

/// A handle of a path below the new root; no symbolic link is followed on the way.
pub(crate) fn existing(root: &OwnedFd, target: &CStr) -> Result<OwnedFd, Errno> {
    open_below(root.as_fd(), target, OFlags::PATH)
}

/// Opens a path below the new root.
pub(crate) fn open_below(
    root: BorrowedFd<'_>,
    target: &CStr,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(root, target, flags | OFlags::CLOEXEC, Mode::empty(), resolve)
}

/// The directory that holds a step's target, and the target's last name.
pub(crate) struct Parent<'p> {
    /// `None` for the root itself.
    below: Option<OwnedFd>,
    pub(crate) name: &'p CStr,
}

impl Parent<'_> {
    pub(crate) fn dir<'d>(&'d self, root: &'d OwnedFd) -> BorrowedFd<'d> {
        self.below.as_ref().unwrap_or(root).as_fd()
    }
}

/// The directory that holds a step's target, made with all above it where it is missing. `None` for
/// the root, which nothing holds.
pub(crate) fn parent<'p>(root: &OwnedFd, step: &Mount<'p>) -> Result<Option<Parent<'p>>, Refused> {
    let whole = step.target.to_bytes_with_nul();
    let last = whole.iter().rposition(|&byte| byte == b'/').ok_or(Errno::INVAL).at(step)?;
    let (above, name) = whole.split_at_checked(last).ok_or(Errno::INVAL).at(step)?;
    let name = name.get(1..).and_then(|name| CStr::from_bytes_with_nul(name).ok());
    let name = name.ok_or(Errno::INVAL).at(step)?;
    if name.is_empty() {
        return Ok(None);
    }
    if above.is_empty() {
        return Ok(Some(Parent { below: None, name }));
    }
    let path = Text::<4096>::of(above);
    let path = path.c_str().at(step)?;
    let below = match open_below(root.as_fd(), path, OFlags::PATH | OFlags::DIRECTORY) {
        Err(Errno::NOENT) => make_all(root, above),
        found => found,
    };
    Ok(Some(Parent { below: Some(below.at(step)?), name }))
}

/// Makes every directory of a path that is missing, and returns the last.
fn make_all(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let mut dir = None;
    for part in path.split(|&byte| byte == b'/').skip(1) {
        let name = Text::<256>::of(part);
        let name = name.c_str()?;
        let above = dir.as_ref().unwrap_or(root).as_fd();
        dir = Some(match open_below(above, name, OFlags::PATH | OFlags::DIRECTORY) {
            Err(Errno::NOENT) => {
                rustix::fs::mkdirat(above, name, Mode::from_raw_mode(0o755))?;
                open_below(above, name, OFlags::PATH | OFlags::DIRECTORY)?
            }
            found => found?,
        });
    }
    dir.ok_or(Errno::INVAL)
}

/// Makes a file that is not there yet.
pub(crate) fn create(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(mode))
}
