//! The exit status that stands for how a run ended.
//!
//! The command's own; 128+N for signal N; 124 for a timeout; 125 where setup was refused; 126 where
//! the command cannot be executed; 127 where it was not found.

use crate::command;
use crate::errno;
use crate::message::{Part, SETUP_REFUSED, refuse};
use crate::run::Run;
use crate::shared::PayloadState;
use crate::supervisor::End;
use rustix::io::Errno;

const TIMED_OUT: u8 = 124;

/// The exit status for this end. Prints why, where that is not printed yet.
pub(crate) fn of(run: &Run, end: &End) -> u8 {
    match end.outcome {
        PayloadState::ProbeFailed(found) => {
            let found = errno::of(found.into()).map_or(Part::Text(""), Part::Error);
            let what = "the filter does not deny what the plan says";
            refuse!("seccomp", what, found).status
        }
        PayloadState::ExecFailed(found) => {
            let name = run.options.command.split_first();
            let name = name.map_or(c"", |(name, _)| name);
            let found = errno::of(found.into()).unwrap_or(Errno::NOEXEC);
            command::exec_failed(name, found)
        }
        _ if end.unrecorded => SETUP_REFUSED,
        PayloadState::Exited(_) | PayloadState::Signaled(_) | PayloadState::Nothing
            if end.timed_out =>
        {
            TIMED_OUT
        }
        PayloadState::Refused(status) | PayloadState::Exited(status) => status,
        PayloadState::Signaled(signal) => of_signal(signal),
        // Init said nothing: it was killed from outside.
        PayloadState::Nothing => match end.usage.signal() {
            Some(signal) => of_signal(signal),
            None => refuse!("supervision", "init ended without a word").status,
        },
    }
}

fn of_signal(signal: u32) -> u8 {
    match u8::try_from(signal) {
        Ok(number) => number.saturating_add(128),
        Err(_) => u8::MAX,
    }
}
