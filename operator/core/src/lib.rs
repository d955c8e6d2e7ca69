//! What an operator's tools do, without the command line: plans, runs, the audit log.

pub mod audit;
pub mod cache;
pub mod executor;
pub mod homes;
pub mod plans;
pub mod route;
pub mod session;
pub mod watch;
pub mod workspace;

use std::io::Write as _;

/// The exit status of a run that was refused before the command started.
pub const REFUSED: u8 = 125;

/// Why something could not be done.
#[derive(Debug)]
pub struct Problem(pub String);

impl Problem {
    /// A problem with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Writes `purple: MESSAGE` to standard error, control characters made visible line by line.
pub fn say(message: &str) {
    let mut error = std::io::stderr().lock();
    for line in message.lines() {
        if writeln!(
            error,
            "purple: {}",
            purplec::diagnostics::render::visible(line)
        )
        .is_err()
        {
            // There is nobody left to tell; the exit status says it all the same.
            return;
        }
    }
}
