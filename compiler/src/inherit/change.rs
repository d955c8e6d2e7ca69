//! What a text changes in what earlier texts say.

use crate::source::Span;

/// What a text changes in what others say, where that is looked at.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) kind: ChangeKind,
    /// The key, as a JSON pointer.
    pub(super) pointer: String,
    /// What was said before.
    pub(super) old: Option<(String, Span)>,
    /// The key or the section in which nothing was said before.
    pub(super) beside: Option<Span>,
    /// What is said now.
    pub(super) new: (String, Span),
}

/// How a text changes what others say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeKind {
    /// A key has a value, or another value.
    Value,
    /// A list has one more entry.
    Added,
    /// An entry of a list is taken out.
    Removed,
    /// A path that was read-only is writable.
    Writable,
}
