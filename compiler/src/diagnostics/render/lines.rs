//! What the forms for programs share: JSON with one entry a line.

use super::excerpt::visible;
use purple_report::{VisibleJson, VisibleLines};

/// JSON in which nothing is hidden: what could move a cursor or reorder a line is escaped.
pub fn spelt_out(json: &str) -> String {
    VisibleJson(json).to_string()
}

/// An error about a command line with nothing hidden in it; `None` where nothing is, and it can be printed as it is.
/// Such an error quotes words of the command line unchanged.
pub fn usage_error_spelt_out(
    error: &str,
    words: impl IntoIterator<Item = String>,
) -> Option<String> {
    let mut shown = error.to_owned();
    for word in words {
        let visible = visible(&word);
        if visible != word {
            shown = shown.replace(&word, &visible);
        }
    }
    (VisibleLines(&shown).to_string() != error).then_some(shown)
}

/// Lines as a list whose end is indented so far: those that hold nothing are left out.
pub(super) fn list(parts: &[String], indent: &str) -> String {
    let full: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    if full.is_empty() {
        "[]".to_owned()
    } else {
        format!("[\n{}\n{indent}]", full.join(",\n"))
    }
}
