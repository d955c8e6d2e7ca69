//! Diagnostics as data: collected in a sink, rendered elsewhere.

pub mod fix;
pub mod pages;
pub mod render;
mod suggest;

pub use suggest::{Meant, alternatives, meant, nearest, quote};

use crate::source::Span;
use std::collections::BTreeMap;

/// How many findings with one code a sink keeps. A text made to be wrong a million times over gets
/// the first ones, and the count of the others.
pub const MAX_PER_CODE: usize = 100;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The policy means something else than one may think, or has a better spelling.
    Note,
    /// The policy compiles, and something in it deserves a look.
    Warning,
    /// The policy does not compile.
    Error,
}

/// A second place that explains the first, with a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub message: String,
}

/// Whether a fix may be applied without a person looking at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// The policy means the same afterwards, or did not compile before and has only this reading.
    Safe,
    /// The policy may mean something else afterwards: a person has to agree.
    Unsafe,
}

/// How sure it is that one word was meant where another one is written: safe where they differ in
/// case, hyphens and spaces only, for then there is one reading.
pub fn respelt(written: &str, meant: &str) -> Applicability {
    let plain = |word: &str| word.to_ascii_lowercase().replace(['-', ' '], "_");
    if plain(written) == plain(meant) {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    }
}

/// A change of the text at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; a point where something is put in.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// A way to change the text so that a finding goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an instruction: "write `openat`".
    pub message: String,
    /// Whether it may be applied by a program.
    pub applicability: Applicability,
    /// The changes, which do not overlap. All are made, or none.
    pub edits: Vec<Edit>,
}

/// One finding about a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The permanent kebab-case code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence that names what was found.
    pub message: String,
    /// The place it is about.
    pub span: Span,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// What to type instead, or why it matters.
    pub help: Option<String>,
    /// How to change the text.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding with no related places, no help and no fix.
    pub fn new(
        severity: Severity,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self {
            code,
            severity,
            message,
            span,
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// An error.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    /// A note.
    pub fn note(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, span, message)
    }

    /// The same with a help text.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a fix that replaces the text under one span.
    #[must_use]
    pub fn with_fix(
        mut self,
        applicability: Applicability,
        message: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        let edits = vec![Edit {
            span,
            replacement: replacement.into(),
        }];
        self.fix = Some(Fix {
            message: message.into(),
            applicability,
            edits,
        });
        self
    }

    /// The same with a guess at what was meant by the word under its span. The fix is safe where the
    /// two differ in case, hyphens and spaces only: then there is one reading.
    #[must_use]
    pub fn with_guess(self, written: &str, meant: &str) -> Self {
        let applicability = respelt(written, meant);
        let span = self.span;
        self.with_help(format!("did you mean `{meant}`?")).with_fix(
            applicability,
            format!("write `{meant}`"),
            span,
            meant,
        )
    }

    /// The same with a fix that takes the list item under a span out of its list.
    #[must_use]
    pub fn with_item_removed(self, applicability: Applicability, item: Span) -> Self {
        self.with_fix(applicability, fix::REMOVE_ITEM, item, "")
    }

    /// The same with a fix that takes a key with its value out of its mapping. Without one where the
    /// value stands elsewhere, behind an alias.
    #[must_use]
    pub fn with_key_removed(self, applicability: Applicability, key: Span, value: Span) -> Self {
        if key.file != value.file || value.end < key.end {
            return self;
        }
        let span = Span {
            end: value.end,
            ..key
        };
        self.with_fix(applicability, fix::REMOVE_KEY, span, "")
    }

    /// Says that all its places are in another text.
    fn relocate(&mut self, file: u8) {
        self.span = self.span.in_file(file);
        for related in &mut self.related {
            related.span = related.span.in_file(file);
        }
        for edit in self.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = edit.span.in_file(file);
        }
    }

    /// The same with a related place.
    #[must_use]
    pub fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related {
            span,
            message: message.into(),
        });
        self
    }
}

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
            let told = known.iter().any(|known| within(diagnostic.span, known));
            if diagnostic.severity == Severity::Error && !told {
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
