//! The supervisor: outside, it waits for the end, for the timeout, and for signals.

use crate::message::{OrRefuse, Refused, refuse, say};
use crate::notify::Recorder;
use crate::run::Run;
use crate::shared::Outcome;
use core::time::Duration;
use purple_sys::denials::Table;
use purple_sys::wait::{Ended, reap};
use purple_sys::{memory, signal};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::time::{ClockId, Timespec, clock_gettime};

const STEP: &str = "supervision";

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// What became of the payload.
    pub(crate) outcome: Outcome,
    /// Whether the time was up.
    pub(crate) timed_out: bool,
    /// Whether it was ended because what is denied could not be recorded any more.
    pub(crate) unrecorded: bool,
    /// What was denied, and whether that is all; none where the filter tells nobody.
    pub(crate) denied: Option<(&'static Table, bool)>,
    /// What all of it used.
    pub(crate) usage: Ended,
    /// How long it took.
    pub(crate) wall: Duration,
}

impl End {
    /// The end of a run that was refused before init did anything.
    pub(crate) fn refused(status: u8) -> Self {
        let pid = rustix::process::getpid();
        let usage = Ended {
            pid,
            status: 0,
            user_us: 0,
            system_us: 0,
            peak_kib: 0,
            disk_bytes: 0,
        };
        Self {
            outcome: Outcome::Refused(status),
            timed_out: false,
            unrecorded: false,
            denied: None,
            usage,
            wall: Duration::ZERO,
        }
    }
}

/// Has the kernel kill this process when its parent dies.
pub(crate) fn die_with_parent() -> Result<(), Refused> {
    set_parent_process_death_signal(Some(Signal::KILL)).or_refuse(STEP, "prctl")
}

/// The same, where the parent must be this one.
pub(crate) fn die_with(parent: Pid) -> Result<(), Refused> {
    die_with_parent()?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(refuse!(STEP, "the parent is gone"))
    }
}

/// Waits until init has ended.
pub(crate) fn watch(run: &Run, init: Pid, mut recorder: Option<Recorder>) -> Result<End, Refused> {
    let start = now(ClockId::Monotonic);
    let limit = Duration::from_millis(run.plan.process.timeout_ms);
    let grace = Duration::from_millis(run.plan.process.grace_ms);
    let mut deadline = (!limit.is_zero()).then(|| start.saturating_add(limit));
    let (mut timed_out, mut unrecorded) = (false, false);
    memory::trim_stack();
    loop {
        let left = deadline.map(|deadline| deadline.saturating_sub(now(ClockId::Monotonic)));
        match signal::wait(signal::Set::ALL, left).or_refuse(STEP, "waiting")? {
            Some(signal::number::CHLD) => {
                while let Some(ended) = reap().or_refuse(STEP, "waiting")? {
                    if ended.pid == init {
                        let wall = now(ClockId::Monotonic).saturating_sub(start);
                        return Ok(End {
                            outcome: run.shared.get(),
                            timed_out,
                            unrecorded,
                            denied: recorder.map(Recorder::end).transpose()?,
                            usage: ended,
                            wall,
                        });
                    }
                    if recorder
                        .as_mut()
                        .is_some_and(|one| one.is_lost(run, &ended))
                    {
                        unrecorded = true;
                        rustix::process::kill_process(init, Signal::KILL)
                            .or_refuse(STEP, "waiting")?;
                    }
                }
            }
            // A write of ours to a closed pipe is no signal for the payload.
            Some(signal::number::PIPE) => {}
            Some(number) => {
                // Init is a child that has not been waited for: its id is its own.
                signal::send(init, number).or_refuse(STEP, "waiting")?;
                if number == signal::number::TSTP {
                    // The payload has been told, and the shell waits for us to stop too.
                    signal::stop_by_default().or_refuse(STEP, "waiting")?;
                }
            }
            None if deadline.is_some_and(|deadline| now(ClockId::Monotonic) >= deadline) => {
                if timed_out {
                    rustix::process::kill_process(init, Signal::KILL).or_refuse(STEP, "waiting")?;
                    deadline = None;
                } else {
                    timed_out = true;
                    say!("timeout", "ended after ", limit.as_secs(), " s");
                    rustix::process::kill_process(init, Signal::TERM).or_refuse(STEP, "waiting")?;
                    deadline = Some(now(ClockId::Monotonic).saturating_add(grace));
                }
            }
            None => {}
        }
    }
}

/// The time of a clock; of the realtime one, since 1970.
pub(crate) fn now(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    let seconds = u64::try_from(tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(tv_nsec).unwrap_or(0))
}
