//! Stage 6: from artefacts to the plan's bytes.

use crate::diagnostics::{Diagnostic, Sink};
use crate::emit::{Artefacts, TextWithNul};
use crate::source::Span;
use purple_plan::{EncodeError, MAX_PLAN_BYTES, encode};

/// Writes the plan. `Ok(None)`: it is too large, and the sink says so.
pub fn seal(artefacts: &Artefacts, sink: &mut Sink) -> Result<Option<Vec<u8>>, SealFault> {
    let mut bytes = vec![0; MAX_PLAN_BYTES];
    let length = artefacts
        .with_contents(|contents| encode(contents, &mut bytes))
        .map_err(SealFault::Text)?;
    match length {
        Ok(length) => {
            bytes.truncate(length);
            Ok(Some(bytes))
        }
        Err(EncodeError::TooLarge) => {
            let message = format!("the plan is larger than {MAX_PLAN_BYTES} bytes");
            let start = Span::new(0, 0);
            sink.push(
                Diagnostic::error("plan-too-large", start, message)
                    .with_help("fewer paths, variables or rules make it smaller"),
            );
            Ok(None)
        }
        Err(error) => Err(SealFault::Plan(error)),
    }
}

/// A digest as people read it: hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A fault of the compiler: contents that no plan can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealFault {
    /// A text.
    Text(TextWithNul),
    /// A record.
    Plan(EncodeError),
}

impl std::fmt::Display for SealFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Plan(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SealFault {}
