//! The part of a policy that fits the schema, so that mistakes in its names and values are reported
//! together with what does not fit.

use super::json_schema::Schema;
use super::report::step;
use crate::parse::Document;
use jsonschema::error::ValidationErrorKind as Kind;
use purple_policy::Policy;
use serde_json::Value;

/// How often something is taken out: without it, something else may turn out not to fit.
const MAX_ROUNDS: usize = 4;

/// How many things are taken out in a round. A text with more of them has enough findings.
const MAX_REMOVED: usize = 1_000;

/// What stands for a policy's name where it has none: nothing that is looked at here depends on it.
const NAME: &str = "policy";

/// Takes out of a document what does not fit the schema, and gives the policy that is left, whose places are
/// those of the document; `None` where too much does not fit.
pub(crate) fn fitting(document: &mut Document) -> Option<Policy> {
    let schema = Schema::of_policies()?;
    for _ in 0..MAX_ROUNDS {
        let mut json = document.to_json();
        json.as_object_mut()?
            .entry("name")
            .or_insert_with(|| NAME.into());
        let mut removed: Vec<String> = nulls(&json);
        for error in schema.errors(&json).take(MAX_REMOVED) {
            let pointer = error.instance_path().as_str();
            match error.kind() {
                Kind::AdditionalProperties { unexpected } => {
                    let keys = unexpected
                        .iter()
                        .map(|key| format!("{pointer}/{}", step(key)));
                    removed.extend(keys);
                }
                _ => removed.push(pointer.to_owned()),
            }
        }
        if removed.is_empty() {
            return serde_json::from_value(json).ok();
        }
        if removed.len() > MAX_REMOVED || removed.iter().any(String::is_empty) {
            return None;
        }
        document.remove(&removed);
    }
    None
}

/// The places of keys and items without a value. Recursive: the parse stage caps the depth.
fn nulls(json: &Value) -> Vec<String> {
    fn below(json: &Value, pointer: &str, found: &mut Vec<String>) {
        match json {
            Value::Null => found.push(pointer.to_owned()),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    below(item, &format!("{pointer}/{at}"), found);
                }
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    below(value, &format!("{pointer}/{}", step(key)), found);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    below(json, "", &mut found);
    found
}
