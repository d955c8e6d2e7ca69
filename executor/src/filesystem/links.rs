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
    follow(step, path, line)
}

/// The rest of [`resolve`] for a path with a link on its way. By itself, because it takes some pages of
/// the stack, which a path without one does not need.
#[inline(never)]
fn follow(step: &str, path: &'static CStr, line: SourceLine) -> Result<&'static CStr, Refused> {
    let failed = |errno| refuse!(step, path, errno, line);
    let (at, here): (&[u8], _) = if path.to_bytes().starts_with(b"/") {
        (b"", c"/")
    } else {
        (b".", c".")
    };
    let mut way = Way {
        ahead: Text::of(path.to_bytes()),
        passed: 0,
        at: Text::of(at),
        link: Text::new(),
        here: open_part(CWD, here).map_err(failed)?,
        links: 0,
    };
    match way.follow() {
        // What a link leads to does not exist, as who opens it finds.
        Ok(true) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(failed(errno)),
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
    keep(way.at.bytes()).map_err(failed)
}

/// A path that is followed part by part.
struct Way {
    /// What is left of it, behind the bytes that have been passed.
    ahead: Text<4096>,
    passed: usize,
    /// Where it has come to, without links, and a handle of that.
    at: Text<4096>,
    here: OwnedFd,
    /// What the last link leads to.
    link: Text<4096>,
    links: u32,
}

impl Way {
    /// Goes to the end. `false` where it has stopped at a link that a sandbox may have left: `at` is
    /// the link then, and `ahead` where it leads.
    fn follow(&mut self) -> Result<bool, Errno> {
        while let Some(name) = self.next_name() {
            let child = open_part(&self.here, name.c_str()?).inspect_err(|_| {
                self.at.push("/");
                self.at.push_bytes(name.bytes());
                self.at.push_bytes(rest(&self.ahead, self.passed));
            })?;
            let status = fstat(&child)?;
            if FileType::from_raw_mode(status.st_mode) != FileType::Symlink {
                self.enter(name.bytes(), child);
                continue;
            }
            let _target: &CStr = read_link(&child, c"", &mut self.link)?;
            let is_absolute = self.link.bytes().starts_with(b"/");
            if !self.is_trusted(&status)? {
                self.ahead.clear();
                if !is_absolute {
                    self.ahead.push_bytes(self.at.bytes());
                    self.ahead.push("/");
                }
                self.ahead.push_bytes(self.link.bytes());
                self.at.push("/");
                self.at.push_bytes(name.bytes());
                return Ok(false);
            }
            self.links = self.links.saturating_add(1);
            if self.links > MOST_LINKS {
                return Err(Errno::LOOP);
            }
            if is_absolute {
                self.at.clear();
                self.here = open_part(CWD, c"/")?;
            }
            self.link.push("/");
            self.link.push_bytes(rest(&self.ahead, self.passed));
            // What does not fit was left out, and is no path.
            let whole = self.link.c_str()?;
            self.ahead.replace(whole.to_bytes());
            self.passed = 0;
        }
        Ok(true)
    }

    /// Takes the next name off what is left.
    fn next_name(&mut self) -> Option<Text<256>> {
        let left = rest(&self.ahead, self.passed);
        let start = left.iter().position(|&byte| byte != b'/')?;
        let name = left
            .get(start..)?
            .split(|&byte| byte == b'/')
            .next()
            .unwrap_or(&[]);
        let passed = start.saturating_add(name.len());
        let name = Text::of(name);
        self.passed = self.passed.saturating_add(passed);
        Some(name)
    }

    fn enter(&mut self, name: &[u8], child: OwnedFd) {
        self.here = child;
        match name {
            b"." => {}
            b".." if self.at.bytes().starts_with(b"/") || self.at.bytes().is_empty() => {
                let at = self.at.bytes();
                let parent = at.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                self.at.truncate(parent);
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

/// What is left of a path behind its first bytes.
fn rest(path: &Text<4096>, passed: usize) -> &[u8] {
    path.bytes().get(passed..).unwrap_or(&[])
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
