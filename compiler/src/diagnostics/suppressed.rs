//! Findings that comments in the policy let stand.

use super::finding::Diagnostic;
use crate::source::Span;

/// A finding that was let stand, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// What was found.
    pub diagnostic: Diagnostic,
    /// The reason in the policy.
    pub reason: String,
    /// The comment.
    pub span: Span,
}
