//! What goes where in the file system, before it becomes steps.

use super::attributes::PLAIN;
use super::own::RESERVED;
use crate::diagnostics::{Applicability, Diagnostic, Sink, quote};
use crate::ir::{Action, Attributes, Step};
use crate::source::Span;
use std::collections::BTreeMap;

/// What goes where, by path: a path comes before what lies below it.
#[derive(Default)]
pub(super) struct Tree {
    paths: BTreeMap<String, PlannedPath>,
}

/// What is to be at a path.
pub(super) struct PlannedPath {
    pub(super) action: Action,
    pub(super) attributes: Attributes,
    /// Whether it is left out where the host has it not.
    pub(super) optional: bool,
    /// The line that a message at run time cites.
    pub(super) cited: Option<Span>,
    /// Where the policy names the path inside.
    pub(super) named: Option<Span>,
}

impl PlannedPath {
    /// What no line of the policy asks for.
    pub(super) const fn new(action: Action, attributes: Attributes) -> Self {
        Self {
            action,
            attributes,
            optional: false,
            cited: None,
            named: None,
        }
    }

    /// Whether it shows something of the host that a program can write to.
    pub(super) const fn is_writable_bind(&self) -> bool {
        matches!(self.action, Action::Bind { .. }) && !self.attributes.read_only
    }

    /// Whether it is a link or a file of the sandbox's own.
    const fn is_link_or_file(&self) -> bool {
        matches!(self.action, Action::Symlink(_) | Action::File { .. })
    }
}

impl Tree {
    /// What the policy asks for: an error where it cannot be.
    pub(super) fn put(&mut self, path: &str, what: PlannedPath, sink: &mut Sink) {
        let place = what.named.unwrap_or_default();
        if path == "/" {
            sink.push(
                Diagnostic::error("reserved-path", place, "nothing can be put at `/` itself")
                    .with_help("the root is the sandbox's own; name the directories below it"),
            );
            return;
        }
        if let Some(tree) = RESERVED.iter().find(|tree| is_within(path, tree)) {
            let message = format!("nothing can be put into `{tree}`: every sandbox has its own");
            sink.push(
                Diagnostic::error("reserved-path", place, message)
                    .with_help("leave it out, or give it a path outside of this tree"),
            );
            return;
        }
        if let Some(first) = self.paths.get(path) {
            let message = format!("{} is used twice", quote(path));
            let mut diagnostic = Diagnostic::error("duplicate-path", place, message)
                .with_help("each path inside has one meaning: remove one, or change it");
            let both = [&first.action, &what.action];
            if both
                .iter()
                .all(|action| matches!(action, Action::Tmpfs { .. }))
            {
                // Two scratch directories, which are alike.
                diagnostic = diagnostic.with_item_removed(Applicability::Safe, place);
            }
            if let Some(first) = first.named {
                diagnostic = diagnostic.with_related(first, "used here first");
            }
            sink.push(diagnostic);
            return;
        }
        self.paths.insert(path.to_owned(), what);
    }

    /// What every sandbox has, unless the policy puts something there or above it.
    pub(super) fn offer(&mut self, path: &str, planned: PlannedPath) {
        let hides = |planned: &PlannedPath| !planned.is_link_or_file();
        let covered = self.paths.get(path).is_some_and(hides)
            || self.above(path).any(|(_, planned)| hides(planned));
        if !covered {
            self.paths.entry(path.to_owned()).or_insert(planned);
        }
    }

