//! Why a run is refused in which something cannot be kept as it is.

use super::kept::Kept;
use super::pin::below;
use super::step::{Step, has};
use crate::message::{Refused, refuse};
use crate::mountinfo::Entry;
use purple_plan::{Mount, MountKind, mount_flags};
use rustix::io::Errno;

const STEP: &str = "kept file";
const COVERED: &str = "protected path";

/// A mount leads to it, and nothing can be mounted over it.
pub(super) fn refused(steps: &[Step], entry: &Entry<'_>, kept: &Kept, what: &str) -> Refused {
    let path = kept.path;
    if let Some(step) = &kept.step {
        let shown = " is shown a second time at ";
        let advice = ", which the policy lists by itself: leave one of the two out";
        return refuse!(COVERED, step.target, shown, entry.point, advice, step.line);
    }
    match share(steps, entry) {
        Some(share) => {
            let (source, line) = (share.source, share.line);
            let shared = "the program may write to the host path ";
            let obeyed = ", and later runs obey ";
            refuse!(STEP, shared, source, obeyed, path, ", which", what, line)
        }
        None => refuse!(STEP, path, what),
    }
}

/// The kernel does not let it be kept.
pub(super) fn failed(steps: &[Step], entry: &Entry<'_>, kept: &Kept, errno: Errno) -> Refused {
    let path = kept.path;
    if let Some(step) = &kept.step {
        let shown = " is shown a second time below ";
        let what = ", and cannot be covered there: show it once";
        return refuse!(
            COVERED,
            step.target,
            shown,
            entry.point,
            what,
            errno,
            step.line
        );
    }
    let what = " cannot be kept as it is in the host path ";
    match share(steps, entry) {
        Some(share) => refuse!(STEP, path, what, share.source, errno, share.line),
        None => refuse!(STEP, path, " cannot be kept as it is", errno),
    }
}

/// It is not at its place any more.
pub(super) fn gone(kept: &Kept) -> Refused {
    let what = " was moved or replaced while the sandbox started: start it again";
    let step = if kept.step.is_some() { COVERED } else { STEP };
    refuse!(step, kept.path, what)
}

/// The step that shows what a mount lies in.
fn share(steps: &[Step], entry: &Entry<'_>) -> Option<Mount<'static>> {
    let point = entry.point.to_bytes();
    let mounts = steps.iter().map(|step| step.mount);
    mounts
        .filter(|mount| mount.kind == MountKind::Bind && has(mount, mount_flags::OWNED))
        .filter(|mount| below(point, mount.target.to_bytes()).is_some())
        .max_by_key(|mount| mount.target.to_bytes().len())
}
