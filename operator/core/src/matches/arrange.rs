//! Steps for what patterns match, among the steps that a plan has. They are what the compiler makes of a path that a
//! policy names: what lies in an output path is protected, and the directories on the way to it are pinned.

use super::error::{MatchError, MatchProblem};
use purple_plan::{Mount, MountKind, Plan, mount_attrs, mount_flags};
use purple_report::Visible;
use std::collections::{BTreeMap, BTreeSet};

/// What is done to each path that a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is covered.
    Hide,
    /// It is read-only.
    Keep,
}

/// What the plan has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Existing {
    /// Something of the host.
    Share { writable: bool },
    /// What is hidden or kept as it is, a pattern's like others.
    Covered(Effect),
    /// A directory that cannot be renamed.
    Pin,
    /// Anything else of the sandbox's own.
    Own,
}

/// A path that a pattern matches.
#[derive(Debug, Clone, Copy)]
struct Match<'a> {
    effect: Effect,
    is_directory: bool,
    /// The pattern's step.
    pattern: Mount<'a>,
}

/// The paths inside that have a step.
pub(super) struct Layout<'p, 'a> {
    plan: &'p Plan<'a>,
    existing: BTreeMap<Vec<u8>, Existing>,
    found: BTreeMap<Vec<u8>, Match<'a>>,
}

/// Steps for what was found, without their targets, and the targets of those that they take the place of.
#[derive(Default)]
pub(super) struct Changes<'a> {
    pub(super) added: BTreeMap<Vec<u8>, Mount<'a>>,
    dropped: BTreeSet<Vec<u8>>,
}

impl Effect {
    /// That of a pattern; `None` for any other step.
    pub(super) const fn of(step: &Mount<'_>) -> Option<Self> {
        match step.kind {
            MountKind::MaskMatches => Some(Self::Hide),
            MountKind::SelfBindMatches => Some(Self::Keep),
            _ => None,
        }
    }
}

impl Existing {
    const fn of(step: &Mount<'_>) -> Self {
        match step.kind {
            MountKind::Bind => Self::Share {
                writable: step.flags & mount_flags::OWNED != 0,
            },
            MountKind::Mask => Self::Covered(Effect::Hide),
            MountKind::SelfBind if step.flags & mount_flags::STUBS != 0 => {
                Self::Covered(Effect::Keep)
            }
            MountKind::SelfBind => Self::Pin,
            _ => Self::Own,
        }
    }
}

impl<'p, 'a> Layout<'p, 'a> {
    pub(super) fn of(plan: &'p Plan<'a>) -> Self {
        let steps = plan.mounts.iter();
        let existing = steps
            .filter(|step| Effect::of(step).is_none())
            .map(|step| (step.target.to_bytes().to_owned(), Existing::of(&step)))
            .collect();
        Self {
            plan,
            existing,
            found: BTreeMap::new(),
        }
    }

    /// Adds what a pattern matches. What is to be hidden is hidden, whatever else matches it.
    pub(super) fn add(&mut self, path: Vec<u8>, is_directory: bool, pattern: Mount<'a>) {
        let Some(effect) = Effect::of(&pattern) else {
            return;
        };
        let is_weaker = |known: &Match<'_>| known.effect == Effect::Keep && effect == Effect::Hide;
        if self.found.get(&path).is_none_or(is_weaker) {
            let one = Match {
                effect,
                is_directory,
                pattern,
            };
            self.found.insert(path, one);
        }
    }

