//! One line of a policy for a screen: nothing hidden in it, and cut around the place where it is long.

use crate::diagnostics::Severity;
use crate::source::{Sources, Span};
use purple_report::Visible;
use unicode_width::UnicodeWidthChar;

/// How many characters before the underlined text an excerpt of a long line shows.
const LEAD: usize = 30;

/// The longest message or help, in characters. Messages quote the policy.
const MAX_MESSAGE: usize = 600;

/// The line that a place begins on, with the part of the place that is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The line's number, from 1.
    pub(super) line: u32,
    /// The text, spelt out and cut.
    pub(super) text: String,
    /// The bytes of `text` that belong to the place; at least a point.
    pub(super) marked: std::ops::Range<usize>,
    /// Columns before the place.
    pub(super) column: usize,
    /// Columns of the place: at least one.
    pub(super) width: usize,
}

impl Excerpt {
    /// The excerpt of at most `most` columns, give or take a character and the dots.
    pub(super) fn of(sources: &Sources, span: Span, most: usize) -> Self {
        let source = sources.of(span);
        let text = source.text.as_str();
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let end = text.ceil_char_boundary(span.end.min(text.len())).max(start);
        let (before, after) = text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let before = before.get(line_start..).unwrap_or("");
        let after = after.split('\n').next().unwrap_or("");
        // Half of a CR LF; other carriage returns are spelt out.
        let after = after.strip_suffix('\r').unwrap_or(after);
        let marked = after.get(..end - start).unwrap_or(after);
        let rest = after.get(marked.len()..).unwrap_or("");

        let mut line = Line {
            text: String::new(),
            columns: 0,
            most,
            full: false,
        };
        let lead = LEAD.min(most / 3);
        let skipped = before
            .char_indices()
            .rev()
            .nth(lead)
            .map(|(at, character)| at + character.len_utf8());
        let long = before.len() + after.len() > most;
        match skipped.filter(|_| long) {
            Some(at) => {
                line.push_str("...");
                line.push_all(before.get(at..).unwrap_or(""));
            }
            None => line.push_all(before),
        }
        let (from, column) = (line.text.len(), line.columns);
        line.push_all(marked);
        let (to, width) = (line.text.len(), line.columns.saturating_sub(column).max(1));
        line.push_all(rest);
        if line.full {
            line.push_str("...");
        }
        let number = source.position(start).line;
        Self {
            line: number,
            text: line.text,
            marked: from..to,
            column,
            width,
        }
    }
}

/// Text for a terminal with its width.
struct Line {
    text: String,
    columns: usize,
    most: usize,
    full: bool,
}

impl Line {
    fn push_all(&mut self, text: &str) {
        for character in text.chars() {
            if self.full {
                return;
            }
            let length = self.text.len();
            match character {
                '\t' => self.text.push(' '),
                _ => push_visible(&mut self.text, character),
            }
            let added = self.text.get(length..).unwrap_or("");
            self.columns += columns(added);
            self.full = self.columns >= self.most;
        }
    }

    fn push_str(&mut self, ascii: &str) {
        self.text.push_str(ascii);
        self.columns += ascii.len();
    }
}

/// Text with each control, bidirectional or zero-width character spelt out as `\u{..}`.
pub fn visible(text: &str) -> String {
    Visible(text.as_bytes()).to_string()
}

fn push_visible(out: &mut String, character: char) {
    out.push_str(&visible(character.encode_utf8(&mut [0; 4])));
}

/// A message that fits on a screen, with nothing hidden in it.
pub(super) fn clipped(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((at, _)) => format!("{}...", visible(message.get(..at).unwrap_or(""))),
        None => visible(message),
    }
}

/// How wide a text is on a screen.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|shown| shown.width().unwrap_or(0)).sum()
}

/// A place as people and editors read it: `FILE:LINE:COLUMN`.
pub(super) fn place(sources: &Sources, span: Span) -> String {
    let position = sources.position(span);
    format!(
        "{}:{}:{}",
        visible(&sources.of(span).name),
        position.line,
        position.column
    )
}

/// The word for a severity.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
