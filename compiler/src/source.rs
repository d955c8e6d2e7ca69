//! A policy's texts, and places in them.

use purple_plan::{Sha256, sha256};

/// A half-open range of bytes in one of a policy's source texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Which text of the [`Sources`]: 0 is the policy itself, the others are what it inherits from.
    pub file: u8,
    /// First byte.
    pub start: usize,
    /// One past the last byte; equal to `start` for a point.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`, in the policy itself.
    pub const fn new(start: usize, end: usize) -> Self {
        Self {
            file: 0,
            start,
            end,
        }
    }

    /// The same range in another text.
    #[must_use]
    pub const fn in_file(self, file: u8) -> Self {
        Self { file, ..self }
    }
}

/// A line and column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// The policy's own text, and those that it inherits from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    policy: Source,
    parents: Vec<Source>,
    written: Vec<String>,
}

impl Sources {
    /// The policy itself.
    pub const fn policy(&self) -> &Source {
        &self.policy
    }

    /// What it inherits from, in the order of their numbers in a [`Span`], from 1.
    pub fn parents(&self) -> &[Source] {
        &self.parents
    }

    /// What `extends` calls them, in the same order. Unlike the names of the sources, these do not
    /// depend on the directory that the compiler runs in.
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// Adds a text that the policy inherits from, with what `extends` calls it, and gives its
    /// number; `None` where there are 255 already.
    pub fn add(&mut self, parent: Source, written: impl Into<String>) -> Option<u8> {
        let number = u8::try_from(self.parents.len().checked_add(1)?).ok()?;
        self.parents.push(parent);
        self.written.push(written.into());
        Some(number)
    }

    /// The digest that a plan carries. Of a policy that extends nothing: the SHA-256 of its text.
    /// Of others: the SHA-256 of the SHA-256 of each text, the policy's first, then those that it
    /// inherits from in the order of their numbers.
    pub fn digest(&self) -> [u8; 32] {
        let own = sha256(self.policy.text.as_bytes());
        if self.parents.is_empty() {
            return own;
        }
        let mut all = Sha256::new();
        all.update(&own);
        for parent in &self.parents {
            all.update(&sha256(parent.text.as_bytes()));
        }
        all.finish()
    }

    /// The text that a place is in; the policy itself for a number that nothing has.
    pub fn of(&self, span: Span) -> &Source {
        let parent = usize::from(span.file)
            .checked_sub(1)
            .and_then(|at| self.parents.get(at));
        parent.unwrap_or(&self.policy)
    }

    /// The line and column of a span's start, in its text.
    pub fn position(&self, span: Span) -> Position {
        self.of(span).position(span.start)
    }

    /// The line number, from 1, of a span's start, in its text.
    pub fn line(&self, span: Span) -> u32 {
        self.position(span).line
    }

    /// The text under a span; empty where the span is outside.
    pub fn slice(&self, span: Span) -> &str {
        self.of(span).slice(span)
    }
}

impl From<Source> for Sources {
    fn from(policy: Source) -> Self {
        Self {
            policy,
            parents: Vec::new(),
            written: Vec::new(),
        }
    }
}

/// A source text with its name, and the index that turns offsets into lines.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// How messages call it: the path as the user typed it.
    pub name: String,
    /// The whole text.
    pub text: String,
    line_starts: Vec<usize>,
    /// Where each byte of the text stands in the file, and the end, where the text is not the file's bytes.
    origins: Option<Vec<usize>>,
}

impl Source {
    /// The same, of a text that its file's bytes were turned into. `parts` are what the text is made of, in order: the lengths
    /// of a part in the text and in the file.
    #[must_use]
    pub fn decoded(self, before: usize, parts: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut origins = Vec::with_capacity(self.text.len().saturating_add(1));
        let mut at = before;
        for (here, there) in parts {
            // The bytes of a part with as many bytes are each other's; of another part, all stand for its start.
            let step = usize::from(here == there);
            origins.extend((0..here).map(|byte| at + byte * step));
            at += there;
        }
        origins.push(at);
        Self {
            origins: Some(origins),
            ..self
        }
    }

    /// Where a byte of the text stands in the file.
    pub fn origin(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let origin = |all: &Vec<usize>| all.get(offset).or(all.last()).copied();
        self.origins.as_ref().and_then(origin).unwrap_or(offset)
    }

    /// Indexes `text`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            name: name.into(),
            text,
            line_starts,
            origins: None,
        }
    }

    /// The line and column of a byte offset. An offset past the end is taken as the end; one inside
    /// a character as that character's start.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self
            .line_starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let column = self
            .text
            .get(start..offset)
            .map_or(0, |before| before.chars().count())
            + 1;
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    /// Where a line, counted from 1, begins; `None` where the text has no such line. What follows
    /// the last line feed is a line only where it is not empty.
    pub fn line_start(&self, line: u32) -> Option<usize> {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        self.line_starts
            .get(at)
            .copied()
            .filter(|&start| start < self.text.len())
    }

    /// The line number, from 1, of a span's start.
    pub fn line(&self, span: Span) -> u32 {
        self.position(span.start).line
    }

    /// The text under a span; empty where the span is outside.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }
}
