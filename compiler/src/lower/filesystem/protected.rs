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
        // What the policy itself says of a path, or of one above it, goes before a group. What it puts below is applied
        // after the group's path, and lies on top of it.
        let upper = tree
            .nearest(&path.inside)
            .map(|(_, planned)| planned.is_writable_bind());
        if upper != Some(true) {
            continue;
        }
        if tree.has(&path.inside) {
            continue;
        }
        tree.remove_kept_below(&path.inside);
        if tree.below(&path.inside).is_some() && path.origin == (Origin::OtherView { named: true })
        {
            in_the_way(tree, path, sink);
        } else {
            let mut planned = planned(path);
            if tree.hides_below(&path.inside) {
                // Where the directory is missing on the host, both take effect at what stands for it.
                planned.attributes = FIXED;
            }
            tree.add(&path.inside, planned);
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
        "{} is another name of a protected path, and the policy puts something into it",
        quote(&path.inside)
    );
    let mut found = Diagnostic::error("kept-also-writable", path.span.unwrap_or_default(), message)
        .with_help("show the directory once, or use another path for that entry");
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
                .with_help("leave it out: the entry for the other path decides");
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
            let message = format!("{} is in a path that is masked already", quote(path));
            let mut found = Diagnostic::error("below-masked-path", span, message)
                .with_help("leave it out, or mask less above it");
            if let Some(named) = above.named {
                found = found.with_related(named, "masked by this entry");
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
            let message = format!("no path of the host is shown at {}", quote(path));
            sink.push(
                Diagnostic::error("nothing-to-mask", span, message).with_help(
                    "mask a path in an immutable path, an output path, `/proc` or `/sys`",
                ),
            );
            return None;
        }
    };
    if let Some((below, planned)) = tree.below(path).filter(|_| !refused) {
        let message = format!("{} is below a masked path", quote(below));
        sink.push(
            Diagnostic::error("below-masked-path", planned.named.unwrap_or(span), message)
                .with_help("use another path, or mask less")
                .with_related(span, "masked by this entry"),
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
