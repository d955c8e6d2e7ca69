//! Values and lists of words as messages show them.

use crate::diagnostics::quote;
use serde_json::Value;

/// What was found, in words.
pub(super) fn describe(found: &Value) -> String {
    match found {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the truth value `{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) if text.is_empty() => "empty text".to_owned(),
        Value::String(text) => format!("the text {}", quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// `` `a`, `b` and `c` ``
pub(super) fn and<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    let quoted: Vec<String> = keys.into_iter().map(|key| format!("`{key}`")).collect();
    joined(&quoted)
}

/// `a, b and c`
pub(super) fn joined(parts: &[String]) -> String {
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// A value as it is written in a policy.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
