//! What is wrong with a text before it is YAML: encoding, invisible characters, line endings, tabs.

use super::MAX_BYTES;
use crate::diagnostics::{Applicability, Diagnostic, Hidden, Sink, hidden, is_hidden};
use crate::source::{Source, Span};
use std::borrow::Cow;

/// A text whose characters have been looked at.
pub(super) struct CheckedText<'t> {
    /// The text as it is.
    pub(super) original: &'t str,
    /// The text for the scanner: as long as the original byte by byte, with the characters that
    /// libyaml would stop at replaced.
    pub(super) text: Cow<'t, str>,
    /// Places of tabs that stand where indentation stands. Inside a scalar they mean nothing.
    pub(super) indenting_tabs: Vec<Span>,
}

/// Makes a [`Source`] of a file's bytes. Bytes that are not UTF-8 are reported at the first one and
/// replaced, or read as the UTF-16 that they look like, so that the rest of the text can still be
/// looked at. Of more than [`MAX_BYTES`] nothing is said but that: they may end within a character.
pub fn decode(name: &str, bytes: Vec<u8>, sink: &mut Sink) -> Source {
    if bytes.len() > MAX_BYTES {
        // A byte that is replaced takes no less room, so that the text is too long as well.
        return Source::new(name, String::from_utf8_lossy(&bytes));
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Source::new(name, text),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    let found = bytes.get(at).copied().unwrap_or(0);
    let (source, help) = match utf16(&bytes) {
        Some(text) => {
            let units = text
                .chars()
                .map(|one| (one.len_utf8(), 2 * one.len_utf16()));
            let parts: Vec<_> = units.collect();
            let source = Source::new(name, text).decoded(2, parts);
            (source, "the file looks like UTF-16; save it as UTF-8")
        }
        None => (lossy(name, &bytes), "save the file as UTF-8"),
    };
    let text = &source.text;
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    sink.push(
        Diagnostic::error(
            "invalid-utf8",
            Span::new(at, at + width),
            format!("the byte 0x{found:02x} is not UTF-8 here"),
        )
        .with_help(help),
    );
    source
}

/// The text of bytes that are not UTF-8, with a mark in place of each that is not.
fn lossy(name: &str, bytes: &[u8]) -> Source {
    let (mut text, mut parts) = (String::new(), Vec::new());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        parts.push((chunk.valid().len(), chunk.valid().len()));
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            let width = char::REPLACEMENT_CHARACTER.len_utf8();
            parts.push((width, chunk.invalid().len()));
        }
    }
    Source::new(name, text).decoded(0, parts)
}

/// The text of bytes that begin with the mark of UTF-16, without the mark.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, _) = bytes.get(2..)?.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
    Some(String::from_utf16_lossy(&units))
}

/// Looks at every character once.
pub(super) fn check<'t>(text: &'t str, sink: &mut Sink) -> CheckedText<'t> {
    let mut bad: Option<(Hidden, Span)> = None;
    let mut replaced: Vec<Span> = Vec::new();
    let mut indenting_tabs = Vec::new();
    let mut in_indentation = true;
    let mut windows_line: Option<Span> = None;
    for (at, character) in text.char_indices() {
        let span = Span::new(at, at + character.len_utf8());
        if character == '\u{feff}' && at == 0 {
            sink.push(
                Diagnostic::warning(
                    "byte-order-mark",
                    span,
                    "the file begins with a byte order mark",
                )
                .with_help("save the file as UTF-8 without it")
                .with_fix(Applicability::Safe, "remove the mark", span, ""),
            );
            continue;
        }
        if character == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n') {
            windows_line = windows_line.or(Some(Span::new(at, at + 2)));
        } else if let Some(kind) = hidden(character) {
            if kind == Hidden::Control {
                replaced.push(span);
            }
            bad = match bad {
                Some((of, run)) if of == kind && run.end == at => {
                    Some((kind, Span::new(run.start, span.end)))
                }
                earlier => {
                    report(text, earlier, sink);
                    Some((kind, span))
                }
            };
        }
        match character {
            '\n' => in_indentation = true,
            ' ' => {}
            '\t' if in_indentation => indenting_tabs.push(span),
            _ => in_indentation = false,
        }
    }
    report(text, bad, sink);
    if let Some(span) = windows_line {
        let last = text.rfind("\r\n").map_or(span.end, |at| at + 2);
        let lines = Span::new(span.start, last);
        let unix = text
            .get(span.start..last)
            .unwrap_or("\n")
            .replace("\r\n", "\n");
        sink.push(
            Diagnostic::warning(
                "windows-line-endings",
                span,
                "lines end in CR LF from here on",
            )
            .with_help("save the file with Unix line endings (LF)")
            .with_fix(Applicability::Safe, "end lines with LF", lines, unix),
        );
    }
    CheckedText {
        original: text,
        text: without(text, &replaced),
        indenting_tabs,
    }
}

/// Reports a scalar whose escapes stand for characters that the text itself may not hold.
pub(super) fn check_escapes(value: &str, span: Span, sink: &mut Sink) {
    if let Some(found) = value.chars().find(|&character| is_hidden(character)) {
        sink.push(
            Diagnostic::error(
                code(hidden(found).unwrap_or(Hidden::Control)),
                span,
                format!("an escape in this text stands for {}", name(found)),
            )
            .with_help("remove the escape: no value of a policy needs such a character"),
        );
    }
}

fn code(kind: Hidden) -> &'static str {
    match kind {
        Hidden::Control => "control-character",
        Hidden::Return => "carriage-return",
        Hidden::Invisible => "invisible-character",
    }
}

fn name(character: char) -> String {
    match character {
        '\0' => "NUL (U+0000)".to_owned(),
        '\u{1b}' => "escape (U+001B)".to_owned(),
        '\r' => "a carriage return (U+000D)".to_owned(),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            format!("a bidirectional control (U+{:04X})", u32::from(character))
        }
        _ => format!("the invisible character U+{:04X}", u32::from(character)),
    }
}

fn report(text: &str, run: Option<(Hidden, Span)>, sink: &mut Sink) {
    let Some((kind, span)) = run else { return };
    let Some(characters) = text.get(span.start..span.end) else {
        return;
    };
    let Some(first) = characters.chars().next() else {
        return;
    };
    let count = characters.chars().count();
    let more = if count > 1 {
        format!(" and {} more", count - 1)
    } else {
        String::new()
    };
    let help = match kind {
        Hidden::Control => "remove it: a policy holds printable text only",
        Hidden::Return => "end lines with LF: other tools do not see a line's end here",
        Hidden::Invisible => "remove it: it makes the text look different from its content",
    };
    let found = Diagnostic::error(
        code(kind),
        span,
        format!("the text holds {}{more}", name(first)),
    )
    .with_help(help);
    sink.push(match kind {
        // The scanner reads the end of a line here, and other tools do not: a person has to see
        // what comes to light.
        Hidden::Return => found.with_fix(
            Applicability::Unsafe,
            "end the line with LF",
            span,
            "\n".repeat(count),
        ),
        Hidden::Control | Hidden::Invisible => {
            found.with_fix(Applicability::Unsafe, "remove it", span, "")
        }
    });
}

/// The text with letters for each replaced character, as many as it has bytes.
fn without<'t>(text: &'t str, replaced: &[Span]) -> Cow<'t, str> {
    if replaced.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for span in replaced {
        out.push_str(text.get(from..span.start).unwrap_or(""));
        out.extend(std::iter::repeat_n('x', span.end - span.start));
        from = span.end;
    }
    out.push_str(text.get(from..).unwrap_or(""));
    Cow::Owned(out)
}
