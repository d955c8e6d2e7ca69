//! The exit status that stands for how a run ended.
//!
//! The command's own; 128+N for signal N; 124 for a timeout; 125 where setup was refused; 126 where
//! the command cannot be executed; 127 where it was not found.

use crate::command;
use crate::errno;
use crate::message::{Part, SETUP_REFUSED, say};
use crate::recorder;
use crate::run::Run;
use crate::shared::PayloadState;
use crate::supervisor::End;
use core::time::Duration;
use rustix::io::Errno;

const TIMED_OUT: u8 = 124;

/// The exit status for this end.
pub(crate) fn of(end: &End) -> u8 {
    match end.outcome {
        PayloadState::ProbeFailed(_) => SETUP_REFUSED,
        PayloadState::ExecFailed(found) => command::status_of(error_of(found)),
        _ if end.unrecorded => SETUP_REFUSED,
        PayloadState::Exited(_) | PayloadState::Signaled(_) | PayloadState::Nothing
            if end.timed_out =>
        {
            TIMED_OUT
        }
        PayloadState::Refused(status) | PayloadState::Exited(status) => status,
        PayloadState::Signaled(signal) => of_signal(signal),
        // Init said nothing: it was killed from outside.
        PayloadState::Nothing => end.usage.signal().map_or(SETUP_REFUSED, of_signal),
    }
}

/// Says why it ended so, where that has not been said yet.
pub(crate) fn explain(run: &Run, end: &End) {
    if end.denied.is_some_and(|denied| !denied.whole) {
        recorder::say_lost();
    }
    match end.outcome {
        PayloadState::ProbeFailed(found) => {
            let found = errno::of(found.into()).map_or(Part::Text(""), Part::Error);
            say!(
                "seccomp",
                "the filter does not deny what the plan says",
                found
            );
        }
        PayloadState::ExecFailed(found) => {
            let name = run.options.command.split_first();
            command::say_failed(name.map_or(c"", |(name, _)| name), error_of(found));
        }
        PayloadState::Exited(_) | PayloadState::Signaled(_) | PayloadState::Nothing
            if end.timed_out && !end.unrecorded =>
        {
            let limit = Duration::from_millis(run.plan.process.timeout_ms);
            say!("timeout", "ended after ", limit.as_secs(), " s");
        }
        PayloadState::Nothing if end.usage.signal().is_none() => {
            say!("supervision", "init ended without a word");
        }
        PayloadState::Refused(_)
        | PayloadState::Exited(_)
        | PayloadState::Signaled(_)
        | PayloadState::Nothing => {}
    }
}

/// The error with which execve failed.
fn error_of(number: u32) -> Errno {
    errno::of(number.into()).unwrap_or(Errno::NOEXEC)
}

fn of_signal(signal: u32) -> u8 {
    match u8::try_from(signal) {
        Ok(number) => number.saturating_add(128),
        Err(_) => u8::MAX,
    }
}
