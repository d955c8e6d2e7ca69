//! Stage 3: document to typed policy.
//!
//! The [schema](crate::schema) finds every key and value that cannot be. What is left fits the types.

use crate::diagnostics::{Diagnostic, Sink};
use crate::parse::Document;
use crate::schema::{Expected, Schema, check, step};
use purple_policy::Policy;

/// Checks a document and gives it types. The document's deprecated spellings are renamed on the way, so
/// that later stages find every place under the preferred name.
pub fn validate(document: &mut Document, sink: &mut Sink) -> Option<Policy> {
    let json = check(document, sink)?;
    match serde_path_to_error::deserialize::<_, Policy>(&json) {
        Ok(policy) => Some(policy),
        Err(error) => {
            let schema = Schema::of_policies()?;
            sink.push(residual(schema, document, &json, &error));
            None
        }
    }
}

/// A value that the schema accepts and the types do not, such as `100.0` for a whole number.
fn residual(
    schema: &Schema,
    document: &Document,
    json: &serde_json::Value,
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> Diagnostic {
    let mut pointer = String::new();
    for segment in error.path() {
        let key = match segment {
            serde_path_to_error::Segment::Seq { index } => index.to_string(),
            serde_path_to_error::Segment::Map { key } => key.clone(),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => {
                break;
            }
        };
        pointer.push('/');
        pointer.push_str(&step(&key));
    }
    let expected = Expected::at(schema, &pointer);
    let found = json.pointer(&pointer).unwrap_or(json);
    Diagnostic::error(
        "wrong-type",
        document.span(&pointer),
        expected.mismatch(found),
    )
}

#[cfg(test)]
mod tests;
