//! Places below the new root: looked up and made there only, without following a symbolic link, so
//! that nothing lands outside, whatever another process does to a path meanwhile.

use crate::text::Text;
use core::ffi::CStr;
use purple_plan::Mount;
use purple_sys::descriptors::made;
use purple_sys::status;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags, mkdirat, mknodat, openat, openat2,
};
use rustix::io::Errno;

/// The mode of directories and files to mount on; what is mounted there has its own.
const DIRECTORY_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o444;

/// Makes a directory to mount on, or an empty file.
pub(crate) fn make(dir: BorrowedFd<'_>, name: &CStr, directory: bool) -> Result<(), Errno> {
    if directory {
        return mkdirat(dir, name, Mode::from_raw_mode(DIRECTORY_MODE));
    }
    let mode = Mode::from_raw_mode(FILE_MODE);
    mknodat(dir, name, FileType::RegularFile, mode, 0)
}

/// Makes a file that is not there yet.
pub(crate) fn create(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<OwnedFd, Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    made(openat(dir, name, flags, Mode::from_raw_mode(mode))?)
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
    let flags = flags | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    made(openat2(root, target, flags, Mode::empty(), resolve)?)
}

/// What statx(2) says of an open file, with the mount it was opened by (since Linux 5.8).
pub(super) fn status_of(file: BorrowedFd<'_>) -> Result<Statx, Errno> {
    status::of_file(file, StatxFlags::BASIC_STATS | StatxFlags::MNT_ID)
}

/// Finds the directories that hold targets, and remembers the last one: steps for one directory
/// follow each other, so most need no look-up.
///
/// What is remembered is a handle and not a path, so it stays the directory that was looked up even
/// if another process moves it. It must be [forgotten](Self::forget) when something is mounted over
/// an existing path: the handle would lead to what lies below.
pub(crate) struct Parents<'r> {
    root: &'r OwnedFd,
    /// The path of the last one, without a slash at its end.
    path: &'static [u8],
    /// A handle of it; `None` for the root itself.
    dir: Option<OwnedFd>,
    /// Room for a path with a NUL at its end.
    room: Text<4096>,
}

/// Where a target is to be made.
pub(crate) struct Target<'p> {
    pub(crate) dir: BorrowedFd<'p>,
    /// Its name in that directory.
    pub(crate) name: &'static CStr,
}

impl<'r> Parents<'r> {
    pub(crate) const fn new(root: &'r OwnedFd) -> Self {
        Self {
            root,
            path: b"",
            dir: None,
            room: Text::new(),
        }
    }

    /// The directory that holds a step's target, made with all above it where it is missing. The
    /// root, which nothing holds, has none.
    pub(crate) fn of(&mut self, step: &Mount<'static>) -> Result<Target<'_>, Errno> {
        let (path, name) = split(step.target).ok_or(Errno::INVAL)?;
        if path != self.path {
            self.dir = if path.is_empty() {
                None
            } else {
                self.room.replace(path);
                Some(open_or_make(self.root, self.room.c_str()?)?)
            };
            self.path = path;
        }
        let dir = self.dir.as_ref().unwrap_or(self.root).as_fd();
        Ok(Target { dir, name })
    }

    /// Looks the next one up again: something may lie over the last one now.
    pub(crate) fn forget(&mut self) {
        self.path = b"";
        self.dir = None;
    }
}

/// A path's directory and its last name. `None` where there is no name.
fn split(path: &'static CStr) -> Option<(&'static [u8], &'static CStr)> {
    let whole = path.to_bytes_with_nul();
    let slash = whole.iter().rposition(|&byte| byte == b'/')?;
    let (above, name) = whole.split_at_checked(slash)?;
    let name = CStr::from_bytes_with_nul(name.get(1..)?).ok()?;
    if name.is_empty() {
        return None;
    }
    Some((above, name))
}

fn open_or_make(root: &OwnedFd, path: &CStr) -> Result<OwnedFd, Errno> {
    match open_below(root.as_fd(), path, OFlags::PATH | OFlags::DIRECTORY) {
        Err(Errno::NOENT) => make_all(root, path.to_bytes()),
        found => found,
    }
}

/// Makes every directory of a path that is missing, and returns the last.
fn make_all(root: &OwnedFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    const FLAGS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
    let mut last = None;
    for part in path.split(|&byte| byte == b'/').skip(1) {
        let name = Text::<256>::of(part);
        let name = name.c_str()?;
        let above = last.as_ref().unwrap_or(root).as_fd();
        let dir = match open_below(above, name, FLAGS) {
            Err(Errno::NOENT) => {
                mkdirat(above, name, Mode::from_raw_mode(DIRECTORY_MODE))?;
                open_below(above, name, FLAGS)?
            }
            found => found?,
        };
        last = Some(dir);
    }
    last.ok_or(Errno::INVAL)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn directories_and_names() {
        assert_eq!(split(c"/a/b"), Some((&b"/a"[..], c"b")));
        assert_eq!(split(c"/a"), Some((&b""[..], c"a")));
        assert_eq!(split(c"/"), None);
        assert_eq!(split(c"a"), None);
    }
}
