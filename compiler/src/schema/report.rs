//! What the findings of one document are looked up in, and where they go.

use super::json_schema::Schema;
use crate::diagnostics::Sink;
use crate::parse::Document;
use serde_json::Value;

/// What the findings of one document are looked up in, and where they go.
pub(super) struct Report<'r> {
    pub(super) schema: &'r Schema,
    pub(super) document: &'r Document,
    pub(super) json: &'r Value,
    pub(super) sink: &'r mut Sink,
}

/// A key as a step of a JSON pointer (RFC 6901).
pub(crate) fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
