//! The rules of the IR. They hold whatever the policy says; a breach is a fault of the compiler.
//!
//! The file system:
//!  1. The first step makes the root: a private file system in memory at `/`.
//!  2. The last step seals it read-only: nothing is added to the root afterwards.
//!  3. No two steps mount something at the same place, except what changes the mount that is there already:
//!     a mask, what a pattern matches, a read-only step, a kernel setting or the seal.
//!  4. Every mount forbids set-user-id programs, and device files but for the listed ones in `/dev`
//!     and the pseudo-terminals. A step that mounts nothing has no attributes.
//!  5. What is masked, made read-only or protected is read-only; so is `/sys`. Nothing in `/proc`,
//!     `/sys`, `/dev/pts` or a mask can be executed.
//!  6. Only what is bound, masked, made read-only, pinned or set may be left out where the host has it not.
//!  7. The kernel settings are written after `/proc` is there and before they are made read-only.
//!  8. Between a writable tree of the host and what is mounted below it, with no other mount between
//!     them, every directory is pinned.
//!
//! The process:
//!  9. Neither its user nor its group is 0, inside or outside.
//! 10. The sandbox has every kind of namespace of its own, but the network's where the policy says so.
//! 11. A program with capabilities, and no other, has namespaces below those, a user namespace among
//!     them: it holds no capability in the namespace that owns its mounts.
//! 12. It gets time to end by itself, the host name is one of the kernel's (1 to 64 bytes), no
//!     limit is above what it can be raised to, and each resource has one at most.
//!
//! The network:
//! 13. Ports go from 1 on, the first before the last; blocks of addresses have their one form.
//! 14. Where more is wanted than the namespace has, a place of the policy says so.
//! 15. Where Landlock restricts TCP ports, its ports are those that the network allows.
//!
//! The rest:
//! 16. The layers needed are named once each, in order.
//! 17. Landlock restricts files, and allows no writing where the mount at the same path forbids it.
//! 18. There is a filter.
//! 19. A filter enforces what it means; where denied calls are recorded, it notifies the supervisor
//!     of each call that the meaning answers with an error of the policy's.
//! 20. The probe, evaluated under the filter's meaning, gets the error that it says.

use super::audit::Audit;
use super::definition::Ir;
use super::namespace::Namespace;
use super::network;
use super::network::Link;
use super::process::Process;
use super::step::{Action, Attributes, Step};
use purple_plan::landlock_fs;
use std::collections::{BTreeMap, BTreeSet};

/// Checks the rules.
pub fn verify(ir: &Ir) -> Result<(), Broken> {
    ends(&ir.steps)?;
    targets(&ir.steps)?;
    ir.steps.iter().try_for_each(mount)?;
    settings(&ir.steps)?;
    if let Some(path) = unpinned(ir) {
        return broken(format!("{path} is not pinned"));
    }
    process(&ir.process, ir.network.link)?;
    network::verify(&ir.network, &ir.landlock).map_err(Broken)?;
    if !ir.needs.is_sorted_by(|a, b| a.0.number() < b.0.number()) {
        return broken("the layers needed are not in order");
    }
    landlock(ir)?;
    if ir.filters.is_empty() {
        return broken("there is no filter");
    }
    let records_denials = ir.audit.as_ref().is_some_and(Audit::records_denials);
    ir.filters
        .iter()
        .try_for_each(|filter| filter.verify(records_denials))
        .map_err(Broken)
}

fn broken(rule: impl Into<String>) -> Result<(), Broken> {
    Err(Broken(rule.into()))
}

/// Rules 1 and 2.
fn ends(steps: &[Step]) -> Result<(), Broken> {
    let is_root = |step: &Step| step.target == "/" && matches!(step.action, Action::Tmpfs { .. });
    if !steps.first().is_some_and(is_root) {
        return broken("the first step does not make the root");
    }
    let is_seal = |step: &Step| {
        step.target == "/" && step.action == Action::Seal && step.attributes.read_only
    };
    if !steps.last().is_some_and(is_seal) {
        return broken("the last step does not seal the root");
    }
    Ok(())
}

/// Rule 3.
fn targets(steps: &[Step]) -> Result<(), Broken> {
    let mut targets = BTreeSet::new();
    for step in steps {
        let is_on_top = matches!(
            step.action,
            Action::Mask
                | Action::Matches { .. }
                | Action::ReadOnly
                | Action::Seal
                | Action::Setting(_)
        );
        if !is_on_top && !targets.insert(&step.target) {
            return broken(format!("two steps for {}", step.target));
        }
    }
    Ok(())
}

