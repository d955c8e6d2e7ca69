//! The steps for what is hidden, and for what is kept as it is in writable directories.

mod pattern;

use super::attributes::{FIXED, READ_ONLY};
use super::own::{self, MASKED, MASKED_BELOW, RESERVED};
use super::tree::{PlannedPath, Tree, is_within};
use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::ir::{Action, Step};
use crate::resolve::{Filesystem, Masked, Origin, Protected, is_pattern};
use pattern::Patterns;

/// What is not in the tree, in the order in which it is applied.
pub(super) struct OtherSteps {
    /// What is hidden or kept of what patterns match. It goes after the tree.
    pub(super) matches: Vec<Step>,
    /// What is hidden of `/proc` and `/sys`. It goes after them.
    pub(super) kernel: Vec<Step>,
}

/// Puts protected paths and masks into the tree, which has everything else.
pub(super) fn put(tree: &mut Tree, wanted: &Filesystem, sink: &mut Sink) -> OtherSteps {
    let mut kernel = Vec::new();
    let mut patterns = Patterns::default();
    for masked in &wanted.masked {
        if is_pattern(&masked.inside) {
            patterns.hide(tree, masked, sink);
        } else {
            kernel.extend(mask(tree, masked, sink));
        }
    }
    let (named, others): (Vec<_>, Vec<_>) = wanted
        .protected
        .iter()
        .partition(|path| path.origin == Origin::Named);
    for path in named {
        if is_pattern(&path.inside) {
            patterns.keep(path, sink);
        } else {
            protect(tree, path, sink);
        }
    }
    for path in others {
        // What the policy itself says of a path, or of one above or below it, goes before a group.
        let upper = tree
            .nearest(&path.inside)
            .map(|(_, planned)| planned.is_writable_bind());
        if upper != Some(true) {
            continue;
        }
        if !tree.is_used(&path.inside) {
            tree.add(&path.inside, planned(path));
        } else if !tree.has(&path.inside) && path.origin == (Origin::OtherView { named: true }) {
            in_the_way(tree, path, sink);
        }
    }
    OtherSteps {
        matches: patterns.into_steps(),
        kernel,
    }
}

fn planned(path: &Protected) -> PlannedPath {
    let action = Action::Protect {
        hidden: false,
        stub: path.stub.clone(),
    };
    PlannedPath {
        cited: path.span,
        named: path.span,
        ..PlannedPath::new(action, READ_ONLY)
    }
}

/// A path that is kept as it is in another view of its directory, and here has something below it.
fn in_the_way(tree: &Tree, path: &Protected, sink: &mut Sink) {
    let message = format!(
        "{} is another name of a path that is kept as it is, and the policy puts something into it",
        quote(&path.inside)
    );
    let mut found = Diagnostic::error("kept-also-writable", path.span.unwrap_or_default(), message)
        .with_help("show the directory once, or put that elsewhere");
    if let Some(below) = tree.below(&path.inside).and_then(|(_, below)| below.named) {
        found = found.with_related(below, "put here");
    }
    sink.push(found);
}

/// Keeps a path that the policy names as it is.
fn protect(tree: &mut Tree, path: &Protected, sink: &mut Sink) {
    match tree.nearest(&path.inside) {
        Some((upper, above)) if !above.is_writable_bind() => {
            let span = path.span.unwrap_or_default();
            let message = format!(
                "{} lies in {}, which is not writable from the host",
                quote(&path.inside),
                quote(upper)
            );
            let mut found = Diagnostic::error("duplicate-path", span, message)
                .with_help("leave it out: what is said of the other path decides");
            if let Some(named) = above.named {
                found = found.with_related(named, "used here first");
            }
            sink.push(found);
        }
        _ => tree.put(&path.inside, planned(path), sink),
    }
}

/// Whether every sandbox hides a path of the kernel's.
pub(crate) fn hidden_anyway(path: &str) -> bool {
    let mut all = MASKED.iter().chain(&MASKED_BELOW);
    all.any(|tree| is_within(path, tree))
}

/// Hides a path.
fn mask(tree: &mut Tree, masked: &Masked, sink: &mut Sink) -> Option<Step> {
    let (path, span) = (&masked.inside, masked.span);
    if ["/proc/", "/sys/"]
        .iter()
        .any(|kernel| path.starts_with(kernel))
    {
        return (!hidden_anyway(path)).then(|| own::mask(path, Some(span)));
    }
    // The tree itself says what is wrong with these.
    let refused =
        path == "/" || RESERVED.iter().any(|tree| is_within(path, tree)) || tree.has(path);
    let nearest = tree.nearest(path).map(|(_, planned)| planned);
    let action = match nearest.map(|planned| (planned, &planned.action)) {
        _ if refused => Action::Mask,
        Some((above, Action::Mask | Action::Protect { .. })) => {
            let message = format!("{} lies in a path that is hidden already", quote(path));
            let mut found = Diagnostic::error("below-masked-path", span, message)
                .with_help("leave it out, or hide less above it");
            if let Some(named) = above.named {
                found = found.with_related(named, "hidden from here on");
            }
            sink.push(found);
            return None;
        }
        Some((above, _)) if above.is_writable_bind() => Action::Protect {
            hidden: true,
            stub: masked.stub.clone(),
        },
        Some((_, Action::Bind { .. })) => Action::Mask,
        _ => {
            let message = format!("there is nothing of the host at {}", quote(path));
            sink.push(Diagnostic::error("nothing-to-mask", span, message).with_help(
                "hide what lies in an immutable path, in an output path, in `/proc` or in `/sys`",
            ));
            return None;
        }
    };
    if let Some((below, planned)) = tree.below(path).filter(|_| !refused) {
        let message = format!("{} is hidden by what is above it", quote(below));
        sink.push(
            Diagnostic::error("below-masked-path", planned.named.unwrap_or(span), message)
                .with_help("put it elsewhere, or hide less")
                .with_related(span, "hidden from here on"),
        );
        return None;
    }
    let planned = PlannedPath {
        // In a tree that nothing inside can write to, what is missing stays missing.
        optional: action == Action::Mask,
        cited: Some(span),
        named: Some(span),
        ..PlannedPath::new(action, FIXED)
    };
    tree.put(path, planned, sink);
    None
}
