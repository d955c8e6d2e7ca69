//! Where in a policy something stands.

use crate::error::{DecodeError, EncodeError};
use crate::field::{Field, Reader, Writer};

/// A line of the policy, or of a policy that it inherits from. It is for messages only.
///
/// The low 24 bits of its number are the line, counted from 1; the high 8 bits are the source: 0
/// for the policy itself, N for the Nth record of the plan's sources. The number 0 is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceLine(u32);

impl SourceLine {
    /// No line: nothing in a policy asked for it.
    pub const NONE: Self = Self(0);

    /// The last line that a number can name; a policy has no more bytes than this.
    pub const LAST_LINE: u32 = 0xFF_FFFF;

    /// A line of a source. Line 0 is none, a line behind the last is taken as the last.
    pub const fn new(source: u8, line: u32) -> Self {
        let [low, middle, high, top] = line.to_le_bytes();
        match line {
            0 => Self::NONE,
            _ if top != 0 => Self(u32::from_le_bytes([0xFF, 0xFF, 0xFF, source])),
            _ => Self(u32::from_le_bytes([low, middle, high, source])),
        }
    }

    /// A line of the policy itself; 0 for none.
    pub const fn line_of_policy(line: u32) -> Self {
        Self::new(0, line)
    }

    /// The line, from 1; 0 for none.
    pub const fn line(self) -> u32 {
        self.0 & Self::LAST_LINE
    }

    /// The source: 0 for the policy itself.
    pub const fn source(self) -> u8 {
        let [_, _, _, source] = self.0.to_le_bytes();
        source
    }

    /// Whether it names a line at all.
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The line that such a number stands for.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The number that stands for it in the bytes.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl<'a> Field<'a> for SourceLine {
    const BYTES: usize = 4;
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.0.put(writer)
    }
    #[inline(never)]
    fn take(reader: &mut Reader<'a>) -> Self {
        let line = Self(u32::take(reader));
        let known = line.source() <= reader.sources();
        if !known || (line.line() == 0 && line.is_some()) {
            reader.fail(DecodeError::Value);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::SourceLine;

    #[test]
    fn a_source_line_is_a_source_and_a_line() {
        let line = SourceLine::new(3, 31);
        assert_eq!(
            (line.source(), line.line(), line.number()),
            (3, 31, 0x0300_001F)
        );
        assert_eq!(SourceLine::new(3, 0), SourceLine::NONE);
        assert_eq!(
            SourceLine::new(1, u32::MAX),
            SourceLine::new(1, SourceLine::LAST_LINE)
        );
        assert_eq!(SourceLine::line_of_policy(7).number(), 7);
        assert!(!SourceLine::NONE.is_some() && line.is_some());
    }
}