    /// Whether there is something at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains_key(path)
    }

    /// What there is at a path, or else the nearest thing above it.
    pub(super) fn at_or_above<'t>(&'t self, path: &'t str) -> Option<&'t PlannedPath> {
        let above = || self.nearest(path).map(|(_, planned)| planned);
        self.paths.get(path).or_else(above)
    }

    /// Puts something where there is nothing yet.
    pub(super) fn add(&mut self, path: &str, planned: PlannedPath) {
        self.paths.insert(path.to_owned(), planned);
    }

    /// Whether there is something at a path or below it.
    pub(super) fn is_used(&self, path: &str) -> bool {
        self.paths.contains_key(path) || self.below(path).is_some()
    }

    /// The first thing below a path.
    pub(super) fn below(&self, path: &str) -> Option<(&str, &PlannedPath)> {
        self.all_below(path).next()
    }

    /// What lies below a path, in order.
    fn all_below(&self, path: &str) -> impl Iterator<Item = (&str, &PlannedPath)> {
        let below = format!("{path}/");
        let lower = self.paths.range(below.clone()..);
        lower
            .map(|(at, planned)| (at.as_str(), planned))
            .take_while(move |(at, _)| at.starts_with(&below))
    }

    /// Whether something below a path is hidden.
    pub(super) fn hides_below(&self, path: &str) -> bool {
        self.all_below(path).any(|(_, planned)| {
            matches!(
                planned.action,
                Action::Mask | Action::Protect { hidden: true, .. }
            )
        })
    }

    /// Takes out what is kept as it is below a path: all of the path will be.
    pub(super) fn remove_kept_below(&mut self, path: &str) {
        let is_kept =
            |planned: &PlannedPath| matches!(planned.action, Action::Protect { hidden: false, .. });
        let kept = self.all_below(path).filter(|(_, planned)| is_kept(planned));
        let kept: Vec<String> = kept.map(|(at, _)| at.to_owned()).collect();
        for at in kept {
            self.paths.remove(&at);
        }
    }

    /// What lies above a path, the nearest first.
    fn above<'t>(&'t self, path: &'t str) -> impl Iterator<Item = (&'t str, &'t PlannedPath)> {
        path.rmatch_indices('/')
            .filter_map(|(at, _)| path.get(..at))
            .filter_map(|parent| Some((parent, self.paths.get(parent)?)))
    }

    /// What decides about a path: the nearest thing above it.
    pub(super) fn nearest<'t>(&'t self, path: &'t str) -> Option<(&'t str, &'t PlannedPath)> {
        self.above(path).next()
    }

    /// What is protected in a writable tree of the host must be there: a program could make what
    /// is missing, and the next run would find it.
    pub(super) fn refuse_optional(&self, sink: &mut Sink) {
        for (path, planned) in &self.paths {
            let optional = planned.optional
                && planned.attributes.read_only
                && matches!(planned.action, Action::Bind { .. });
            let upper = self.nearest(path).map(|(_, upper)| upper);
            let Some(upper) = upper.filter(|upper| optional && upper.is_writable_bind()) else {
                continue;
            };
            let message = format!(
                "{} is optional and is in an output path: if it is missing, the program can create it",
                quote(path)
            );
            let at = planned.named.unwrap_or_default();
            let mut diagnostic = Diagnostic::error("optional-below-output", at, message)
                .with_help("leave out `optional`, so that it must exist, or use a path outside the output path");
            if let Some(upper) = upper.named {
                diagnostic = diagnostic.with_related(upper, "made writable by this entry");
            }
            sink.push(diagnostic);
        }
    }

    /// Keeps the links of a merged-usr system, where the policy shows such a directory by its own name beside `/usr`: on
    /// a host that has the link, the link to `/usr` shows the same and needs no mount. Where something is put below the
    /// directory it stays a mount, because no target leads through a link.
    pub(super) fn keep_links(&mut self, names: &[&str]) {
        let shows = |planned: Option<&PlannedPath>, path: &str| {
            planned.is_some_and(|planned| {
                let read_only = planned.attributes.read_only;
                read_only
                    && matches!(&planned.action, Action::Bind { source, .. } if source == path)
            })
        };
        if !shows(self.paths.get("/usr"), "/usr") {
            return;
        }
        for name in names {
            let path = format!("/{name}");
            // What the policy puts at or below the link's target would stand at the directory too.
            let is_changed = self.below(&path).is_some() || self.is_used(&format!("/usr{path}"));
            if is_changed || !shows(self.paths.get(&path), &path) {
                continue;
            }
            if let Some(PlannedPath {
                action: Action::Bind { link, .. },
                optional: true,
                ..
            }) = self.paths.get_mut(&path)
            {
                *link = Some(format!("usr/{name}"));
            }
        }
    }

    /// Pins the directories on the way from a writable tree of the host to what is mounted below it.
    /// The kernel lets nobody rename a mount point, but it does let them rename its parent.
    fn pin(&mut self) {
        let mut pins = Vec::new();
        for (path, planned) in &self.paths {
            let upper = self.nearest(path);
            if let Some((upper, _)) = upper.filter(|(_, planned)| planned.is_writable_bind()) {
                let pin = |dir: &str| {
                    let pin = PlannedPath {
                        optional: true,
                        cited: planned.cited,
                        named: planned.named,
                        ..PlannedPath::new(Action::Pin, PLAIN)
                    };
                    (dir.to_owned(), pin)
                };
                pins.extend(between(upper, path).map(pin));
            }
        }
        self.paths.extend(pins);
    }

    /// The steps, parents first. A target below something of the host must exist there: making it
    /// would write to the host.
    pub(super) fn into_steps(mut self) -> Vec<Step> {
        self.pin();
        // The nearest thing above a path decides whom its directory belongs to.
        let existing: Vec<bool> = self
            .paths
            .keys()
            .map(|path| {
                let mut above = self.above(path).map(|(_, planned)| &planned.action);
                above
                    .find(|action| matches!(action, Action::Bind { .. } | Action::Tmpfs { .. }))
                    .is_some_and(|action| matches!(action, Action::Bind { .. }))
            })
            .collect();
        self.paths
            .into_iter()
            .zip(existing)
            .map(|((target, planned), existing)| Step {
                existing: existing
                    && !matches!(
                        planned.action,
                        Action::Pin | Action::Mask | Action::Protect { .. }
                    ),
                action: planned.action,
                target,
                attributes: planned.attributes,
                optional: planned.optional,
                span: planned.cited,
            })
            .collect()
    }
}

/// The directories between two paths, the upper one and the lower one left out.
pub(super) fn between<'p>(upper: &'p str, lower: &'p str) -> impl Iterator<Item = &'p str> {
    let ends = lower
        .match_indices('/')
        .map(|(at, _)| at)
        .filter(|at| *at > upper.len());
    ends.filter_map(|at| lower.get(..at))
}

/// Whether `path` is `tree` or lies below it.
pub(super) fn is_within(path: &str, tree: &str) -> bool {
    path.strip_prefix(tree)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