    /// The steps for all that was added.
    pub(super) fn changes(&self) -> Result<Changes<'a>, MatchError> {
        let mut changes = Changes::default();
        for (path, one) in &self.found {
            let (top, writable) = match self.above(path) {
                Above::Covered(covered)
                    if covered == Effect::Hide || one.effect == Effect::Keep =>
                {
                    continue;
                }
                Above::Covered(_) => (None, false),
                Above::Share { top, writable } => (Some(top), writable),
            };
            if !writable && one.effect == Effect::Keep {
                continue;
            }
            if !self.replaces(path, one, &mut changes)? {
                continue;
            }
            changes
                .added
                .insert(path.clone(), step(path, one, writable));
            for directory in top
                .filter(|_| writable)
                .into_iter()
                .flat_map(|top| between(top, path))
            {
                if !self.existing.contains_key(directory) {
                    changes.added.insert(directory.to_owned(), pin(one));
                }
            }
        }
        Ok(changes)
    }

    /// What lies over a path: the nearest thing that hides, keeps or shows it.
    fn above<'s>(&'s self, path: &'s [u8]) -> Above<'s> {
        for directory in parents(path) {
            if let Some(one) = self.found.get(directory) {
                return Above::Covered(one.effect);
            }
            match self.existing.get(directory) {
                Some(Existing::Covered(effect)) => return Above::Covered(*effect),
                Some(Existing::Share { writable }) => {
                    return Above::Share {
                        top: directory,
                        writable: *writable,
                    };
                }
                Some(Existing::Pin | Existing::Own) | None => {}
            }
        }
        // A share was found by its own path.
        Above::Share {
            top: path,
            writable: false,
        }
    }

    /// Whether a match gets a step. Notes which steps that it takes the place of.
    fn replaces(
        &self,
        path: &[u8],
        one: &Match<'a>,
        changes: &mut Changes<'a>,
    ) -> Result<bool, MatchError> {
        let refused = |problem| MatchError::pattern(self.plan, &one.pattern, problem);
        let shown = |path: &[u8]| Visible(path).to_string();
        match self.existing.get(path) {
            None => {}
            Some(Existing::Covered(effect)) if *effect == Effect::Hide || *effect == one.effect => {
                return Ok(false);
            }
            Some(Existing::Covered(_) | Existing::Pin) => {
                changes.dropped.insert(path.to_owned());
            }
            Some(Existing::Share { .. } | Existing::Own) => {
                return Err(refused(MatchProblem::Listed(shown(path))));
            }
        }
        let mut below = path.to_owned();
        below.push(b'/');
        let lower = self.existing.range(below.clone()..);
        for (lower, existing) in lower.take_while(|(lower, _)| lower.starts_with(&below)) {
            match existing {
                // What is hidden of what is kept stays hidden.
                Existing::Covered(Effect::Hide) if one.effect == Effect::Keep => {}
                Existing::Covered(_) | Existing::Pin => {
                    changes.dropped.insert(lower.clone());
                }
                Existing::Share { .. } | Existing::Own => {
                    let problem = MatchProblem::ListedBelow(shown(path), shown(lower));
                    return Err(refused(problem));
                }
            }
        }
        Ok(true)
    }
}

/// What lies over a path.
enum Above<'s> {
    /// It is hidden or kept.
    Covered(Effect),
    /// It is shown from here on.
    Share { top: &'s [u8], writable: bool },
}

impl Changes<'_> {
    /// All steps, in order: those of the tree are sorted by their targets, and so are these.
    pub(super) fn merged<'m>(&self, plan: &Plan<'m>, added: Vec<Mount<'m>>) -> Vec<Mount<'m>> {
        let mut added = added.into_iter().peekable();
        let mut merged = Vec::new();
        for (index, step) in plan.mounts.iter().enumerate() {
            let is_pattern = Effect::of(&step).is_some();
            let target = step.target.to_bytes();
            // Behind the first step, which makes the root, and before the first pattern.
            while index > 0
                && let Some(next) =
                    added.next_if(|one| is_pattern || one.target.to_bytes() < target)
            {
                merged.push(next);
            }
            let is_dropped = matches!(step.kind, MountKind::Mask | MountKind::SelfBind)
                && self.dropped.contains(target);
            if !is_pattern && !is_dropped {
                merged.push(step);
            }
        }
        merged
    }
}

/// A step without its target.
fn step<'a>(path: &[u8], one: &Match<'a>, writable: bool) -> Mount<'a> {
    let kind = match one.effect {
        Effect::Hide => MountKind::Mask,
        Effect::Keep => MountKind::SelfBind,
    };
    // What has gone when the run starts gets a stub, as a path that the policy names.
    let stub = match one.is_directory {
        _ if !path.split(|&byte| byte == b'/').any(|name| name == b".git") => {
            mount_flags::STUB_SOCKET
        }
        true => mount_flags::STUB_DIRECTORY,
        false => mount_flags::STUB_FILE,
    };
    let flags = if writable {
        mount_flags::RECURSIVE | stub
    } else {
        mount_flags::OPTIONAL
    };
    Mount {
        kind,
        flags,
        ..one.pattern
    }
}

/// What keeps a directory above a match from being renamed, without its target.
const fn pin<'a>(one: &Match<'a>) -> Mount<'a> {
    Mount {
        kind: MountKind::SelfBind,
        flags: mount_flags::RECURSIVE | mount_flags::OPTIONAL,
        attrs: mount_attrs::NOSUID | mount_attrs::NODEV,
        ..one.pattern
    }
}

/// The directories above a path, the nearest first.
fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().rev();
    slashes
        .filter(|(at, byte)| **byte == b'/' && *at > 0)
        .filter_map(|(at, _)| path.get(..at))
}

/// The directories between two paths, both left out.
fn between<'p>(top: &'p [u8], path: &'p [u8]) -> impl Iterator<Item = &'p [u8]> {
    parents(path).take_while(move |directory| directory.len() > top.len())
}
