//! What an operator's tools do: run a command under a plan, keep and check the audit log, examine the
//! host. Command line and service stand on it.
//!
//! *Architecture invariant:* it prints nothing, reads no arguments and decides no exit status. What
//! fails is a typed error whose `Display` is the message; what people should read besides is a
//! [`Notice`]. `tests/tidy/operator.rs` holds it to that.

pub mod audit;
mod cache;
pub mod doctor;
pub mod executor;
pub mod launch;
mod notice;
pub mod plans;
pub mod profiles;
mod session;
pub mod workspace;

pub use notice::{Findings, Notice, RecordStage};
pub use session::SessionError;

/// The exit status of purple-exec where it refuses a run before the command starts.
pub const REFUSED: u8 = 125;

/// Why the audit log cannot be read or written.
#[derive(Debug)]
pub struct Problem(pub String);

impl Problem {
    /// A problem with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}
