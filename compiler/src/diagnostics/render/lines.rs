//! What the forms for programs share: JSON with one entry a line.

use purple_report::VisibleJson;

/// JSON in which nothing is hidden: what could move a cursor or reorder a line is escaped.
pub fn spelt_out(json: &str) -> String {
    VisibleJson(json).to_string()
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
