//! Text that nobody has looked at, made fit for a terminal and for JSON: every program of Purple's
//! writes what comes from a policy, a plan, a file's name or from inside a sandbox by this module.
//!
//! There is one table, [`is_hidden`], and there are three forms of what it names: in a text
//! ([`Visible`]) and in several lines of one's own with such texts in them ([`VisibleLines`]) as `\u{9b}`,
//! and in JSON ([`VisibleJson`]) as `\u009b`.

use crate::sink::Sink;
use core::fmt;

/// Whether a character is never written as it is: one that a terminal obeys, that reorders what a
/// reader sees, that is not seen, or that ends a line for some readers only.
///
/// - the control characters, which include tab, line feed, DEL and those from U+0080 to U+009F
///   (ECMA-48; general category Cc);
/// - line and paragraph separators (U+2028, U+2029);
/// - bidirectional marks, embeddings, overrides and isolates (Unicode Standard Annex 9);
/// - what is not shown at all (`Default_Ignorable_Code_Point`, among them zero-width characters, fillers,
///   tags and the byte order mark), but for variation selectors, which choose a glyph;
/// - the interlinear annotations and the two codes at the end of the plane that are no characters.
pub const fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Characters that may be written as they are.
    Plain(&'t str),
    /// A character that may not.
    Hidden(char),
    /// Bytes that are no character.
    Invalid(&'t [u8]),
}

/// The parts of a text, in order.
pub fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let invalid = Some(chunk.invalid()).filter(|bytes| !bytes.is_empty());
        Characters(chunk.valid()).chain(invalid.map(Piece::Invalid))
    })
}

/// The parts of a text that is left.
struct Characters<'t>(&'t str);

impl<'t> Iterator for Characters<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let first = self.0.chars().next()?;
        let length = if is_hidden(first) {
            first.len_utf8()
        } else {
            self.0.find(is_hidden).unwrap_or(self.0.len())
        };
        let (piece, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(if is_hidden(first) {
            Piece::Hidden(first)
        } else {
            Piece::Plain(piece)
        })
    }
}

/// Writes a text of any bytes with nothing hidden in it, on one line: `\u{9b}` for a character, `\xff` for
/// a byte that is none.
pub fn push_visible(bytes: &[u8], sink: &mut dyn Sink) {
    for piece in pieces(bytes) {
        match piece {
            Piece::Plain(text) => sink.push(text),
            Piece::Hidden(character) => push_escape(character, sink),
            Piece::Invalid(bytes) => {
                for byte in bytes {
                    sink.push("\\x");
                    push_digits(u32::from(*byte), 2, sink);
                }
            }
        }
    }
}

fn push_escape(character: char, sink: &mut dyn Sink) {
    sink.push("\\u{");
    push_digits(u32::from(character), 1, sink);
    sink.push("}");
}

/// Writes a number in hexadecimal, with at least so many digits.
pub(crate) fn push_digits(number: u32, least: u32, sink: &mut dyn Sink) {
    const DIGITS: &str = "0123456789abcdef";
    let used = 8_u32.saturating_sub(number.leading_zeros() / 4);
    for at in (0..used.max(least)).rev() {
        let digit = (number >> at.saturating_mul(4)) & 15;
        let at = usize::try_from(digit).unwrap_or(0);
        sink.push(DIGITS.get(at..=at).unwrap_or_default());
    }
}

/// Writes a character in JSON: `\u` and four digits for each of its units in UTF-16.
pub(crate) fn push_json_escape(character: char, sink: &mut dyn Sink) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        sink.push("\\u");
        push_digits(u32::from(*unit), 4, sink);
    }
}

/// A text of any bytes, shown on one line with nothing hidden in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible<'t>(pub &'t [u8]);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, |sink| push_visible(self.0, sink))
    }
}

/// Lines of one's own, shown with nothing hidden in them: line feeds, those with a carriage return before
/// them, and tabs stay. What came from elsewhere was made a [`Visible`] before, for a line feed in it
/// would begin a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibleLines<'t>(pub &'t str);

impl fmt::Display for VisibleLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each(f, self.0, push_escape)
    }
}

/// A JSON document, shown with nothing hidden in it: it means the same. Line feeds and tabs, which can
/// stand between its values only, stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibleJson<'t>(pub &'t str);

impl fmt::Display for VisibleJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each(f, self.0, push_json_escape)
    }
}

/// Writes a text, its hidden characters but ends of lines and tabs in a form.
fn each(f: &mut fmt::Formatter<'_>, text: &str, escape: fn(char, &mut dyn Sink)) -> fmt::Result {
    write(f, |sink| {
        let mut all = pieces(text.as_bytes()).peekable();
        while let Some(piece) = all.next() {
            match piece {
                Piece::Plain(text) => sink.push(text),
                Piece::Hidden('\n') => sink.push("\n"),
                Piece::Hidden('\t') => sink.push("\t"),
                Piece::Hidden('\r') if all.peek() == Some(&Piece::Hidden('\n')) => sink.push("\r"),
                Piece::Hidden(character) => escape(character, sink),
                Piece::Invalid(_) => {}
            }
        }
    })
}

fn write(f: &mut fmt::Formatter<'_>, write: impl FnOnce(&mut dyn Sink)) -> fmt::Result {
    let mut sink = ToFormatter {
        to: f,
        result: Ok(()),
    };
    write(&mut sink);
    sink.result
}

struct ToFormatter<'f, 't> {
    to: &'f mut fmt::Formatter<'t>,
    result: fmt::Result,
}

impl Sink for ToFormatter<'_, '_> {
    fn push(&mut self, text: &str) {
        self.result = self.result.and_then(|()| self.to.write_str(text));
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Visible, VisibleJson, VisibleLines, is_hidden, pieces};
    use std::string::ToString;
    use std::vec::Vec;

    #[test]
    fn what_is_hidden_is_spelt_out_and_the_rest_stays() {
        let text = "é\x1b[31m\n\u{9b}日\u{202e}\\\u{e0041}\u{1f600}";
        assert_eq!(
            Visible(text.as_bytes()).to_string(),
            "é\\u{1b}[31m\\u{a}\\u{9b}日\\u{202e}\\\\u{e0041}\u{1f600}"
        );
        assert_eq!(
            Visible(b"a\xff\xc3\x00\t").to_string(),
            "a\\xff\\xc3\\u{0}\\u{9}"
        );
        assert_eq!(Visible(b"").to_string(), "");
    }

    #[test]
    fn lines_of_ones_own_stay_lines() {
        let text = "a\tb\n\u{85}\r\n\r\u{2028}";
        assert_eq!(
            VisibleLines(text).to_string(),
            "a\tb\n\\u{85}\r\n\\u{d}\\u{2028}"
        );
        assert_eq!(
            VisibleJson("{\n\t\"\u{7f}\": \"\u{e0041}\u{fe0f}\"\n}").to_string(),
            "{\n\t\"\\u007f\": \"\\udb40\\udc41\u{fe0f}\"\n}"
        );
    }

    #[test]
    fn all_characters_are_in_some_piece() {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        let text: std::string::String = all.iter().collect();
        let mut found = Vec::new();
        for piece in pieces(text.as_bytes()) {
            match piece {
                Piece::Plain(text) => {
                    assert!(!text.contains(is_hidden));
                    found.extend(text.chars());
                }
                Piece::Hidden(character) => found.push(character),
                Piece::Invalid(bytes) => assert_eq!(bytes, b""),
            }
        }
        assert_eq!(found, all);
        assert!(all.iter().all(|one| is_hidden(*one) || !one.is_control()));
    }
}
