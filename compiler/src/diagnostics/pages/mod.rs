//! The pages that say what a code means, as they are in `docs/diagnostics`.

mod table;

use table::PAGES;

/// The list of all pages, with a line for each.
const INDEX: &str = include_str!("../../../../docs/diagnostics/README.md");

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The heading that it stands under.
    pub section: &'static str,
    /// The code.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What is found, in a few words.
    pub summary: &'static str,
}

/// The page of a code, as Markdown.
pub fn page(code: &str) -> Option<&'static str> {
    let at = PAGES
        .binary_search_by(|(known, _)| (*known).cmp(code))
        .ok()?;
    PAGES.get(at).map(|(_, page)| *page)
}

/// Every code, in alphabetical order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}

/// The list, in its own order.
pub fn index() -> Vec<Entry> {
    let mut section = "";
    let mut entries = Vec::new();
    for line in INDEX.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        } else if let Some(entry) = entry(line, section) {
            entries.push(entry);
        }
    }
    entries
}

/// `- [code](code.md) (severity): summary`
fn entry(line: &'static str, section: &'static str) -> Option<Entry> {
    let (code, rest) = line.strip_prefix("- [")?.split_once("](")?;
    let (_, rest) = rest.split_once(") (")?;
    let (severity, summary) = rest.split_once("): ")?;
    Some(Entry {
        section,
        code,
        severity,
        summary,
    })
}

/// What a page says before its example, as running text.
pub fn prose(page: &str) -> String {
    let lines = page
        .lines()
        .skip(1)
        .skip_while(|line| line.is_empty() || line.starts_with("Severity: "));
    let prose: Vec<&str> = lines
        .take_while(|line| !line.starts_with("```") && !line.starts_with("example: "))
        .filter(|line| !line.is_empty())
        .collect();
    prose.join(" ")
}

/// A page as plain text: the heading without its mark, examples indented.
pub fn text(page: &str) -> String {
    let mut out = String::new();
    let mut example = false;
    for line in page.lines() {
        if line.starts_with("```") {
            example = !example;
            continue;
        }
        let line = if example {
            line
        } else {
            line.trim_start_matches("# ")
        };
        if example && !line.is_empty() {
            out.push_str("    ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
