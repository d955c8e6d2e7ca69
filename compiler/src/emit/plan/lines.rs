//! The policy lines of the spans that a plan cites.

use crate::source::{Sources, Span};
use purple_plan::SourceLine;

/// The texts that spans are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'s>(pub(super) &'s Sources);

impl Lines<'_> {
    /// The line of a span; none for what the policy does not say.
    pub(super) fn of(self, span: Option<Span>) -> SourceLine {
        span.map_or(SourceLine::NONE, |span| {
            SourceLine::new(span.file, self.0.line(span))
        })
    }
}
