//! Mounts on top of what is at a path inside already: a mask that hides it, or the path itself with
//! other attributes, as for a protected path.

use super::found::Found;
use super::step::{Step, has};
use super::target::{existing, status_of};
use super::tree;
use crate::message::{OrRefuse, Refused};
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::{Mount, mount_flags};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::CWD;
use rustix::io::Errno;

/// What masks show, as far as it is in use already: one empty directory for each set of attributes,
/// and one /dev/null. A mount of it covers each masked path. They are empty and cannot be written, so
/// sharing one shows nothing of one path to another.
#[derive(Default)]
pub(crate) struct Masks {
    directory: Option<EmptyDirectory>,
    file: Option<NullDevice>,
    /// Room for a path with a NUL at its end.
    room: Text<4096>,
}

struct EmptyDirectory {
    mount: OwnedFd,
    attributes: MaskAttributes,
}

/// What an empty directory is made with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct MaskAttributes {
    size: u64,
    inodes: u32,
    mode: u32,
    attributes: u64,
}

struct NullDevice {
    mount: OwnedFd,
    attributes: u64,
}

impl Masks {
    /// Applies the step at `index` to what is at its place, and returns what that is. `None`: no mount
    /// was made.
    pub(crate) fn apply(
        &mut self,
        root: &OwnedFd,
        steps: &[Step],
        index: usize,
        step: &Step,
    ) -> Result<Option<Found>, Refused> {
        if is_done_by_another(steps, index, step) {
            return Ok(None);
        }
        self.room.replace(step.inside_path);
        let path = self.room.c_str().at(&step.mount)?;
        let Some(target) = find(root, &step.mount, path)? else {
            return Ok(None);
        };
        let covered = Found::of(&status_of(target.as_fd()).at(&step.mount)?);
        if step.hides() {
            self.mask(&step.mount, &target, covered.directory)?;
        } else {
            mount_on_itself(&step.mount, &target)?;
        }
        Ok(Some(covered))
    }

    /// Covers something else with what a mask that is in use shows.
    pub(super) fn cover(&self, target: &OwnedFd, directory: bool) -> Result<(), Errno> {
        let used = if directory {
            self.directory.as_ref().map(|used| &used.mount)
        } else {
            self.file.as_ref().map(|used| &used.mount)
        };
        let copy = tree::copy(used.ok_or(Errno::NOENT)?.as_fd(), c"", false)?;
        tree::move_to(&copy, target.as_fd(), c"")
    }

    fn mask(&mut self, step: &Mount<'_>, target: &OwnedFd, directory: bool) -> Result<(), Refused> {
        if directory {
            self.mask_directory(step, target)
        } else {
            self.mask_file(step, target)
        }
    }

    /// Covers a directory by an empty one. It is copied from where one is in use already, because
    /// older kernels copy no mount that hangs nowhere (before 6.15).
    fn mask_directory(&mut self, step: &Mount<'_>, target: &OwnedFd) -> Result<(), Refused> {
        let attributes = MaskAttributes {
            size: step.size,
            inodes: step.inodes,
            mode: step.mode,
            attributes: step.attrs,
        };
        let mount = match &self.directory {
            Some(used) if used.attributes == attributes => {
                tree::copy(used.mount.as_fd(), c"", false).at(step)?
            }
            _ => tree::tmpfs(step)?,
        };
        tree::move_to(&mount, target.as_fd(), c"").at(step)?;
        self.directory = Some(EmptyDirectory { mount, attributes });
        Ok(())
    }

    /// Covers a file by /dev/null.
    fn mask_file(&mut self, step: &Mount<'_>, target: &OwnedFd) -> Result<(), Refused> {
        let attributes = step.attrs;
        let mount = match &self.file {
            Some(used) if used.attributes == attributes => {
                tree::copy(used.mount.as_fd(), c"", false).at(step)?
            }
            _ => {
                let mount = tree::copy(CWD, c"/dev/null", false).at(step)?;
                tree::set_attributes(step, &mount)?;
                mount
            }
        };
        tree::move_to(&mount, target.as_fd(), c"").at(step)?;
        self.file = Some(NullDevice { mount, attributes });
        Ok(())
    }
}

/// Mounts a path over itself, with the step's attributes.
fn mount_on_itself(step: &Mount<'_>, target: &OwnedFd) -> Result<(), Refused> {
    let copy = tree::copy(target.as_fd(), c"", true).at(step)?;
    tree::set_attributes(step, &copy)?;
    tree::move_to(&copy, target.as_fd(), c"").at(step)
}

/// Whether another step protects this place: of several protected paths with one place the first
/// does, and what protects a place makes other mounts on it needless.
fn is_done_by_another(steps: &[Step], index: usize, step: &Step) -> bool {
    let candidates = if step.is_protected() {
        steps.get(..index).unwrap_or(steps)
    } else {
        steps
    };
    candidates
        .iter()
        .any(|other| other.is_protected() && other.inside_path == step.inside_path)
}

/// The target of a step that may be left out when its target does not exist.
fn find(root: &OwnedFd, step: &Mount<'_>, place: &CStr) -> Result<Option<OwnedFd>, Refused> {
    match existing(root, place) {
        Ok(target) => Ok(Some(target)),
        Err(Errno::NOENT | Errno::NOTDIR) if has(step, mount_flags::OPTIONAL) => Ok(None),
        Err(errno) => Err(errno).at(step),
    }
}
