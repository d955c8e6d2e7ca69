//! The plan's steps that build the file system, each with what a run keeps for it.

use super::found::Found;
use super::stub::Stub;
use crate::files::read_link;
use crate::message::{OrRefuse, Refused};
use crate::text::Text;
use purple_plan::{Mount, MountKind, Plan, mount_flags};
use purple_sys::memory;
use rustix::fd::OwnedFd;
use rustix::fs::CWD;

/// A step, read from the plan once.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was done or found, and none follows from the others"
)]
pub(crate) struct Step {
    pub(crate) mount: Mount<'static>,
    /// The part of its target at which it takes effect: all of it, or for a protected path that does
    /// not exist, what there is of it.
    pub(crate) inside_path: &'static [u8],
    /// What stands in for a protected path that does not exist.
    pub(crate) stub: Option<Stub>,
    /// A detached copy of its source.
    pub(crate) tree: Option<OwnedFd>,
    /// Whether its source is the symbolic link that the step says, and is made inside instead.
    pub(crate) is_link: bool,
    /// Whether that copy is id-mapped.
    pub(crate) mapped: bool,
    /// What lay at its place before it was mounted over.
    pub(crate) covered: Option<Found>,
    /// Whether the kernel was asked to mount something at its place.
    pub(crate) mounted: bool,
    /// Whether a mount was found at its place.
    pub(crate) found: bool,
}

impl Step {
    /// Every step, in order.
    pub(crate) fn all(plan: &Plan<'static>) -> Result<&'static mut [Self], Refused> {
        let of = |mount: Mount<'static>| Self {
            mount,
            inside_path: mount.target.to_bytes(),
            stub: None,
            tree: None,
            is_link: is_link(&mount),
            mapped: false,
            covered: None,
            mounted: false,
            found: false,
        };
        memory::keep(plan.mounts.iter().map(of)).or_refuse("mount", "its table")
    }

    /// Whether it leaves a mount at its place.
    pub(crate) fn is_mount(&self) -> bool {
        !matches!(
            self.mount.kind,
            MountKind::File | MountKind::Symlink | MountKind::Directory | MountKind::Setting
        )
    }

    /// Whether it hides what is at its place.
    pub(crate) fn hides(&self) -> bool {
        // Where a path cannot be, what stands in its way stays visible.
        self.mount.kind == MountKind::Mask && self.inside_path == self.mount.target.to_bytes()
    }

    /// Whether it hides what is at its place, or keeps that as it is.
    pub(crate) fn is_kept(&self) -> bool {
        self.hides() || self.is_protected()
    }

    /// Whether it protects a path that may not exist.
    pub(crate) fn is_protected(&self) -> bool {
        has(&self.mount, mount_flags::STUBS)
    }
}

/// Whether a bind's source is the symbolic link that the step says.
fn is_link(step: &Mount<'_>) -> bool {
    if step.kind != MountKind::Bind || step.content.is_empty() {
        return false;
    }
    let mut text = Text::<4096>::new();
    read_link(CWD, step.source, &mut text).is_ok_and(|found| found.to_bytes() == step.content)
}

/// Whether a step has one of these flags.
pub(crate) fn has(step: &Mount<'_>, flags: u32) -> bool {
    step.flags & flags != 0
}
