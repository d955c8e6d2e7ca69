//! What is wrong with a quantity, and where in its text.

use std::ops::Range;

/// What is wrong with a quantity, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantityError {
    /// The bytes of the text that are wrong.
    pub range: Range<usize>,
    /// What was found.
    pub message: String,
    /// What to type instead.
    pub help: String,
}

impl QuantityError {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
            help: String::new(),
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}
