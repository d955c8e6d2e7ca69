//! How a run ends, and what it prints.

use clap::ValueEnum;
use purple_report::VisibleLines;
use purplec::diagnostics::render::visible;
use purplec::source::Source;
use std::io::{self, Write};
use std::process::ExitCode;

/// What `--deny` makes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    /// Exit with 1 if there are warnings
    Warnings,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Clean,
    Findings,
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Failed => 2,
        })
    }
}

/// Writes to standard output, with nothing hidden in it; gives `exit`, or [`Exit::Failed`] where the
/// output is lost. A reader that closed the pipe has seen enough.
pub(super) fn print(text: &str, exit: Exit) -> Exit {
    print_as_it_is(&VisibleLines(text).to_string(), exit)
}

/// The same for a policy's text, which another program takes, and for what `diagnostics::render` has
/// made visible and then painted.
pub(super) fn print_as_it_is(text: &str, exit: Exit) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => exit,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        Err(error) => complain(&format!("purplec: standard output: {error}")),
    }
}

/// Writes to standard error, with nothing hidden in it. Where that fails, the exit code is all that is
/// left.
pub(super) fn print_error(text: &str) {
    print_error_as_it_is(&VisibleLines(text).to_string());
}

/// The same for what `diagnostics::render` has made visible and then painted.
pub(super) fn print_error_as_it_is(text: &str) {
    if io::stderr().lock().write_all(text.as_bytes()).is_err() {
        // The exit code says it all the same.
    }
}

/// The message for a fault of the compiler.
pub(super) fn defect(source: &Source, fault: &dyn std::fmt::Display) -> String {
    format!("{}: error: {}", visible(&source.name), self::fault(fault))
}

/// The same without the policy's name.
pub(super) fn fault(fault: &dyn std::fmt::Display) -> String {
    format!("a defect of the compiler, not of the policy: {fault}")
}

/// Writes one line to standard error.
pub(super) fn complain(message: &str) -> Exit {
    print_error(&format!("{message}\n"));
    Exit::Failed
}
