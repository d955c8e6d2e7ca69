//! What the findings of one document are looked up in, and where they go.

use super::json_schema::Schema;
use crate::diagnostics::{Applicability, Diagnostic, Meant, Sink};
use crate::parse::Document;
use serde_json::Value;

/// What the findings of one document are looked up in, and where they go.
pub(super) struct Report<'r> {
    pub(super) schema: &'r Schema,
    pub(super) document: &'r Document,
    pub(super) json: &'r Value,
    pub(super) sink: &'r mut Sink,
}

impl Report<'_> {
    /// A finding with the word that was meant: in its help, and as a fix of the finding's span unless
    /// the text at `pointer` stands in several places of the document.
    pub(super) fn suggest(&self, pointer: &str, found: Diagnostic, meant: Meant<'_>) -> Diagnostic {
        let Meant { word, certain } = meant;
        let span = found.span;
        let found = found.with_help(format!("did you mean `{word}`?"));
        if self.document.is_shared(pointer) {
            return found;
        }
        let applicability = if certain {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        };
        found.with_fix(applicability, format!("write `{word}`"), span, word)
    }
}

/// A key as a step of a JSON pointer (RFC 6901).
pub(crate) fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
