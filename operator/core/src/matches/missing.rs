//! Optional output paths that the host lacks.
//!
//! purple-exec leaves such a path out, but not what the plan protects in it: a stub for that needs the directory. So a run leaves
//! out both, and what appears on the host meanwhile is not shown.

use crate::view;
use purple_plan::{Mount, MountKind, Plan, mount_flags};
use std::path::Path;

/// The steps of a plan without such paths and what is protected in them; `None` where there is none.
pub(super) fn without<'a>(plan: &Plan<'a>) -> Option<Vec<Mount<'a>>> {
    let is_missing = |step: &Mount<'_>| {
        let optional = mount_flags::OWNED | mount_flags::OPTIONAL;
        step.kind == MountKind::Bind
            && step.flags & optional == optional
            && view::path(step.source).symlink_metadata().is_err()
    };
    let shares = plan
        .mounts
        .iter()
        .filter(|step| step.kind == MountKind::Bind);
    let shares: Vec<Mount<'a>> = shares.collect();
    if !shares.iter().any(is_missing) {
        return None;
    }
    // What shows the path of a step: the share with the longest path above it.
    let lies_in_missing = |step: &Mount<'_>| {
        let path = view::path(step.target);
        let above = shares.iter().filter(|share| {
            let top: &Path = view::path(share.target);
            path != top && path.starts_with(top)
        });
        let nearest = above.max_by_key(|share| share.target.to_bytes().len());
        nearest.is_some_and(is_missing)
    };
    let is_kept = |step: &Mount<'_>| {
        // What is protected, and the directories that are pinned above it.
        let flags = mount_flags::STUBS | mount_flags::OPTIONAL;
        let protects = step.kind != MountKind::Bind && step.flags & flags != 0;
        !(is_missing(step) || protects && lies_in_missing(step))
    };
    Some(plan.mounts.iter().filter(is_kept).collect())
}
