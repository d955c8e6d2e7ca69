//! The supervisor: outside, it waits for the end, for the timeout, and for signals.

use crate::message::{OrRefuse, Refused};
use crate::recorder::{Denials, Recorder};
use crate::run::Run;
use crate::shared::PayloadState;
use crate::timeout::{Due, Timeout};
use core::time::Duration;
use purple_sys::wait::{Ended, reap};
use purple_sys::{memory, signal};
use rustix::process::{Pid, Signal, getpid, kill_process};

const STEP: &str = "supervision";
const WAITING: &str = "waiting";

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// What became of the payload.
    pub(crate) outcome: PayloadState,
    /// Whether the time was up.
    pub(crate) timed_out: bool,
    /// Whether it was ended because what is denied could not be recorded any more.
    pub(crate) unrecorded: bool,
    /// What was denied; none where the filter does not notify.
    pub(crate) denied: Option<Denials>,
    /// What all of it used.
    pub(crate) usage: Ended,
    /// How long it took.
    pub(crate) wall: Duration,
}

impl End {
    /// The end of a run that was refused before init did anything.
    pub(crate) fn refused(status: u8) -> Self {
        let nothing_used = Ended {
            pid: getpid(),
            status: 0,
            user_us: 0,
            system_us: 0,
            peak_kib: 0,
            disk_bytes: 0,
        };
        Self {
            outcome: PayloadState::Refused(status),
            timed_out: false,
            unrecorded: false,
            denied: None,
            usage: nothing_used,
            wall: Duration::ZERO,
        }
    }
}

/// Waits until init has ended.
pub(crate) fn watch(
    run: &Run,
    init: Pid,
    timeout: Timeout,
    recorder: Option<Recorder>,
) -> Result<End, Refused> {
    let mut watched = Watched {
        init,
        recorder,
        unrecorded: false,
        timeout,
    };
    memory::trim_stack();
    loop {
        match signal::wait(signal::Set::ALL, watched.timeout.left()).or_refuse(STEP, WAITING)? {
            Some(signal::number::CHLD) => {
                if let Some(usage) = watched.reap_all(run)? {
                    return watched.end(run, usage);
                }
            }
            Some(number) => pass_on(init, number)?,
            None => {}
        }
        // Also where there was a signal: there may be one after the other.
        watched.keep_time()?;
    }
}

/// What the supervisor looks after.
struct Watched {
    init: Pid,
    recorder: Option<Recorder>,
    unrecorded: bool,
    timeout: Timeout,
}

impl Watched {
    /// Kills init where the time and the grace are over and it is still there. Until then it is
    /// init that asks the command to end.
    fn keep_time(&mut self) -> Result<(), Refused> {
        match self.timeout.check() {
            Due::Nothing | Due::Ask => Ok(()),
            Due::Kill => kill_process(self.init, Signal::KILL).or_refuse(STEP, WAITING),
        }
    }

    /// Takes note of every child that has ended. Returns what was used once init is among them: its
    /// numbers have in them what everything inside has used.
    fn reap_all(&mut self, run: &Run) -> Result<Option<Ended>, Refused> {
        while let Some(ended) = reap().or_refuse(STEP, WAITING)? {
            if ended.pid == self.init {
                return Ok(Some(ended));
            }
            let Some(recorder) = self.recorder.as_mut() else {
                continue;
            };
            if recorder.is_lost(run, &ended) {
                self.unrecorded = true;
                kill_process(self.init, Signal::KILL).or_refuse(STEP, WAITING)?;
            }
        }
        Ok(None)
    }

    fn end(self, run: &Run, usage: Ended) -> Result<End, Refused> {
        let wall = self.timeout.passed();
        let denied = match self.recorder {
            Some(recorder) => Some(recorder.end()?),
            None => None,
        };
        Ok(End {
            outcome: run.shared.get(),
            // Init may have seen to it first, and all the time while this process was stopped.
            timed_out: self.timeout.is_over() || run.shared.is_time_over(),
            unrecorded: self.unrecorded,
            denied,
            usage,
            wall,
        })
    }
}

/// Passes a signal of the caller's on to init, which passes it on to the payload.
fn pass_on(init: Pid, number: u32) -> Result<(), Refused> {
    // A write of ours to a closed pipe is no signal for the payload.
    if number == signal::number::PIPE {
        return Ok(());
    }
    // Init is a child that has not been waited for: its id is its own.
    signal::send(init, number).or_refuse(STEP, WAITING)?;
    if number == signal::number::TSTP {
        // The payload is stopped, and the shell waits for us to stop too.
        signal::stop_by_default().or_refuse(STEP, WAITING)?;
    }
    Ok(())
}
