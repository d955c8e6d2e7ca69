//! A document against the schema of policies.

use super::expected::Expected;
use super::json_schema::Schema;
use super::{deprecated, duplicates, findings};
use crate::diagnostics::{Diagnostic, Sink};
use crate::parse::Document;
use purple_policy::DEPRECATED_SPELLINGS;

/// Checks a document against the schema, and gives it as JSON; `None`
/// where it does not fit.
pub(crate) fn check(document: &mut Document, sink: &mut Sink) -> Option<serde_json::Value> {
    deprecated::rename(document, sink);
    let json = document.to_json();
    let Some(schema) = Schema::of_policies() else {
        sink.push(Diagnostic::error(
            "internal-schema",
            document.span(""),
            "the compiler's own schema cannot be used; this is a defect of the compiler",
        ));
        return None;
    };
    let fits = !findings::report(schema, document, &json, sink);
    duplicates::report(document, sink);
    fits.then_some(json)
}

/// The keys of the mapping at a JSON pointer, in the order of the schema, each followed by its deprecated
/// spellings; empty where the schema names none.
pub(crate) fn key_order(pointer: &str) -> Vec<&'static str> {
    let Some(schema) = Schema::of_policies() else {
        return Vec::new();
    };
    let expected = Expected::at(schema, pointer);
    let mut keys = Vec::new();
    for key in expected.keys() {
        let deprecated = DEPRECATED_SPELLINGS
            .iter()
            .filter(|it| it.preferred == key)
            .map(|it| it.deprecated);
        keys.push(key);
        keys.extend(deprecated);
    }
    keys
}

/// What a document says, under preferred spellings: two texts mean the same where it is equal.
pub(crate) fn meaning(document: &Document) -> serde_json::Value {
    let mut document = document.clone();
    deprecated::rename(&mut document, &mut Sink::new());
    document.to_json()
}
