//! The plan's steps that build the file system, each with what a run keeps for it.

use crate::message::{OrRefuse, Refused};
use crate::stub::Stub;
use purple_plan::{Mount, MountKind, Plan};
use purple_sys::memory;
use rustix::fd::OwnedFd;

/// A step, read from the plan once.
pub(crate) struct Step {
    pub(crate) mount: Mount<'static>,
    /// The part of its target at which it takes effect: all of it, or for a path that is kept from
    /// being made, what there is of it.
    pub(crate) place: &'static [u8],
    /// What keeps the place from being made.
    pub(crate) stub: Option<Stub>,
    /// A detached copy of its source.
    pub(crate) tree: Option<OwnedFd>,
    /// Whether a mount was found at its place.
    pub(crate) found: bool,
}

impl Step {
    /// Every step, in order.
    pub(crate) fn all(plan: &Plan<'static>) -> Result<&'static mut [Self], Refused> {
        let of = |mount: Mount<'static>| Self {
            mount,
            place: mount.target.to_bytes(),
            stub: None,
            tree: None,
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
}
