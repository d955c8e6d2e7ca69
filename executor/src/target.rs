//! Places below the new root: looked up and made there only, without following a symbolic link, so
//! that nothing lands outside whatever somebody does to a path meanwhile.

use crate::filesystem::has;
use crate::message::{OrRefuse, Refused, Text};
use core::ffi::CStr;
use purple_plan::{Mount, mount_flags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Makes a directory to mount on, or an empty file.
pub(crate) fn make(dir: BorrowedFd<'_>, name: &CStr, directory: bool) -> Result<(), Errno> {
    if directory {
        return rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(0o755));
    }
    rustix::fs::mknodat(
        dir,
        name,
        FileType::RegularFile,
        Mode::from_raw_mode(0o444),
        0,
    )
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
    rustix::fs::openat2(
        root,
        target,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )
}

/// The directory in which the last target was made: steps for one directory follow each other.
pub(crate) struct Above<'r> {
    root: &'r OwnedFd,
    path: &'static [u8],
    /// `None` for the root itself.
    below: Option<OwnedFd>,
}

impl<'r> Above<'r> {
    pub(crate) const fn new(root: &'r OwnedFd) -> Self {
        Self {
            root,
            path: b"",
            below: None,
        }
    }

    /// The directory that holds a step's target, made with all above it where it is missing; and the
    /// target's last name. The root, which nothing holds, has none.
    pub(crate) fn of(
        &mut self,
        step: &Mount<'static>,
    ) -> Result<(BorrowedFd<'_>, &'static CStr), Errno> {
        let whole = step.target.to_bytes_with_nul();
        let last = whole
            .iter()
            .rposition(|&byte| byte == b'/')
            .ok_or(Errno::INVAL)?;
        let (above, name) = whole.split_at_checked(last).ok_or(Errno::INVAL)?;
        let name = name
            .get(1..)
            .and_then(|name| CStr::from_bytes_with_nul(name).ok());
        let name = name.filter(|name| !name.is_empty()).ok_or(Errno::INVAL)?;
        if above != self.path {
            let path = Text::<4096>::of(above);
            let flags = OFlags::PATH | OFlags::DIRECTORY;
            let below = match above {
                b"" => None,
                _ => Some(match open_below(self.root.as_fd(), path.c_str()?, flags) {
                    Err(Errno::NOENT) => make_all(self.root, above)?,
                    found => found?,
                }),
            };
            (self.path, self.below) = (above, below);
        }
        Ok((self.below.as_ref().unwrap_or(self.root).as_fd(), name))
    }

    /// Looks the next one up again: something may lie over the last one now.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.root);
    }
}

/// Makes every directory of a path that is missing, and returns the last.
fn make_all(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let mut dir = None;
    for part in path.split(|&byte| byte == b'/').skip(1) {
        let name = Text::<256>::of(part);
        let name = name.c_str()?;
        let above = dir.as_ref().unwrap_or(root).as_fd();
        dir = Some(
            match open_below(above, name, OFlags::PATH | OFlags::DIRECTORY) {
                Err(Errno::NOENT) => {
                    rustix::fs::mkdirat(above, name, Mode::from_raw_mode(0o755))?;
                    open_below(above, name, OFlags::PATH | OFlags::DIRECTORY)?
                }
                found => found?,
            },
        );
    }
    dir.ok_or(Errno::INVAL)
}

/// Makes a file that is not there yet.
pub(crate) fn create(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(mode))
}
