//! Text with colours, or without: the few that the forms of our own use, and wrapping.

use super::excerpt::columns;
use crate::diagnostics::Severity;

/// What a piece of text is, which gives its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    None,
    Error,
    Warning,
    Note,
    Place,
    Help,
}

impl Ink {
    pub(super) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Note => Self::Note,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }

    /// The escape sequence (ECMA-48, SGR): the terminal's own palette, so that it fits its theme.
    fn sequence(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Error => "\u{1b}[1;31m",
            Self::Warning => "\u{1b}[1;33m",
            Self::Note => "\u{1b}[1;36m",
            Self::Place => "\u{1b}[1m",
            Self::Help => "\u{1b}[36m",
        }
    }
}

/// Text that grows.
pub(super) struct Paint {
    text: String,
    colour: bool,
}

impl Paint {
    pub(super) fn new(colour: bool) -> Self {
        Self {
            text: String::new(),
            colour,
        }
    }

    /// Adds a piece.
    pub(super) fn put(&mut self, ink: Ink, piece: &str) {
        if self.colour && ink != Ink::None {
            self.text.push_str(ink.sequence());
            self.text.push_str(piece);
            self.text.push_str("\u{1b}[0m");
        } else {
            self.text.push_str(piece);
        }
    }

    /// Adds the last piece of a line.
    pub(super) fn line(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.text.push('\n');
    }

    /// Adds text behind a label, broken at `width` columns; further lines are indented by two.
    pub(super) fn wrapped(&mut self, ink: Ink, label: &str, text: &str, width: usize) {
        let (indent, labelled) = columns(label)
            .checked_sub(columns(label.trim_start()))
            .map_or((0, label), |indent| (indent, label));
        self.put(ink, labelled);
        let mut column = columns(label);
        let mut fresh = label.is_empty();
        for word in text.split(' ') {
            for piece in pieces(word, width.saturating_sub(indent + 2).max(8)) {
                let size = columns(piece);
                if !fresh && column + 1 + size > width {
                    self.text.push('\n');
                    self.text.push_str(&" ".repeat(indent + 2));
                    column = indent + 2;
                } else if !fresh {
                    self.text.push(' ');
                    column += 1;
                }
                self.text.push_str(piece);
                column += size;
                fresh = false;
            }
        }
        self.text.push('\n');
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A word in pieces of at most `most` columns: few are longer.
fn pieces(word: &str, most: usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), word);
    while columns(rest) > most {
        let mut used = 0;
        let cut = rest.char_indices().find_map(|(at, character)| {
            used += columns(character.encode_utf8(&mut [0; 4]));
            (used > most).then_some(at)
        });
        let (head, tail) = rest.split_at(cut.unwrap_or(rest.len()));
        pieces.push(head);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}
