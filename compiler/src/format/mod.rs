//! Formatting a policy: one style for all, with every comment, and the same meaning.
//!
//! The style: preferred spellings, keys in the order of the schema, two spaces a level, an empty line
//! around sections, at most one elsewhere, quotes where they are needed. A list in brackets stays in
//! brackets where it fits on its line and holds no comment. What comes out is read again, and must
//! say the same, hold the same comments, and stay as it is when it is formatted again; otherwise
//! nothing comes out.

mod attach;
mod order;
mod print;
mod read;
mod scan;
mod tree;

use crate::diagnostics::Sink;
use crate::parse::{Document, Events, parse};
use crate::schema::meaning;
use crate::source::Source;

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;

/// A fault of the formatter: what it would have written is not the same policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatFault {
    /// The text could not be read as the parse stage reads it.
    Unread,
    /// The result would mean something else.
    Meaning,
    /// The result would lack a comment, or have one twice.
    Comments,
    /// The result would be formatted otherwise.
    Unstable,
}

impl std::fmt::Display for FormatFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unread => "the text cannot be parsed",
            Self::Meaning => "the formatted text would have another meaning",
            Self::Comments => "the formatted text would not hold the same comments",
            Self::Unstable => "formatting the result again would change it",
        })
    }
}

impl std::error::Error for FormatFault {}

/// Formats a policy's text. `None` where the parse stage finds an error, which the sink holds then.
pub fn format(source: &Source, sink: &mut Sink) -> Result<Option<String>, FormatFault> {
    let document = parse(source, sink);
    let Some(document) = document.filter(|_| !sink.has_errors()) else {
        return Ok(None);
    };
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let formatted = styled(text, &document)?;
    match styled(&formatted, &document) {
        Ok(again) if again == formatted => Ok(Some(formatted)),
        Ok(_) => Err(FormatFault::Unstable),
        Err(fault) => Err(fault),
    }
}

/// The text in one style, checked against the document that it must be.
fn styled(text: &str, document: &Document) -> Result<String, FormatFault> {
    let meant = meaning(document);
    let means_the_same = |text: &str| {
        let mut sink = Sink::new();
        let read = parse(&Source::new("", text), &mut sink);
        !sink.has_errors() && read.is_some_and(|read| meaning(&read) == meant)
    };
    let mut formatted = String::new();
    // An alias cannot come before its anchor: where the order would have it so, it stays.
    for sorted in [true, false] {
        let mut tree = read::read(text).ok_or(FormatFault::Unread)?;
        order::rename(&mut tree);
        if sorted {
            order::sort(&mut tree);
        }
        formatted = print::print(&mut tree, text);
        if means_the_same(&formatted) {
            break;
        }
        if !sorted || !tree.has_aliases() {
            return Err(FormatFault::Meaning);
        }
    }
    if comments_of(text) != comments_of(&formatted) {
        return Err(FormatFault::Comments);
    }
    Ok(formatted)
}

/// The comments of a text, in the order of the alphabet.
fn comments_of(text: &str) -> Vec<String> {
    let mut events = Vec::new();
    if let Some(mut reader) = Events::new(text) {
        while let Ok(event) = reader.next() {
            let last = event.kind == crate::parse::EventKind::StreamEnd;
            events.push(event);
            if last {
                break;
            }
        }
    }
    let found = scan::scan(text, &events).into_iter();
    let mut found: Vec<String> = found.map(|found| found.comment.text).collect();
    found.sort_unstable();
    found
}
