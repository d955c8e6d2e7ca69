//! What later runs obey, kept as it is inside: every place at which a kept object could be changed is
//! found among the mounts that the kernel lists, and mounted over with itself, read-only.
//!
//! A place is found by the device and the path within the file system, so it does not matter by which
//! mount, bind or view it is reached. On the way to it, each directory is mounted over with itself too:
//! the kernel renames no mount point, but its parents. The same goes for the mount points that the
//! host passes on its way to the object.
//!
//! The mounts are listed and looked at again until nothing is left to do, so the last look reads back
//! what the ones before it did.

use super::kept::{Identity, Kept, KeptSet, status_of};
use super::pin::{below, find, is_mount_root, is_read_only, pin, within};
use super::step::Step;
use super::unkept;
use crate::message::{OrRefuse, Refused, refuse};
use crate::mountinfo::{self, Entry, unescaped};
use crate::outside::Outside;
use crate::text::{Text, lines};
use core::cell::Cell;
use core::ffi::CStr;
use purple_plan::MountKind;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::Statx;

const STEP: &str = "kept file";

/// How often the mounts are looked at; each look does all that it finds.
const LOOKS: u32 = 64;

/// Keeps everything at all of its places below the new root.
pub(super) fn keep(
    root: &OwnedFd,
    kept: &KeptSet,
    steps: &[Step],
    outside: Outside,
) -> Result<(), Refused> {
    if kept.objects.is_empty() {
        return Ok(());
    }
    for _ in 0..LOOKS {
        let is_last = Cell::new(true);
        let look = |text: &[u8]| {
            let is_last = &is_last;
            Look {
                root,
                kept,
                steps,
                outside,
                text,
                is_last,
            }
            .all()
        };
        mountinfo::lend(look).or_refuse(STEP, "reading the mounts back")??;
        if is_last.get() {
            return Ok(());
        }
    }
    Err(refuse!(STEP, "the mounts change while they are looked at"))
}

/// One look at all mounts.
struct Look<'l> {
    root: &'l OwnedFd,
    kept: &'l KeptSet,
    steps: &'l [Step],
    outside: Outside,
    /// The mounts inside.
    text: &'l [u8],
    /// Whether nothing was mounted, and every mount was known.
    is_last: &'l Cell<bool>,
}

/// A place on the host: the object's own, or a mount point on the way to it.
#[derive(Clone, Copy)]
struct Place<'p> {
    kept: &'p Kept,
    /// Its path within its file system.
    path: &'p [u8],
    /// Whether it is the object's.
    is_object: bool,
}

/// What was reached on the way to a place.
struct Reached {
    file: OwnedFd,
    status: Statx,
}

impl Look<'_> {
    fn all(&self) -> Result<(), Refused> {
        for line in lines(self.text) {
            let Some(entry) = Entry::of(line) else {
                return Err(refuse!(STEP, "an unknown form: ", line));
            };
            if entry.has(b"ro") {
                continue;
            }
            for kept in self.kept.objects.iter() {
                self.object(&entry, kept)?;
            }
        }
        Ok(())
    }

    /// Keeps an object, and the mount points on the way to it, where a mount leads to them.
    fn object(&self, entry: &Entry<'_>, kept: &Kept) -> Result<(), Refused> {
        let Some(mut on) = kept.mount_entry(self.kept.mounts) else {
            // Memory lies on no mount. Anything else has a place that cannot be found.
            if entry.device == kept.identity.device().bytes() {
                return Err(unkept::refused(
                    self.steps,
                    entry,
                    kept,
                    " lies on a mount that no path leads to",
                ));
            }
            return Ok(());
        };
        if kept.linked && entry.device == on.device && self.may_write(kept) {
            let what = " has another name, by which it could be changed: put a copy in its place";
            return Err(unkept::refused(self.steps, entry, kept, what));
        }
        let mut at = Text::<4096>::new();
        let mut is_object = true;
        loop {
            let point = unescaped(on.point);
            if entry.device == on.device {
                let host_path = if is_object { &kept.path } else { &at };
                let path = within(&on, &point, host_path.bytes());
                let path = path.ok_or_else(|| {
                    unkept::refused(
                        self.steps,
                        entry,
                        kept,
                        " is not where its mount says it is",
                    )
                })?;
                let place = Place {
                    kept,
                    path: path.bytes(),
                    is_object,
                };
                self.place(entry, place)?;
            }
            let Some(above) = mountinfo::find(self.kept.mounts, on.parent) else {
                return Ok(());
            };
            if point.bytes() == b"/" {
                return Ok(());
            }
            (at, on, is_object) = (point, above, false);
        }
    }

    /// Whether the program may write to an object, where it has a name of it.
    fn may_write(&self, kept: &Kept) -> bool {
        // Where root starts the sandbox, what is root's is the program's in what it may write to.
        self.outside.root || kept.owner == self.outside.uid || kept.open_to_others
    }

    /// Keeps a place where a mount of the same file system leads to it.
    fn place(&self, entry: &Entry<'_>, place: Place<'_>) -> Result<(), Refused> {
        let top = unescaped(entry.root);
        if let Some(rest) = below(place.path, top.bytes()) {
            return self.follow(entry, top.bytes(), rest, place);
        }
        // A mount of what lies in a kept directory.
        if place.is_object
            && place.kept.directory
            && below(top.bytes(), place.path).is_some_and(|rest| !rest.is_empty())
        {
            return self.follow(entry, top.bytes(), b"", place);
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
        let point = unescaped(entry.point);
        let found = find(self.root, point.c_str().map_err(failed)?);
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
                place.kept.identity
            } else {
                Identity::of(&child.status)
            };
            let is_fixed =
                is_mount_root(&child.status) || is_read_only(&here.file).map_err(failed)?;
            if !is_fixed || is_object && !is_read_only(&child.file).map_err(failed)? {
                if Identity::of(&child.status) == expected {
                    pin(&child.file, is_object).map_err(failed)?;
                    self.is_last.set(false);
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

    /// Keeps the top of a mount, if it is not what the policy says the program may write to.
    fn keep_top(&self, entry: &Entry<'_>, top: &OwnedFd, kept: &Kept) -> Result<(), Refused> {
        let failed = |errno| unkept::failed(self.steps, entry, kept, errno);
        if is_read_only(top).map_err(failed)? {
            return Ok(());
        }
        let point = unescaped(entry.point);
        let is_share = |step: &Step| {
            let mount = &step.mount;
            mount.kind == MountKind::Bind && mount.target.to_bytes() == point.bytes()
        };
        if self.steps.iter().any(is_share) {
            return Err(unkept::refused(
                self.steps,
                entry,
                kept,
                " is what it shows, or has it inside",
            ));
        }
        pin(top, true).map_err(failed)?;
        self.is_last.set(false);
        Ok(())
    }

    /// Whether a file lies on a mount that shows this path of the file system at its top. A mount that
    /// is not listed yet is looked at next time.
    fn is_at(&self, status: &Statx, like: &Entry<'_>, path: &[u8]) -> bool {
        if let Some(found) = mountinfo::find(self.text, status.stx_mnt_id) {
            return found.device == like.device && unescaped(found.root).bytes() == path;
        }
        self.is_last.set(false);
        false
    }
}
