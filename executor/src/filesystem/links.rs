//! Symbolic links on the way to a host path: followed only where no sandbox can have left them.
//!
//! A program may write below its output paths, and where root starts it, what it makes there is
//! root's. So neither the owner of a link nor that of its directory says who made it. What is left are
//! the directories of the system: a link is followed where it and its directory are root's, no one
//! else may write there, and the directory is one of the system's ([`is_system_directory`]).

use crate::files::read_link;
use crate::message::{Refused, refuse};
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::{SourceLine, is_system_directory};
use purple_sys::descriptors::made;
use purple_sys::memory;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2};
use rustix::io::Errno;

/// The most links that the kernel follows in a path (`path_resolution(7)`).
const MOST_LINKS: u32 = 40;

/// A path of which no part is a symbolic link.
const FLAGS: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a path with no symbolic link on its way: LOOP where there is one.
pub(crate) fn open_without(path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let mode = Mode::empty();
    made(openat2(CWD, path, flags, mode, ResolveFlags::NO_SYMLINKS)?)
}

/// The same path without links, where all of them may be followed. What does not exist, or may not be
/// looked at, is left to who opens it, which follows no link.
pub(crate) fn resolve(
    step: &str,
    path: &'static CStr,
    line: SourceLine,
) -> Result<&'static CStr, Refused> {
    match open_without(path) {
        Err(Errno::LOOP) => {}
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => return Ok(path),
        Err(errno) => return Err(refuse!(step, path, errno, line)),
    }
    let mut way = Way::new(path).map_err(|errno| refuse!(step, path, errno, line))?;
    match way.follow() {
        Ok(true) => {}
        Err(Errno::NOENT) => return Ok(path),
        Err(errno) => return Err(refuse!(step, path, errno, line)),
        Ok(false) => {
            let (link, target) = (way.at.bytes(), way.ahead.bytes());
            let through = " leads through the symbolic link ";
            let advice =
                ", which a sandbox may have left; name the path itself, if this is yours: ";
            return Err(refuse!(
                step,
                "the host path ",
                path,
                through,
                link,
                " to ",
                target,
                advice,
                target,
                line
            ));
        }
    }
    keep(way.at.bytes()).map_err(|errno| refuse!(step, path, errno, line))
}

/// A path that is followed part by part.
struct Way {
    /// What is left of it.
    ahead: Text<4096>,
    /// Where it has come to, without links, and a handle of that.
    at: Text<4096>,
    here: OwnedFd,
    links: u32,
}

impl Way {
    fn new(path: &CStr) -> Result<Self, Errno> {
        let (at, here) = if path.to_bytes().starts_with(b"/") {
            (Text::new(), open_part(CWD, c"/")?)
        } else {
            (Text::of(b"."), open_part(CWD, c".")?)
        };
        Ok(Self {
            ahead: Text::of(path.to_bytes()),
            at,
            here,
            links: 0,
        })
    }

    /// Goes to the end. `false` where it has stopped at a link that a sandbox may have left: `ahead` is
    /// where that leads.
    #[inline(never)]
    fn follow(&mut self) -> Result<bool, Errno> {
        while let Some(name) = self.next_name() {
            let child = open_part(&self.here, name.c_str()?)?;
            let status = fstat(&child)?;
            if FileType::from_raw_mode(status.st_mode) != FileType::Symlink {
                self.enter(name.bytes(), child);
                continue;
            }
            let target = read_link(&child, c"")?;
            if !self.is_trusted(&status)? {
                self.ahead = if target.bytes().starts_with(b"/") {
                    target
                } else {
                    joined(&self.at, target.bytes())
                };
                self.at = joined(&self.at, name.bytes());
                return Ok(false);
            }
            self.links = self.links.saturating_add(1);
            if self.links > MOST_LINKS {
                return Err(Errno::LOOP);
            }
            if target.bytes().starts_with(b"/") {
                self.at = Text::new();
                self.here = open_part(CWD, c"/")?;
            }
            let mut ahead = target;
            ahead.push("/");
            ahead.push_bytes(self.ahead.bytes());
            // What does not fit was left out, and is no path.
            let _whole = ahead.c_str()?;
            self.ahead = ahead;
        }
        Ok(true)
    }

    /// Takes the next name off what is left.
    fn next_name(&mut self) -> Option<Text<256>> {
        let bytes = self.ahead.bytes();
        let start = bytes.iter().position(|&byte| byte != b'/')?;
        let rest = bytes.get(start..)?;
        let end = rest.iter().position(|&byte| byte == b'/');
        let (name, rest) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        let name = Text::of(name);
        self.ahead = Text::of(rest);
        Some(name)
    }

    fn enter(&mut self, name: &[u8], child: OwnedFd) {
        self.here = child;
        match name {
            b"." => {}
            b".." if self.at.bytes().starts_with(b"/") || self.at.bytes().is_empty() => {
                let at = self.at.bytes();
                let end = at.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                self.at = Text::of(at.get(..end).unwrap_or(&[]));
            }
            name => {
                self.at.push("/");
                self.at.push_bytes(name);
            }
        }
    }

    fn is_trusted(&self, link: &Stat) -> Result<bool, Errno> {
        let directory = fstat(self.here.as_fd())?;
        let roots = link.st_uid == 0 && directory.st_uid == 0 && directory.st_mode & 0o022 == 0;
        let at = match self.at.bytes() {
            b"" => b"/",
            at => at,
        };
        Ok(roots && is_system_directory(at))
    }
}

/// Opens a part of a path, itself where it is a symbolic link.
fn open_part(dir: impl AsFd, name: &CStr) -> Result<OwnedFd, Errno> {
    made(openat(dir, name, FLAGS, Mode::empty())?)
}

fn joined(directory: &Text<4096>, name: &[u8]) -> Text<4096> {
    let mut path = Text::of(directory.bytes());
    path.push("/");
    path.push_bytes(name);
    path
}

/// Keeps a path for the rest of the run; the root's is empty.
pub(crate) fn keep(path: &[u8]) -> Result<&'static CStr, Errno> {
    let path = if path.is_empty() { b"/" } else { path };
    let length = path.len().saturating_add(1);
    let memory = memory::pages(length)?;
    for (slot, byte) in memory.iter_mut().zip(path) {
        *slot = *byte;
    }
    let kept: &'static [u8] = memory;
    CStr::from_bytes_with_nul(kept).map_err(|_| Errno::INVAL)
}
