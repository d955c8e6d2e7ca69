//! The steps for what patterns match. Which paths these are is known when a run starts: the step says the pattern.

use super::super::attributes::{FIXED, READ_ONLY};
use super::super::own::RESERVED;
use super::super::tree::{Tree, is_within};
use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::ir::{Action, Step};
use crate::resolve::{Masked, Protected, is_pattern};
use crate::source::Span;

/// The patterns, in their order; what is hidden comes first.
#[derive(Default)]
pub(super) struct Patterns(Vec<Step>);

impl Patterns {
    /// Hides what a pattern matches.
    pub(super) fn hide(&mut self, tree: &Tree, masked: &Masked, sink: &mut Sink) {
        let (pattern, span) = (&masked.inside, masked.span);
        let above = directory(pattern);
        let shown = tree.at_or_above(above);
        let of_kernel = RESERVED.iter().any(|tree| is_within(above, tree));
        if of_kernel || !shown.is_some_and(|planned| matches!(planned.action, Action::Bind { .. }))
        {
            let message = format!("no path of the host is shown at {}", quote(above));
            sink.push(Diagnostic::error("nothing-to-mask", span, message).with_help(
                "begin the pattern with a path that is listed under `immutable_paths` or `output_paths`",
            ));
            return;
        }
        self.add(pattern, true, span, sink);
    }

    /// Keeps what a pattern in an output path matches as it is.
    pub(super) fn keep(&mut self, path: &Protected, sink: &mut Sink) {
        self.add(&path.inside, false, path.span.unwrap_or_default(), sink);
    }

    fn add(&mut self, pattern: &str, hidden: bool, span: Span, sink: &mut Sink) {
        let action = Action::Matches { hidden };
        let twice = |known: &&Step| known.target == pattern && known.action == action;
        if let Some(first) = self.0.iter().find(twice) {
            let message = format!("{} is used twice", quote(pattern));
            let mut found = Diagnostic::error("duplicate-path", span, message)
                .with_help("each path inside has one meaning: remove one, or change it");
            if let Some(first) = first.span {
                found = found.with_related(first, "used here first");
            }
            sink.push(found);
            return;
        }
        self.0.push(Step {
            action,
            target: pattern.to_owned(),
            attributes: if hidden { FIXED } else { READ_ONLY },
            optional: false,
            existing: false,
            span: Some(span),
        });
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.0
    }
}

/// The directory below which all lies that a pattern matches.
fn directory(pattern: &str) -> &str {
    let names = pattern.match_indices('/').map(|(at, _)| at);
    let mut upper = names.filter_map(|at| pattern.get(..at));
    let last = upper.by_ref().take_while(|path| !is_pattern(path)).last();
    last.filter(|path| !path.is_empty()).unwrap_or("/")
}