/// Rules 4 to 6, for one step.
fn mount(step: &Step) -> Result<(), Broken> {
    use Action::{
        Bind, Devpts, File, Mask, Matches, Pin, Proc, Protect, ReadOnly, Seal, Setting, Symlink,
        Sysfs,
    };
    let (target, attributes) = (&step.target, step.attributes);
    let optional = matches!(
        step.action,
        Bind { .. } | Mask | ReadOnly | Pin | Setting(_)
    );
    if step.optional && !optional {
        return broken(format!("{target} may be left out"));
    }
    if let Bind {
        link: Some(_),
        owned,
        ..
    } = step.action
        && (owned || !step.optional || !attributes.read_only)
    {
        return broken(format!("{target} may be a link"));
    }
    match step.action {
        File { .. } | Symlink(_) | Setting(_) if attributes == Attributes::NONE => return Ok(()),
        File { .. } | Symlink(_) | Setting(_) => {
            return broken(format!("{target} is no mount and has attributes"));
        }
        // A change of a mount that has the others.
        Seal => return Ok(()),
        _ => {}
    }
    let device = target.starts_with("/dev/");
    if !attributes.no_suid || !(attributes.no_dev || device) {
        return broken(format!("{target} allows set-user-id or device files"));
    }
    let is_hidden = matches!(
        step.action,
        Mask | Protect { hidden: true, .. } | Matches { hidden: true }
    );
    let is_fixed = matches!(
        step.action,
        ReadOnly | Sysfs | Protect { .. } | Matches { .. }
    );
    if (is_hidden || is_fixed) && !attributes.read_only {
        return broken(format!("{target} can be written to"));
    }
    if (is_hidden || matches!(step.action, Proc | Sysfs | Devpts)) && !attributes.no_exec {
        return broken(format!("{target} allows programs"));
    }
    Ok(())
}

/// Rule 7.
fn settings(steps: &[Step]) -> Result<(), Broken> {
    let place = |wanted: fn(&Step) -> bool| steps.iter().position(wanted);
    let proc = place(|step| step.action == Action::Proc);
    let setting = place(|step| matches!(step.action, Action::Setting(_)));
    let fixed = place(|step| step.action == Action::ReadOnly && step.target == "/proc/sys");
    if !(proc.is_some() && proc < setting && setting < fixed) {
        return broken("kernel settings are not between /proc and its protection");
    }
    Ok(())
}

/// Rules 9 to 12.
fn process(process: &Process, link: Link) -> Result<(), Broken> {
    for one in [process.user, process.group] {
        if one.inside == 0 || one.outside_for_root == 0 {
            return broken("the program is root");
        }
    }
    let has = |kind: Namespace| process.namespaces.contains(&kind);
    let shared = |kind: Namespace| kind == Namespace::Network && link == Link::Host;
    if !Namespace::ALL
        .into_iter()
        .all(|kind| has(kind) != shared(kind))
    {
        return broken("the sandbox shares a namespace");
    }
    let inner = &process.inner_namespaces;
    let is_capable = !process.capabilities.is_empty();
    if is_capable == inner.is_empty() || is_capable && !inner.contains(&Namespace::User) {
        return broken("capabilities and namespaces of the program's own do not go together");
    }
    if process.grace.is_zero() || !matches!(process.host_name.len(), 1..=64) {
        return broken("there is no grace, or no host name");
    }
    if process.limits.iter().any(|limit| limit.soft > limit.hard) {
        return broken("a limit is above what it can be raised to");
    }
    let mut resources = BTreeSet::new();
    if let Some(twice) = process
        .limits
        .iter()
        .find(|limit| !resources.insert(limit.resource.name()))
    {
        return broken(format!("two limits of {}", twice.resource.name()));
    }
    Ok(())
}

/// Rule 17.
fn landlock(ir: &Ir) -> Result<(), Broken> {
    let levels = &ir.landlock.levels;
    if levels.is_empty() || levels.iter().any(|level| level.fs == 0) {
        return broken("Landlock does not restrict files");
    }
    let is_read_only = |step: &&Step| {
        let attributes = step.attributes;
        matches!(step.action, Action::Bind { .. }) && attributes.read_only && attributes.no_dev
    };
    let read_only: BTreeSet<&str> = ir
        .steps
        .iter()
        .filter(is_read_only)
        .map(|step| step.target.as_str())
        .collect();
    for path in &ir.landlock.paths {
        if path.access & landlock_fs::WRITE_FILE != 0 && read_only.contains(path.path.as_str()) {
            return broken(format!("Landlock allows writing to {}", path.path));
        }
    }
    Ok(())
}

/// Rule 8: a directory that could be renamed with a mount point below it: one right above a step, where
/// the nearest mount above is a writable tree of the host. A pin is a mount of that same tree, and
/// a step itself.
fn unpinned(ir: &Ir) -> Option<&str> {
    let steps: BTreeMap<&str, &Step> = ir
        .steps
        .iter()
        .map(|step| (step.target.as_str(), step))
        .collect();
    let is_mount = |step: &&&Step| !matches!(step.action, Action::Pin);
    // What a pattern matches is pinned when it is known.
    let is_path = |step: &&Step| !matches!(step.action, Action::Matches { .. });
    ir.steps.iter().filter(is_path).find_map(|step| {
        let mut above = step
            .target
            .rmatch_indices('/')
            .filter_map(|(at, _)| step.target.get(..at))
            .filter(|path| !path.is_empty());
        let parent = above.clone().next()?;
        let nearest = above.find_map(|path| steps.get(path).filter(is_mount))?;
        (nearest.is_writable_bind() && !steps.contains_key(parent)).then_some(parent)
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
