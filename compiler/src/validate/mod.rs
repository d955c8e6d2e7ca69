//! Stage 3: document to typed policy.
//!
//! Older spellings get their preferred names first, so that everything after them sees one name
//! for one thing. Then the JSON Schema that editors use finds every key and value that cannot be,
//! and its findings are put into words with their exact places. What is left fits the types.
//!
//! A key without a value (`allow:` and nothing after it, `null`, `~`) is an error, not an absent
//! key: whether its author meant "none" or "the default" cannot be seen, and the two may differ.

mod expect;
mod keys;
mod names;
mod older;
mod remainder;
mod schema;
mod twice;
mod values;

pub use names::schema as editor_schema;
pub(crate) use remainder::remainder;

use crate::diagnostics::{Diagnostic, Sink};
use crate::parse::Document;
use expect::Expected;
use purple_policy::{OLDER_SPELLINGS, Policy};
use schema::Schema;

/// Checks a document and gives it types. The document's older spellings are renamed on the way, so
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

/// Checks a document against the schema, as [`validate`] does first, and gives it as JSON; `None`
/// where it does not fit.
pub(crate) fn check(document: &mut Document, sink: &mut Sink) -> Option<serde_json::Value> {
    older::rename(document, sink);
    let json = document.to_json();
    let Some(schema) = Schema::of_policies() else {
        sink.push(Diagnostic::error(
            "internal-schema",
            document.span(""),
            "the compiler's own schema cannot be used; this is a defect of the compiler",
        ));
        return None;
    };
    let fits = !schema.report(document, &json, sink);
    twice::report(document, sink);
    fits.then_some(json)
}

/// The keys of the mapping at a JSON pointer, in the order of the schema, each followed by its older
/// spellings; empty where the schema names none.
pub(crate) fn key_order(pointer: &str) -> Vec<&'static str> {
    let Some(schema) = Schema::of_policies() else {
        return Vec::new();
    };
    let expected = Expected::at(schema, pointer);
    let mut keys = Vec::new();
    for key in expected.keys() {
        let older = OLDER_SPELLINGS
            .iter()
            .filter(|it| it.preferred == key)
            .map(|it| it.older);
        keys.push(key);
        keys.extend(older);
    }
    keys
}

/// What a document says, under preferred spellings: two texts of which it is equal mean the same.
pub(crate) fn meaning(document: &Document) -> serde_json::Value {
    let mut document = document.clone();
    older::rename(&mut document, &mut Sink::new());
    document.to_json()
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
        let step = match segment {
            serde_path_to_error::Segment::Seq { index } => index.to_string(),
            serde_path_to_error::Segment::Map { key } => key.clone(),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => {
                break;
            }
        };
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
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
mod forms_tests;
#[cfg(test)]
mod tests;
