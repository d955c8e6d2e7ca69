//! What this program prints, and why it fails.

use purple_core::Notice;
use purple_report::VisibleLines;
use purplec::diagnostics::render::visible;
use std::io::{self, Write as _};

/// The exit status of a command that was refused, and of a run that was refused before its command
/// started.
pub(crate) const REFUSED: u8 = purple_report::SETUP_REFUSED;

/// Why a command could not do what it was asked to: its `Display` is the message.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Writes `purple: MESSAGE` to standard error, with nothing hidden in it, line by line.
pub(crate) fn say(message: &str) {
    let mut error = io::stderr().lock();
    for line in message.lines() {
        if writeln!(error, "purple: {}", visible(line)).is_err() {
            // There is no reader; the exit status says it all the same.
            return;
        }
    }
}

/// Says every notice, and forgets it.
pub(crate) fn say_all(notices: &mut Vec<Notice>) {
    for notice in notices.drain(..) {
        say(&notice.to_string());
    }
}

/// Writes to standard output, with nothing hidden in it; a reader who has seen enough is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_as_it_is(&VisibleLines(text).to_string())
}

/// The same for a text that was made visible and then painted.
pub(crate) fn print_as_it_is(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}").into())
        }
        _ => Ok(()),
    }
}
