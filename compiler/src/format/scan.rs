//! The comments of a text, and where they are.

use crate::parse::{Event, EventKind, Style};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Comment {
    /// From its `#` on, without spaces at the end.
    pub(super) text: String,
    /// Whether the line above it is empty.
    pub(super) blank: bool,
}

/// A comment and its place.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) column: usize,
    /// Whether nothing else is on its line.
    pub(super) alone: bool,
    pub(super) comment: Comment,
}

/// Every comment of a text. Outside of scalars a `#` always begins one.
pub(super) fn scan(text: &str, events: &[Event]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    for event in events {
        let EventKind::Scalar {
            properties, style, ..
        } = &event.kind
        else {
            continue;
        };
        between(text, at, event.span.start, &mut found);
        let written = text.get(event.span.start..event.span.end).unwrap_or("");
        let mut start = event.span.start;
        if let Some(anchor) = &properties.anchor {
            // Comments may stand between an anchor and what it names.
            let value = after_anchor(written, anchor.len());
            between(text, start, start + value, &mut found);
            start += value;
        }
        if *style == Style::Block {
            let header = text
                .get(start..)
                .and_then(|rest| rest.lines().next())
                .unwrap_or("");
            between(text, start, start + header.len(), &mut found);
        }
        at = event.span.start + written.trim_end().len();
        at = at.max(start);
    }
    between(text, at, text.len(), &mut found);
    found
}

/// Where the scalar begins in a text that begins with an anchor.
fn after_anchor(written: &str, name: usize) -> usize {
    let mut at = name + 1;
    loop {
        let rest = written.get(at..).unwrap_or("");
        at += rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        if !rest.starts_with('#') {
            return at.min(written.len());
        }
        at += rest.find('\n').unwrap_or(rest.len());
    }
}

/// The comments in a part of a text without scalars.
fn between(text: &str, from: usize, to: usize, found: &mut Vec<Found>) {
    let mut at = from;
    while let Some(next) = text.get(at..to).and_then(|part| part.find('#')) {
        let start = at + next;
        let rest = text.get(start..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        let line_start = text
            .get(..start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |end| end + 1);
        let before = text.get(line_start..start).unwrap_or("");
        let alone = before.trim().is_empty() || before.trim() == "---";
        found.push(Found {
            at: start,
            column: before.chars().count(),
            alone,
            comment: Comment {
                text: line.trim_end().to_owned(),
                blank: alone && blank_above(text, line_start),
            },
        });
        at = start + line.len();
    }
}

/// Whether the line above the one that begins at `line_start` is empty.
pub(super) fn blank_above(text: &str, line_start: usize) -> bool {
    let above = line_start.checked_sub(1).and_then(|end| text.get(..end));
    above.is_some_and(|above| {
        let line = above
            .rfind('\n')
            .map_or(above, |at| above.get(at + 1..).unwrap_or(""));
        line.trim().is_empty()
    })
}
