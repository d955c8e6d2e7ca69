//! One look at the mounts inside: from a mount down to each place of what is kept, which is mounted over on
//! the way.

use super::found::Identity;
use super::kept::{Kept, KeptOfHost};
use super::masks::Masks;
use super::pin::{below, find, is_mount_root, is_read_only, pin};
use super::step::Step;
use super::target::status_of;
use super::unkept;
use crate::files::is_directory;
use crate::message::Refused;
use crate::mountinfo::{self, Entry};
use crate::outside::Outside;
use crate::text::Text;
use core::cell::Cell;
use core::ffi::CStr;
use purple_plan::MountKind;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Statx, fstat};
use rustix::io::Errno;

/// One look at all mounts.
pub(super) struct Look<'l> {
    pub(super) root: &'l OwnedFd,
    pub(super) kept: &'l KeptOfHost,
    pub(super) steps: &'l [Step],
    pub(super) masks: &'l Masks,
    pub(super) outside: Outside,
    /// The mounts inside.
    pub(super) mounts: &'l [Entry<'l>],
    /// Whether nothing was mounted, and every mount was known.
    pub(super) is_last: &'l Cell<bool>,
}

/// A place on the host: the object's own, or a mount point on the way to it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) kept: &'p Kept,
    /// Its path within its file system.
    pub(super) path: &'p [u8],
    /// Whether it is the object's.
    pub(super) is_object: bool,
}

/// What was reached on the way to a place.
struct Reached {
    file: OwnedFd,
    status: Statx,
}

impl Look<'_> {
    /// Keeps a place where a mount of the same file system leads to it.
    pub(super) fn place(&self, entry: &Entry<'_>, place: Place<'_>) -> Result<(), Refused> {
        let top = entry.root.to_bytes();
        if let Some(rest) = below(place.path, top) {
            return self.follow(entry, top, rest, place);
        }
        // A mount of what lies in a kept directory.
        if place.is_object
            && place.kept.found.directory
            && below(top, place.path).is_some_and(|rest| !rest.is_empty())
        {
            return self.follow(entry, top, b"", place);
        }
        Ok(())
    }

    /// Finds a mount's top, and goes down from it to a place.
    fn follow(
        &self,
        entry: &Entry<'_>,
        top: &[u8],
        rest: &[u8],
        place: Place<'_>,
    ) -> Result<(), Refused> {
        let failed = |errno| unkept::failed(self.steps, entry, place.kept, errno);
        let found = find(self.root, entry.point);
        let Some(found) = found.map_err(failed)? else {
            return Ok(()); // Something else is mounted above it.
        };
        let status = status_of(found.as_fd()).map_err(failed)?;
        if !self.is_at(&status, entry, top) {
            return Ok(());
        }
        match (rest, place.is_object) {
            ([], true) => self.keep_top(entry, &found, place.kept),
            ([], false) => Ok(()),
            _ => self.go_down(
                entry,
                Reached {
                    file: found,
                    status,
                },
                top,
                rest,
                place,
            ),
        }
    }

    /// Goes down to a place part by part, and keeps what can be renamed or changed on the way.
    fn go_down(
        &self,
        entry: &Entry<'_>,
        mut here: Reached,
        top: &[u8],
        rest: &[u8],
        place: Place<'_>,
    ) -> Result<(), Refused> {
        let failed = |errno| unkept::failed(self.steps, entry, place.kept, errno);
        let look_up = |dir: &OwnedFd, name: &CStr| match find(dir, name).map_err(failed)? {
            Some(file) => {
                let status = status_of(file.as_fd()).map_err(failed)?;
                Ok(Reached { file, status })
            }
            None => Err(unkept::gone(place.kept)),
        };
        let mut path = Text::<4096>::of(top.strip_suffix(b"/").unwrap_or(top));
        let mut names = rest.split(|&byte| byte == b'/').peekable();
        while let Some(name) = names.next() {
            let is_object = place.is_object && names.peek().is_none();
            path.push("/");
            path.push_bytes(name);
            let name = Text::<256>::of(name);
            let name = name.c_str().map_err(failed)?;
            let mut child = look_up(&here.file, name)?;
            if child.status.stx_mnt_id != here.status.stx_mnt_id
                && !self.is_at(&child.status, entry, path.bytes())
            {
                // Something else covers it, and what is covered stays in its place.
                return Ok(());
            }
            let expected = if is_object {
                place.kept.found.identity
            } else {
                Identity::of(&child.status)
            };
            let is_fixed =
                is_mount_root(&child.status) || is_read_only(&here.file).map_err(failed)?;
            let hides = is_object && place.kept.is_hidden();
            if hides || !is_fixed || is_object && !is_read_only(&child.file).map_err(failed)? {
                if Identity::of(&child.status) == expected {
                    self.cover(&child.file, place.kept, is_object)
                        .map_err(failed)?;
                    if hides {
                        return Ok(());
                    }
                }
                child = look_up(&here.file, name)?;
            }
            if Identity::of(&child.status) != expected {
                return Err(unkept::gone(place.kept));
            }
            here = child;
        }
        Ok(())
    }

    /// Keeps the top of a mount, if it is not what the policy says the program may use.
    fn keep_top(&self, entry: &Entry<'_>, top: &OwnedFd, kept: &Kept) -> Result<(), Refused> {
        let failed = |errno| unkept::failed(self.steps, entry, kept, errno);
        if !kept.is_hidden() && is_read_only(top).map_err(failed)? {
            return Ok(());
        }
        let point = entry.point.to_bytes();
        // What the policy puts at or below the path itself is no second view.
        if kept.step.is_some() && below(point, kept.path).is_some() {
            return Ok(());
        }
        let is_share = |step: &Step| {
            let mount = &step.mount;
            mount.kind == MountKind::Bind && mount.target.to_bytes() == point
        };
        if self.steps.iter().any(is_share) {
            let what = " is what it shows, or has it inside";
            return Err(unkept::refused(self.steps, entry, kept, what));
        }
        self.cover(top, kept, true).map_err(failed)
    }

    /// Mounts over an object what keeps it as it is or hides it, and over what is on the way, itself.
    fn cover(&self, file: &OwnedFd, kept: &Kept, is_object: bool) -> Result<(), Errno> {
        self.is_last.set(false);
        if is_object && kept.is_hidden() {
            let status = fstat(file)?;
            return self.masks.cover(file, is_directory(status.st_mode));
        }
        pin(file, is_object)
    }

    /// Whether a file lies on a mount that shows this path of the file system at its top. A mount that
    /// is not listed yet is looked at next time.
    fn is_at(&self, status: &Statx, like: &Entry<'_>, path: &[u8]) -> bool {
        if let Some(found) = mountinfo::find(self.mounts, status.stx_mnt_id) {
            return found.device == like.device && found.root.to_bytes() == path;
        }
        self.is_last.set(false);
        false
    }
}
