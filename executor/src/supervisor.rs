//! The supervisor: outside, it waits for the end, for the timeout, and for signals, and relays.

use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use crate::network::purple_net::{Helper, NetworkEnd};
use crate::recorder::{Denials, Recorder};
use crate::run::Run;
use crate::shared::PayloadState;
use crate::streams::{Event, Streams};
use crate::timeout::{Due, Timeout};
use core::time::Duration;
use purple_sys::wait::{Ended, reap};
use purple_sys::{memory, signal};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, waitid};

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
    /// What became of a filtered network; none where there is no such.
    pub(crate) network: Option<NetworkEnd>,
    /// What all of it used.
    pub(crate) usage: Ended,
    /// How long it took.
    pub(crate) wall: Duration,
    /// How long what the command has printed may wait for its reader; `None` for as long as it takes.
    pub(crate) left: Option<Duration>,
}

/// That, where the time of the command is over.
const OVERTIME: Duration = Duration::from_secs(1);

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
            network: None,
            usage: nothing_used,
            wall: Duration::ZERO,
            left: Some(OVERTIME),
        }
    }
}

/// The processes of a run that the supervisor has started.
pub(crate) struct Processes<'h> {
    pub(crate) init: Pid,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) helper: Option<&'h mut Helper>,
}

/// Waits until init has ended.
pub(crate) fn watch(
    run: &Run,
    streams: &mut Streams,
    timeout: Timeout,
    processes: Processes<'_>,
) -> Result<End, Refused> {
    let init = processes.init;
    let mut watched = Watched {
        processes,
        unrecorded: false,
        timeout,
    };
    memory::trim_stack();
    loop {
        let left = watched.timeout.left().or_refuse(STEP, WAITING)?;
        match streams.next(left).or_refuse(STEP, WAITING)? {
            Event::Signal(signal::number::CHLD) => {
                if let Some(usage) = watched.reap_all(run)? {
                    return watched.end(run, usage);
                }
            }
            Event::Signal(number) => pass_on(run, streams, init, number)?,
            Event::Stopped(number) => stop(run, streams, init, number)?,
            Event::Nothing => {}
        }
        // Also where there was a signal: there may be one after the other.
        watched.keep_time()?;
    }
}

/// What the supervisor looks after.
struct Watched<'h> {
    processes: Processes<'h>,
    unrecorded: bool,
    timeout: Timeout,
}

impl Watched<'_> {
    /// Kills init where the time and the grace are over and it is still there. Until then it is
    /// init that asks the command to end.
    fn keep_time(&mut self) -> Result<(), Refused> {
        match self.timeout.check().or_refuse(STEP, WAITING)? {
            Due::Nothing | Due::Ask => Ok(()),
            Due::Kill => self.kill_init(),
        }
    }

    fn kill_init(&self) -> Result<(), Refused> {
        kill_process(self.processes.init, Signal::KILL).or_refuse(STEP, WAITING)
    }

    /// Takes note of every child that has ended. Returns what was used once init is among them: its
    /// numbers have in them what everything inside has used.
    fn reap_all(&mut self, run: &Run) -> Result<Option<Ended>, Refused> {
        let mut reaped = false;
        loop {
            let ended = match reap().or_refuse(STEP, WAITING)? {
                Some(ended) => ended,
                None if reaped || !has_ended_child()? => return Ok(None),
                // It may have ended between the two questions.
                None => match reap().or_refuse(STEP, WAITING)? {
                    Some(ended) => ended,
                    None => return Err(refuse!(STEP, "wait4", EMULATED)),
                },
            };
            reaped = true;
            if ended.pid == self.processes.init {
                return Ok(Some(ended));
            }
            if let Some(helper) = &mut self.processes.helper {
                helper.note(&ended);
            }
            let Some(recorder) = self.processes.recorder.as_mut() else {
                continue;
            };
            if recorder.is_lost(run, &ended) {
                self.unrecorded = true;
                self.kill_init()?;
            }
        }
    }

    fn end(mut self, run: &Run, usage: Ended) -> Result<End, Refused> {
        let wall = self.timeout.passed().or_refuse(STEP, WAITING)?;
        let denied = match self.processes.recorder {
            Some(mut recorder) => {
                self.unrecorded |= recorder.end(run)?;
                Some(recorder.denials())
            }
            None => None,
        };
        let network = match self.processes.helper {
            Some(helper) => Some(helper.end()?),
            None => None,
        };
        // Init may have seen to it first, and all the time while this process was stopped.
        let timed_out = self.timeout.is_over() || run.shared.is_time_over();
        let left = if timed_out {
            Some(OVERTIME)
        } else {
            self.timeout.left().or_refuse(STEP, WAITING)?
        };
        Ok(End {
            outcome: run.shared.get(),
            timed_out,
            unrecorded: self.unrecorded,
            denied,
            network,
            usage,
            wall,
            left,
        })
    }
}

/// Whether a child has ended that was not waited for.
fn has_ended_child() -> Result<bool, Refused> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let found = waitid(WaitId::All, options).or_refuse(STEP, WAITING)?;
    Ok(found.is_some())
}

/// Passes a signal of the caller's on to init, which passes it on to the payload.
fn pass_on(run: &Run, streams: &mut Streams, init: Pid, number: u32) -> Result<(), Refused> {
    match number {
        // A write of ours to a closed pipe is no signal for the payload.
        signal::number::PIPE => return Ok(()),
        // The kernel tells the payload, of its own terminal.
        signal::number::WINCH if streams.resize_terminal() => return Ok(()),
        signal::number::TSTP => streams.leave_terminal(),
        signal::number::CONT => streams.resume_terminal(&run.shared),
        _ => {}
    }
    // Init is a child that has not been waited for: its id is its own.
    signal::send(init, number).or_refuse(STEP, WAITING)?;
    if number == signal::number::TSTP {
        // The payload is stopped, and the shell waits for us to stop too.
        signal::stop_by_default().or_refuse(STEP, WAITING)?;
    }
    Ok(())
}

/// What a stop of the payload on its own terminal means: where it wants to read or to set modes, that
/// it gets the terminal if the shell lets it; otherwise that this process is stopped, as the payload
/// would be if it were the shell's job. Either way, it goes on afterwards.
fn stop(run: &Run, streams: &mut Streams, init: Pid, number: u32) -> Result<(), Refused> {
    use signal::number::{CONT, TSTP, TTIN, TTOU};
    let wants_terminal = matches!(number, TTIN | TTOU);
    let is_given = wants_terminal && streams.give_terminal(&run.shared);
    let mut stopped = false;
    if !is_given && streams.is_job() {
        streams.leave_terminal();
        if !wants_terminal {
            // Everything inside is stopped, not the one group alone.
            signal::send(init, TSTP).or_refuse(STEP, WAITING)?;
        }
        let number = if wants_terminal { number } else { TSTP };
        stopped = signal::stop_group_by_default(number).or_refuse(STEP, WAITING)?;
        streams.resume_terminal(&run.shared);
    }
    if wants_terminal && !is_given && !stopped {
        // There is no shell that could give it: a read waits, and is not tried again and again.
        run.shared.give_terminal(true);
    }
    signal::send(init, CONT).or_refuse(STEP, WAITING)
}
