//! Stage 7: from artefacts to the plan's bytes.

mod reprove;

pub use reprove::{Disproof, Proven, enforced, notifies, reprove};

use crate::diagnostics::{Diagnostic, Sink};
use crate::emit::{Artefacts, TextWithNul};
use crate::source::Span;
use purple_plan::{Contents, EncodeError, MAX_MOUNTS, MAX_PLAN_BYTES, MAX_VARIABLES, encode};

/// Writes the plan. `Ok(None)`: it is too large, and the sink says so.
pub fn seal(artefacts: &Artefacts<'_>, sink: &mut Sink) -> Result<Option<Vec<u8>>, SealFault> {
    let mut bytes = vec![0; MAX_PLAN_BYTES];
    let length = artefacts
        .with_contents(|contents| match excess(contents) {
            Some(message) => Err(Unsealed::TooLarge(message)),
            None => encode(contents, &mut bytes).map_err(|error| match error {
                EncodeError::TooLarge => {
                    Unsealed::TooLarge(format!("the plan is larger than {MAX_PLAN_BYTES} bytes"))
                }
                EncodeError::Refused(_) => Unsealed::Fault(error),
            }),
        })
        .map_err(SealFault::Text)?;
    match length {
        Ok(length) => {
            bytes.truncate(length);
            Ok(Some(bytes))
        }
        Err(Unsealed::TooLarge(message)) => {
            sink.push(
                Diagnostic::error("plan-too-large", Span::new(0, 0), message)
                    .with_help("fewer paths, variables or rules make it smaller"),
            );
            Ok(None)
        }
        Err(Unsealed::Fault(error)) => Err(SealFault::Plan(error)),
    }
}

/// Why there is no plan.
enum Unsealed {
    /// The policy asks for too much, in words.
    TooLarge(String),
    Fault(EncodeError),
}

/// The table that has more records than a plan may hold.
fn excess(contents: &Contents<'_>) -> Option<String> {
    let tables = [
        (
            contents.mounts.len(),
            MAX_MOUNTS,
            "steps that build the file system",
        ),
        (
            contents.environment.len(),
            MAX_VARIABLES,
            "environment variables",
        ),
    ];
    let (count, most, what) = tables.into_iter().find(|(count, most, _)| count > most)?;
    Some(format!("the plan has {count} {what}, and may have {most}"))
}

/// A digest as people read it: hexadecimal digits.
pub fn hex(digest: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    digest
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
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
