//! What the forms for programs share: JSON with one entry a line.

use crate::diagnostics::is_hidden;
use std::fmt::Write as _;

/// JSON in which nothing is hidden: what could move a cursor or reorder a line is escaped. Outside
/// of texts JSON is ASCII, so that this may be done to a whole document.
pub(super) fn spelt_out(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                if write!(out, "\\u{unit:04x}").is_err() {
                    return out;
                }
            }
        } else {
            out.push(character);
        }
    }
    out
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
