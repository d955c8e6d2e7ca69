//! Stage 1: bytes to a spanned document.
//!
//! One YAML document, read by libyaml's scanner, with what a policy has no use for and what readers
//! of YAML disagree about refused: duplicate and merge keys, tags, directives, several documents,
//! ambiguous plain scalars, invisible characters. Everything found goes to the sink; only a syntax
//! error and the caps on size, depth and aliases end the reading.

mod build;
mod document;
mod events;
mod graft;
mod limits;
mod report;
mod scalar;
mod text;
mod write;

pub use document::Document;
pub use events::Style;
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_EXPANDED, MAX_NODES};
pub use scalar::resolve as resolve_scalar;
pub use text::decode;
pub use write::written;

pub(crate) use document::NodeId;
pub(crate) use events::{Event, EventKind, Events};
pub(crate) use scalar::is_plain_text;
pub(crate) use write::{needs_quotes, quoted};

use crate::diagnostics::{Diagnostic, Sink};
use crate::source::{Source, Span};

/// Reads a policy's text. A document comes back wherever there is a tree to look at, so that later
/// stages can report too; whether it may be compiled is the sink's to say.
pub fn parse(source: &Source, sink: &mut Sink) -> Option<Document> {
    if source.text.len() > MAX_BYTES {
        sink.push(
            Diagnostic::error(
                "input-too-large",
                Span::new(0, 0),
                "the policy is larger than 1 MiB, the limit for a policy",
            )
            .with_help("split the policy, or remove generated parts"),
        );
        return None;
    }
    let checked = text::check(&source.text, sink);
    build::build(&checked, sink)
}

#[cfg(test)]
mod tests;
