//! The exit status that stands for how a run ended.
//!
//! The command's own; 128+N for signal N; 124 for a timeout; 125 where setup was refused; 126 where
//! the command cannot be executed; 127 where it was not found.

use crate::cgroup::GroupUsage;
use crate::command;
use crate::errno;
use crate::message::{Part, SETUP_REFUSED, say};
use crate::network::purple_net;
use crate::receipt::ReceiptField;
use crate::recorder;
use crate::run::Run;
use crate::shared::PayloadState;
use crate::supervisor::End;
use core::time::Duration;
use purple_report::Outcome;
use purple_sys::signal;
use rustix::io::Errno;

const TIMED_OUT: u8 = 124;

/// The exit status for this end.
pub(crate) fn of(end: &End) -> u8 {
    match end.outcome {
        PayloadState::ProbeFailed(_) => SETUP_REFUSED,
        PayloadState::ExecFailed(_) => command::NOT_EXECUTABLE,
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

/// How the run ended, and by which signal.
pub(crate) fn outcome(end: &End, used: Option<&GroupUsage>) -> (Outcome, Option<u32>) {
    match end.outcome {
        PayloadState::Refused(_) | PayloadState::ProbeFailed(_) | PayloadState::ExecFailed(_) => {
            (Outcome::Refused, None)
        }
        // Where memory is over, the kernel ends the whole group: the recorder and init too.
        PayloadState::Nothing if used.is_some_and(GroupUsage::out_of_memory) => {
            (Outcome::OutOfMemory, end.usage.signal())
        }
        // Init was killed for it, unless the command ended at the same time.
        _ if end.unrecorded => (Outcome::RecorderEnded, end.usage.signal()),
        PayloadState::Exited(_) | PayloadState::Signaled(_) | PayloadState::Nothing
            if end.timed_out =>
        {
            (Outcome::Timeout, None)
        }
        PayloadState::Exited(_) => (Outcome::Exited, None),
        PayloadState::Signaled(signal) => (Outcome::Signaled, Some(signal)),
        PayloadState::Nothing => (Outcome::Killed, end.usage.signal()),
    }
}

/// Says why it ended so, where that has not been said yet.
pub(crate) fn explain(run: &Run, end: &End) {
    if end.denied.is_some_and(|denied| !denied.whole) {
        recorder::say_lost();
    }
    if let Some(network) = end.network
        && run.shared.is_complete()
    {
        let before = run.shared.read(ReceiptField::Generation);
        if !network.whole {
            purple_net::say_lost();
        } else if network.counted.is_none() {
            purple_net::say_uncounted();
        }
        if network.generation.map(u64::from) != Some(before) {
            purple_net::say_changed(network.generation);
        }
    }
    if run.shared.has_missed_network() {
        let why = "the program tried to reach the network, and the policy gives it none: list what it needs, as in `network: {mode: filtered, allow: [example.org]}`";
        say!("network", why, run.plan.network.line);
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
        PayloadState::Signaled(signal::number::SYS) => {
            let why = "the command was killed by SIGSYS: the policy answers a system call with `kill` or `trap`, or the program is a 32-bit one, which needs `architectures: [x86]` under `syscalls`";
            say!("seccomp", why);
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
