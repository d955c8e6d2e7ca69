//! Files that a policy contains: made by the executor, and nothing that the program can change.

use super::attributes::{PLAIN, READ_ONLY};
use super::tree::{PlannedPath, Tree, between};
use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::ir::{Action, Attributes, Step};
use crate::resolve::Filesystem;
use crate::source::Span;
use std::collections::BTreeMap;

/// Permission bits of a file, and of one that can be executed.
pub(super) const FILE_MODE: u32 = 0o644;
const PROGRAM_MODE: u32 = 0o755;

/// Puts the files into the tree, which has everything else that the policy shows.
pub(super) fn put(tree: &mut Tree, wanted: &Filesystem, sink: &mut Sink) {
    for file in &wanted.files {
        let mode = if file.executable {
            PROGRAM_MODE
        } else {
            FILE_MODE
        };
        let content = file.content.clone();
        let planned = PlannedPath {
            cited: Some(file.span),
            named: Some(file.span),
            ..PlannedPath::new(Action::File { content, mode }, Attributes::NONE)
        };
        tree.put(&file.inside, planned, sink);
    }
    for file in &wanted.files {
        refuse(tree, &file.inside, sink);
    }
}

/// A file cannot lie in a path of the host: making it would write there. And nothing lies below a file.
fn refuse(tree: &Tree, path: &str, sink: &mut Sink) {
    let file = tree.at_or_above(path).and_then(|planned| planned.named);
    let upper = tree.nearest(path).map(|(_, upper)| upper);
    if let Some(upper) = upper.filter(|upper| matches!(upper.action, Action::Bind { .. })) {
        let message = format!("{} is in a path that is shown from the host", quote(path));
        let help = "choose a path that is not below one of `immutable_paths` or `output_paths`";
        let mut found = Diagnostic::error("file-in-host-path", file.unwrap_or_default(), message)
            .with_help(help);
        if let Some(upper) = upper.named {
            found = found.with_related(upper, "shown by this entry");
        }
        sink.push(found);
    }
    if let Some((below, planned)) = tree.below(path) {
        let message = format!("{} is below {}, which is a file", quote(below), quote(path));
        let at = planned.named.or(file).unwrap_or_default();
        let mut found = Diagnostic::error("duplicate-path", at, message)
            .with_help("choose another path: a file has nothing below it");
        if let Some(file) = file {
            found = found.with_related(file, "the file");
        }
        sink.push(found);
    }
}

/// The steps that keep the files in scratch directories as they are, to be applied after the tree: a program owns such a directory
/// and what is in it. The root's own directories need none, because the root is read-only.
pub(super) fn kept(tree: &Tree, wanted: &Filesystem) -> Vec<Step> {
    let (mut pins, mut files) = (BTreeMap::new(), Vec::new());
    let step = |target: &str, action: Action, span: Option<Span>| Step {
        optional: action == Action::Pin,
        attributes: if action == Action::Pin {
            PLAIN
        } else {
            READ_ONLY
        },
        action,
        target: target.to_owned(),
        existing: false,
        span,
    };
    for file in &wanted.files {
        let upper = tree.nearest(&file.inside);
        let is_scratch = |upper: &PlannedPath| matches!(upper.action, Action::Tmpfs { .. });
        let Some((top, _)) = upper.filter(|(_, upper)| is_scratch(upper)) else {
            continue;
        };
        // A mount point cannot be renamed; the directories above it can.
        for dir in between(top, &file.inside) {
            pins.entry(dir.to_owned())
                .or_insert_with(|| step(dir, Action::Pin, Some(file.span)));
        }
        files.push(step(&file.inside, Action::ReadOnly, Some(file.span)));
    }
    pins.into_values().chain(files).collect()
}
