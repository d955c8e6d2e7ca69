//! One finding: what is wrong, where, and how to change the text.

use super::subjects::Subjects;
use crate::source::Span;

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
    /// What it is about, where that is several things.
    pub subjects: Option<Box<Subjects>>,
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
            subjects: None,
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
        self.with_fix(applicability, REMOVE_ITEM, item, "")
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
        self.with_fix(applicability, REMOVE_KEY, span, "")
    }

    /// The same with a fix that puts an entry before the key under a span, in the same mapping.
    #[must_use]
    pub fn with_entry_before(self, applicability: Applicability, key: Span, entry: &str) -> Self {
        let place = Span {
            end: key.start,
            ..key
        };
        self.with_fix(
            applicability,
            format!("{INSERT_BEFORE}`{entry}`"),
            place,
            entry,
        )
    }

    /// Says that all its places are in another text.
    pub(super) fn relocate(&mut self, file: u8) {
        self.span = self.span.in_file(file);
        for related in &mut self.related {
            related.span = related.span.in_file(file);
        }
        for (_, span) in self.subjects.iter_mut().flat_map(|about| &mut about.each) {
            *span = span.in_file(file);
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

/// The message of a fix that takes an item out of its list: a stage that knows the item's place but
/// not the text gives it with an edit of the item alone, and [`settle`](super::fix::settle) finds the rest.
pub(crate) const REMOVE_ITEM: &str = "remove the item";

/// The same for a key of a mapping with its value.
pub(super) const REMOVE_KEY: &str = "remove the key";

/// What the message of a fix begins with that puts an entry of a mapping before another one.
pub(super) const INSERT_BEFORE: &str = "add ";
