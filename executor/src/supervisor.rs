//! The supervisor: outside, it waits for the end, for the timeout, and for signals.

use crate::clock::now;
use crate::message::{OrRefuse, Refused, say};
use crate::recorder::{Denials, Recorder};
use crate::run::Run;
use crate::shared::PayloadState;
use core::time::Duration;
use purple_plan::Process;
use purple_sys::wait::{Ended, reap};
use purple_sys::{memory, signal};
use rustix::process::{Pid, Signal, getpid, kill_process};
use rustix::time::ClockId;

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
pub(crate) fn watch(run: &Run, init: Pid, recorder: Option<Recorder>) -> Result<End, Refused> {
    let mut watched = Watched {
        init,
        recorder,
        unrecorded: false,
        timeout: Timeout::start(&run.plan.process),
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
            None => watched.timeout.check(init)?,
        }
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
            timed_out: self.timeout.is_over,
            unrecorded: self.unrecorded,
            denied,
            usage,
            wall,
        })
    }
}

/// The time that a run may take. When it is over, init is asked to end; after the grace that follows,
/// it is killed.
struct Timeout {
    start: Duration,
    limit: Duration,
    grace: Duration,
    /// When something is to be done; `None` where there is no limit, and after the kill.
    deadline: Option<Duration>,
    /// Whether the time was up, and init was asked to end.
    is_over: bool,
}

impl Timeout {
    fn start(process: &Process<'_>) -> Self {
        let start = now(ClockId::Monotonic);
        let limit = Duration::from_millis(process.timeout_ms);
        let deadline = start.saturating_add(limit);
        Self {
            start,
            limit,
            grace: Duration::from_millis(process.grace_ms),
            deadline: (!limit.is_zero()).then_some(deadline),
            is_over: false,
        }
    }

    fn passed(&self) -> Duration {
        now(ClockId::Monotonic).saturating_sub(self.start)
    }

    /// How long there is to wait; `None` for as long as it takes.
    fn left(&self) -> Option<Duration> {
        let deadline = self.deadline?;
        Some(deadline.saturating_sub(now(ClockId::Monotonic)))
    }

    /// Asks init to end, or kills it, if it is time for that.
    fn check(&mut self, init: Pid) -> Result<(), Refused> {
        let Some(deadline) = self.deadline else {
            return Ok(());
        };
        let time = now(ClockId::Monotonic);
        if time < deadline {
            return Ok(());
        }
        if self.is_over {
            kill_process(init, Signal::KILL).or_refuse(STEP, WAITING)?;
            self.deadline = None;
        } else {
            self.is_over = true;
            say!("timeout", "ended after ", self.limit.as_secs(), " s");
            kill_process(init, Signal::TERM).or_refuse(STEP, WAITING)?;
            self.deadline = Some(now(ClockId::Monotonic).saturating_add(self.grace));
        }
        Ok(())
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
