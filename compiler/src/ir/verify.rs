//! The rules of the IR. They hold whatever the policy says; a breach is a fault of the compiler.
//!
//! 1. The first step makes the root: a private file system in memory at `/`.
//! 2. The last step seals it: nothing is added to the root afterwards.
//! 3. No two steps mount something at the same place, masks and protections excepted.
//! 4. Every mount forbids set-user-id programs.
//! 5. What is bound from the host forbids device files, but for the listed ones in `/dev`.
//! 6. The kernel settings are written after `/proc` is there and before they are protected.
//! 7. The layers needed are named once each, in order.
//! 8. There is a filter.
//! 9. Between a writable tree of the host and what is mounted below it, with no other mount between
//!    them, every directory is pinned.
//! 10. Landlock allows no writing where the mount at the same path forbids it, and restricts files.

use super::{Action, Ir, Step};
use purple_plan::landlock_fs;
use std::collections::{BTreeMap, BTreeSet};

/// Checks the rules.
pub fn verify(ir: &Ir) -> Result<(), Broken> {
    let broken = |rule: &str| Err(Broken(rule.to_owned()));
    match ir.steps.first() {
        Some(Step {
            action: Action::Tmpfs { .. },
            target,
            ..
        }) if target == "/" => {}
        _ => return broken("the first step does not make the root"),
    }
    match ir.steps.last() {
        Some(Step {
            action: Action::Seal,
            target,
            ..
        }) if target == "/" => {}
        _ => return broken("the last step does not seal the root"),
    }
    let mut targets = BTreeSet::new();
    for step in &ir.steps {
        let covers = matches!(
            step.action,
            Action::Mask | Action::Protect | Action::Seal | Action::Setting(_)
        );
        if !covers && !targets.insert(&step.target) {
            return broken(&format!("two steps for {}", step.target));
        }
        if let Action::Tmpfs { attributes, .. } | Action::Bind { attributes, .. } = &step.action {
            let device = step.target.starts_with("/dev/");
            if !attributes.no_suid || !(attributes.no_dev || device) {
                return broken(&format!(
                    "{} allows set-user-id or device files",
                    step.target
                ));
            }
        }
    }
    if let Some(path) = unpinned(ir) {
        return broken(&format!("{path} is not pinned"));
    }
    let place = |wanted: fn(&Step) -> bool| ir.steps.iter().position(wanted);
    let proc = place(|step| step.action == Action::Proc);
    let setting = place(|step| matches!(step.action, Action::Setting(_)));
    let protected = place(|step| step.action == Action::Protect && step.target == "/proc/sys");
    if !(proc.is_some() && proc < setting && setting < protected) {
        return broken("kernel settings are not between /proc and its protection");
    }
    if !ir.needs.is_sorted_by(|a, b| a.0.number() < b.0.number()) {
        return broken("the layers needed are not in order");
    }
    if ir.landlock.levels.is_empty() || ir.landlock.levels.iter().any(|level| level.fs == 0) {
        return broken("Landlock does not restrict files");
    }
    let read_only: BTreeSet<&str> = ir
        .steps
        .iter()
        .filter(|step| {
            matches!(&step.action, Action::Bind { attributes, .. } if attributes.read_only && attributes.no_dev)
        })
        .map(|step| step.target.as_str())
        .collect();
    for path in &ir.landlock.paths {
        if path.access & landlock_fs::WRITE_FILE != 0 && read_only.contains(path.path.as_str()) {
            return broken(&format!("Landlock allows writing to {}", path.path));
        }
    }
    if ir.filters.is_empty() {
        return broken("there is no filter");
    }
    Ok(())
}

/// A directory that could be renamed with a mount point below it: one right above a step, where
/// the nearest mount above is a writable tree of the host. A pin is a mount of that same tree, and
/// a step itself.
fn unpinned(ir: &Ir) -> Option<&str> {
    let steps: BTreeMap<&str, &Step> = ir
        .steps
        .iter()
        .map(|step| (step.target.as_str(), step))
        .collect();
    let is_mount = |step: &&&Step| !matches!(step.action, Action::Pin);
    ir.steps.iter().find_map(|step| {
        let mut above = step
            .target
            .rmatch_indices('/')
            .filter_map(|(at, _)| step.target.get(..at))
            .filter(|path| !path.is_empty());
        let parent = above.clone().next()?;
        let nearest = above.find_map(|path| steps.get(path).filter(is_mount))?;
        (nearest.action.is_writable_bind() && !steps.contains_key(parent)).then_some(parent)
    })
}

/// A rule of the IR that does not hold: a fault of the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub String);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the IR breaks a rule: {}", self.0)
    }
}

impl std::error::Error for Broken {}

#[cfg(test)]
mod tests;
