//! What later runs obey, kept as it is inside: every place at which a kept object could be changed is
//! found among the mounts that the kernel lists, and mounted over with itself, read-only. What the policy
//! protects at one place is kept at all others like that, and what it hides is covered there by the same mask.
//!
//! A place is found by the device and the path within the file system, so it does not matter by which
//! mount, bind or view it is reached. On the way to it, each directory is mounted over with itself too:
//! the kernel renames no mount point, but its parents. The same goes for the mount points that the
//! host passes on its way to the object.
//!
//! The mounts are listed and looked at again until nothing is left to do, so the last look reads back
//! what the ones before it did.

use super::kept::{Kept, KeptOfHost};
use super::look::{Look, Place};
use super::masks::Masks;
use super::pin::{below, within};
use super::read_back;
use super::step::Step;
use super::unkept;
use crate::message::{OrRefuse, Refused, refuse};
use crate::mountinfo::{self, Entry};
use crate::outside::Outside;
use core::cell::Cell;
use rustix::fd::OwnedFd;

const STEP: &str = "kept file";

/// How often the mounts are looked at; each look does all that it finds.
const LOOKS: u32 = 64;

/// Keeps everything at all of its places below the new root, and reads the mounts back by the list in which
/// nothing was left to do. Returns how many there are.
pub(super) fn keep(
    root: &OwnedFd,
    kept: &KeptOfHost,
    steps: &mut [Step],
    masks: &Masks,
    outside: Outside,
) -> Result<u64, Refused> {
    let keeps = !kept.objects.is_empty() || steps.iter().any(Step::is_kept);
    for _ in 0..LOOKS {
        let look = |mounts: &[Entry<'_>]| {
            let is_last = Cell::new(true);
            if keeps {
                Look {
                    root,
                    kept,
                    steps,
                    masks,
                    outside,
                    mounts,
                    is_last: &is_last,
                }
                .all()?;
            }
            is_last
                .get()
                .then(|| read_back::check(steps, mounts))
                .transpose()
        };
        let checked = mountinfo::lend(look).or_refuse(STEP, "reading the mounts back")??;
        if let Some(count) = checked {
            return Ok(count);
        }
    }
    Err(refuse!(STEP, "the mounts change while they are looked at"))
}

impl Look<'_> {
    fn all(&self) -> Result<(), Refused> {
        for kept in self.kept.objects {
            self.object(kept, self.kept.mounts)?;
        }
        if self.is_shown_twice() {
            for kept in self.steps.iter().filter_map(Kept::covered) {
                self.object(&kept, self.mounts)?;
            }
        }
        Ok(())
    }

    /// Whether what a step covers may have another place: a part of its mount is mounted elsewhere.
    fn is_shown_twice(&self) -> bool {
        let mut last = 0;
        self.steps
            .iter()
            .filter_map(|step| step.covered.filter(|_| step.is_kept()))
            .any(|covered| {
                // Most of them lie on one mount.
                if core::mem::replace(&mut last, covered.mount) == covered.mount {
                    return false;
                }
                let on = mountinfo::find(self.mounts, covered.mount);
                on.is_some_and(|on| self.mounts.iter().any(|other| is_second(on, other)))
            })
    }

    /// Keeps an object, and the mount points on the way to it, where a mount leads to them. `mounts` has
    /// the mount that the object was found on.
    fn object(&self, kept: &Kept, mounts: &[Entry<'_>]) -> Result<(), Refused> {
        let writable_on = |device: &[u8]| {
            self.mounts
                .iter()
                .find(|entry| entry.device == device && !entry.has(b"ro"))
        };
        let Some(mut on) = mountinfo::find(mounts, kept.found.mount) else {
            // Memory lies on no mount. Anything else has a place that cannot be found.
            let what = " lies on a mount that no path leads to";
            return match writable_on(kept.found.identity.device().bytes()) {
                Some(entry) => Err(unkept::refused(self.steps, entry, kept, what)),
                None => Ok(()),
            };
        };
        if kept.linked
            && self.may_write(kept)
            && let Some(entry) = writable_on(on.device)
        {
            let what = " has another name, by which it could be changed: put a copy in its place";
            return Err(unkept::refused(self.steps, entry, kept, what));
        }
        let mut at: &[u8] = b"";
        let mut is_object = true;
        loop {
            let point = on.point.to_bytes();
            let host_path = if is_object { kept.path } else { at };
            let path = within(on, host_path);
            for entry in self.mounts.iter().filter(|entry| entry.device == on.device) {
                if entry.has(b"ro") && !kept.is_hidden() {
                    continue;
                }
                let path = path.as_ref().ok_or_else(|| {
                    let what = " is not where its mount says it is";
                    unkept::refused(self.steps, entry, kept, what)
                })?;
                let place = Place {
                    kept,
                    path: path.bytes(),
                    is_object,
                };
                self.place(entry, place)?;
            }
            // Inside, what covers an object moves with the mount point above it.
            let above = mountinfo::find(mounts, on.parent).filter(|_| kept.step.is_none());
            let Some(above) = above.filter(|_| point != b"/") else {
                return Ok(());
            };
            (at, on, is_object) = (point, above, false);
        }
    }

    /// Whether the program may write to an object, where it has a name of it.
    fn may_write(&self, kept: &Kept) -> bool {
        // Where root starts the sandbox, what is root's is the program's in what it may write to.
        self.outside.root || kept.owner == self.outside.uid || kept.open_to_others
    }
}

/// Whether two mounts show the same thing of a file system at two places.
fn is_second(one: &Entry<'_>, other: &Entry<'_>) -> bool {
    let apart = |upper: &Entry<'_>, lower: &Entry<'_>| {
        let (root, point) = (lower.root.to_bytes(), lower.point.to_bytes());
        below(root, upper.root.to_bytes())
            .is_some_and(|rest| below(point, upper.point.to_bytes()) != Some(rest))
    };
    one.device == other.device && (apart(one, other) || apart(other, one))
}
