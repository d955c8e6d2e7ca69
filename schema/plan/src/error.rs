//! Why bytes are no plan, and why contents make none.

use crate::limits::MAX_PLAN_BYTES;
use core::fmt;

/// Why bytes are no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Not a plan at all.
    Magic,
    /// A plan of another version of the format.
    Version(u16),
    /// Shorter or longer than it says, larger than [`MAX_PLAN_BYTES`], or with more records than a
    /// section may have.
    Length,
    /// The seal does not match the content.
    Seal,
    /// A section of this kind, which this version does not know.
    Unknown(u32),
    /// The section table does not describe the file, or a required section is missing.
    Sections,
    /// A reference points outside the heap or out of order.
    Reference,
    /// A text with a NUL inside, or none at its end.
    Text,
    /// A value or flag that this version does not know, or one that means nothing where it stands.
    Value,
    /// Two records for the same thing, or records out of order.
    Order,
}

impl DecodeError {
    /// The reason in words: a text, and where the reason has a number, that number and the text
    /// behind it. A program without an allocator prints the three one after the other.
    pub const fn words(self) -> (&'static str, Option<(u32, &'static str)>) {
        match self {
            Self::Magic => ("not a plan", None),
            Self::Version(version) => (
                "a plan of format version ",
                Some((
                    wide(version),
                    "; this program reads version 4: compile it again",
                )),
            ),
            Self::Length => ("the plan is cut short, extended or too large", None),
            Self::Seal => (
                "the seal does not match: the plan was changed after it was compiled",
                None,
            ),
            Self::Unknown(kind) => (
                "the plan has section ",
                Some((
                    kind,
                    ", which this program does not know: compile it again, or use the release that compiled it",
                )),
            ),
            Self::Sections => ("the plan's section table is malformed", None),
            Self::Reference => ("the plan refers outside its own bytes", None),
            Self::Text => ("a text in the plan is malformed", None),
            Self::Value => (
                "the plan holds a value that this version does not know",
                None,
            ),
            Self::Order => (
                "the plan names the same thing twice, or its records are out of order",
                None,
            ),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, number) = self.words();
        f.write_str(text)?;
        match number {
            Some((number, rest)) => write!(f, "{number}{rest}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for DecodeError {}

/// The same number in 32 bits; `u32::from` is not const.
const fn wide(number: u16) -> u32 {
    let [low, high] = number.to_le_bytes();
    u32::from_le_bytes([low, high, 0, 0])
}

/// Why contents make no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// The plan would be larger than [`MAX_PLAN_BYTES`], or than the buffer.
    TooLarge,
    /// The contents hold a value that no reader would accept.
    Refused(DecodeError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the plan is larger than {MAX_PLAN_BYTES} bytes"),
            Self::Refused(why) => write!(f, "the plan would be refused: {why}"),
        }
    }
}

impl core::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::{DecodeError, EncodeError};
    use crate::limits::VERSION;
    use std::format;
    use std::string::ToString;

    #[test]
    fn another_version_says_which_this_program_reads_and_what_to_do() {
        assert_eq!(
            DecodeError::Version(3).to_string(),
            format!(
                "a plan of format version 3; this program reads version {VERSION}: compile it again"
            )
        );
    }

    #[test]
    fn every_reason_has_its_words() {
        assert_eq!(DecodeError::Magic.to_string(), "not a plan");
        assert_eq!(
            DecodeError::Unknown(40).to_string(),
            "the plan has section 40, which this program does not know: compile it again, \
             or use the release that compiled it"
        );
        assert_eq!(
            EncodeError::Refused(DecodeError::Order).to_string(),
            "the plan would be refused: \
             the plan names the same thing twice, or its records are out of order"
        );
    }
}
