//! The form for people: place, severity, code and message on one line, then the text itself.

use crate::diagnostics::{Diagnostic, Severity};
use crate::parse::is_hidden;
use crate::source::{Sources, Span};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar;

/// The longest excerpt of a line, in columns.
const MAX_EXCERPT: usize = 100;

/// How many characters before the underlined text an excerpt of a long line shows.
const LEAD: usize = 30;

/// The longest message or help, in characters. Messages quote the policy.
const MAX_MESSAGE: usize = 600;

/// Findings as plain text, in the order given, without colour. Characters of the policy that could
/// move a terminal's cursor or reorder a line are spelt out.
pub fn human(sources: &Sources, findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in findings {
        one(&mut out, sources, finding);
    }
    out
}

/// Text with each control, bidirectional or zero-width character spelt out as `\u{..}`.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        push_visible(&mut out, character);
    }
    out
}

fn one(out: &mut String, sources: &Sources, finding: &Diagnostic) {
    let severity = match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let message = clipped(&finding.message);
    line(
        out,
        format_args!("{}: {severity}[{}]: {message}", place(sources, finding.span), finding.code),
    );
    excerpt(out, sources, finding.span, '^');
    for related in &finding.related {
        let message = clipped(&related.message);
        line(out, format_args!("  {}: {message}", place(sources, related.span)));
        excerpt(out, sources, related.span, '-');
    }
    if let Some(help) = &finding.help {
        line(out, format_args!("  help: {}", clipped(help)));
    }
    out.push('\n');
}

fn place(sources: &Sources, span: Span) -> String {
    let position = sources.position(span);
    format!("{}:{}:{}", visible(&sources.of(span).name), position.line, position.column)
}

/// The line that a span begins on, with the part of the span on that line underlined.
fn excerpt(out: &mut String, sources: &Sources, span: Span, mark: char) {
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

    let mut shown = Excerpt::default();
    let skipped =
        before.char_indices().rev().nth(LEAD).map(|(at, character)| at + character.len_utf8());
    let long = before.len() + after.len() > MAX_EXCERPT;
    match skipped.filter(|_| long) {
        Some(at) => {
            shown.push_str("...");
            shown.push_all(before.get(at..).unwrap_or(""));
        }
        None => shown.push_all(before),
    }
    let from = shown.columns;
    shown.push_all(marked);
    let to = shown.columns.max(from + 1);
    shown.push_all(rest);
    if shown.full {
        shown.push_str("...");
    }

    let number = source.position(start).line.to_string();
    let margin = " ".repeat(number.len());
    line(out, format_args!(" {number} | {}", shown.text.trim_end()));
    let marks: String = std::iter::repeat_n(mark, to - from).collect();
    line(out, format_args!(" {margin} | {}{marks}", " ".repeat(from)));
}

/// Text for a terminal with its width, up to [`MAX_EXCERPT`].
#[derive(Default)]
struct Excerpt {
    text: String,
    columns: usize,
    full: bool,
}

impl Excerpt {
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
            self.columns += added.chars().map(|shown| shown.width().unwrap_or(0)).sum::<usize>();
            self.full = self.columns >= MAX_EXCERPT;
        }
    }

    fn push_str(&mut self, ascii: &str) {
        self.text.push_str(ascii);
        self.columns += ascii.len();
    }
}

fn push_visible(out: &mut String, character: char) {
    if is_hidden(character) || character == '\n' {
        out.extend(character.escape_unicode());
    } else {
        out.push(character);
    }
}

/// A message that fits on a screen, with nothing hidden in it.
fn clipped(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((at, _)) => format!("{}...", visible(message.get(..at).unwrap_or(""))),
        None => visible(message),
    }
}

fn line(out: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    if writeln!(out, "{content}").is_err() {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::{human, visible};
    use crate::diagnostics::Diagnostic;
    use crate::source::{Source, Span};

    fn rendered(text: &str, span: Span) -> String {
        human(&Source::new("p.yaml", text).into(), &[Diagnostic::error("code", span, "message")])
    }

    #[test]
    fn underlines_the_exact_text() {
        let text = "name: a\nmemory: 12Q\n";
        let out = rendered(text, Span::new(16, 19));
        assert_eq!(out, "p.yaml:2:9: error[code]: message\n 2 | memory: 12Q\n   |         ^^^\n\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let out = rendered("a: 日本 x\n", Span::new(10, 11));
        assert!(out.contains(" 1 | a: 日本 x\n   |         ^\n"), "{out}");
    }

    #[test]
    fn hidden_characters_are_spelt_out() {
        let out = rendered("a: \u{1b}[31m\u{202e}b\n", Span::new(3, 4));
        assert!(out.contains("a: \\u{1b}[31m\\u{202e}b\n   |    ^^^^^^\n"), "{out}");
        assert_eq!(visible("\u{9b}x\n"), "\\u{9b}x\\u{a}");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}key{}", "x".repeat(100_000), "y".repeat(100_000));
        let out = rendered(&text, Span::new(100_000, 100_003));
        assert!(out.len() < 400, "{}", out.len());
        assert!(out.contains("...xxx"));
        assert!(out.contains("^^^\n"));
        assert!(out.contains("p.yaml:1:100001:"));
    }

    #[test]
    fn places_outside_the_text_do_not_matter() {
        for span in [Span::new(0, 0), Span::new(900, 1000), Span::new(3, 1)] {
            assert!(rendered("ab\n", span).contains("error[code]"));
        }
        assert!(rendered("", Span::new(0, 0)).contains("p.yaml:1:1"));
    }
}
