//! Where the stages put what they find.

use super::finding::{Diagnostic, Severity};
use crate::source::Span;
use std::collections::BTreeMap;

/// How many findings with one code a sink keeps. A text made to be wrong a million times over gets
/// the first ones, and the count of the others.
pub const MAX_PER_CODE: usize = 100;

/// Where the stages put what they find.
#[derive(Debug, Clone, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
    counts: BTreeMap<&'static str, usize>,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding; counts it only, where there are [`MAX_PER_CODE`] with its code already. The
    /// same finding again, as for a second architecture, changes nothing.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.contains(&diagnostic) {
            return;
        }
        let room = self.has_room(diagnostic.code);
        let count = self.counts.entry(diagnostic.code).or_default();
        *count = count.saturating_add(1);
        if room {
            self.found.push(diagnostic);
        }
    }

    /// Whether one more finding with a code would be kept: guessing what was meant costs time, and
    /// is for findings that somebody sees.
    pub fn has_room(&self, code: &str) -> bool {
        self.counts
            .get(code)
            .is_none_or(|&count| count < MAX_PER_CODE)
    }

    /// Counts findings with a code that has been pushed, without building them.
    pub fn count_more(&mut self, code: &'static str, more: usize) {
        let count = self.counts.entry(code).or_default();
        *count = count.saturating_add(more);
    }

    /// Takes over what was found in another text, and gives how many of these are errors.
    pub fn absorb(&mut self, other: Self, file: u8) -> usize {
        let mut unseen = other.counts;
        let mut errors = 0;
        for mut diagnostic in other.found {
            errors += usize::from(diagnostic.severity == Severity::Error);
            if let Some(count) = unseen.get_mut(diagnostic.code) {
                *count = count.saturating_sub(1);
            }
            diagnostic.relocate(file);
            self.push(diagnostic);
        }
        for (code, more) in unseen {
            self.count_more(code, more);
        }
        errors
    }

    /// Takes over the errors that were found in a part of the same text, but for those within a place
    /// that an error is known about already.
    pub fn absorb_errors(&mut self, other: Self) {
        let known: Vec<Span> = self
            .found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .map(|found| found.span)
            .collect();
        let within = |span: Span, known: &Span| {
            span.file == known.file && known.start <= span.start && span.end <= known.end
        };
        for diagnostic in other.found {
            let reported = known.iter().any(|known| within(diagnostic.span, known));
            if diagnostic.severity == Severity::Error && !reported {
                self.push(diagnostic);
            }
        }
    }

    /// Whether anything found stops the compilation.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many findings stop the compilation.
    pub fn errors(&self) -> usize {
        self.found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .count()
    }

    /// Whether an error about exactly this place is known already. A point is no place.
    pub fn has_error_at(&self, span: Span) -> bool {
        span.start < span.end
            && self
                .found
                .iter()
                .any(|found| found.severity == Severity::Error && found.span == span)
    }

    /// Everything found, ordered by place, then severity (worst first), then code. Where findings
    /// were only counted, the last one of their code says how many.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| {
            (a.span, std::cmp::Reverse(a.severity), a.code, &a.message).cmp(&(
                b.span,
                std::cmp::Reverse(b.severity),
                b.code,
                &b.message,
            ))
        });
        for (&code, &count) in &self.counts {
            let Some(more) = count.checked_sub(MAX_PER_CODE).filter(|&more| more > 0) else {
                continue;
            };
            if let Some(last) = self.found.iter_mut().rev().find(|found| found.code == code) {
                last.message = format!("{} (and {more} more of this kind)", last.message);
            }
        }
        self.found
    }
}
