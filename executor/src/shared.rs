//! What the three processes know of each other: one page of numbers.
//!
//! The payload writes here without a system call, so it can say what went wrong even when the
//! filter already denies everything.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use purple_sys::memory::{self, SharedPage};
use rustix::io::Errno;
use rustix::thread::futex;

/// How far the run has come, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayloadState {
    /// The payload has not been started: nothing said.
    Nothing,
    /// A step failed; a message was printed. The value is the exit status.
    Refused(u8),
    /// The filter did not answer the probe call as the plan says. The value is the error that came
    /// instead, 0 for success.
    ProbeFailed(u32),
    /// execve failed with this error.
    ExecFailed(u32),
    /// The payload ended with this exit status.
    Exited(u8),
    /// The payload was ended by this signal.
    Signaled(u32),
}

/// The page.
///
/// The payload can write to it until it becomes the command, and not any more then: execve gives a
/// process new memory. So what the supervisor reads here was written by this program. Init and the
/// supervisor still treat it as numbers that may be anything: an outcome that does not exist is no
/// outcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared {
    /// 1 once init lets the payload go on.
    go: &'static AtomicU32,
    /// Which outcome it is, and its value.
    kind: &'static AtomicU32,
    value: &'static AtomicU32,
    /// The descriptor of the listener of the payload's filter; 0 for none yet.
    listener: &'static AtomicU32,
    /// 1 once init has seen that the time is over.
    time_is_over: &'static AtomicU32,
    /// 1 while what is typed at the caller's terminal goes inside.
    terminal: &'static AtomicU32,
    /// 1 once init has seen that programs tried to reach a network that is not there.
    unreached: &'static AtomicU32,
    /// The numbers of the supervisor's namespaces.
    pub(crate) outside: &'static [AtomicU64; 32],
    /// What the receipt says, by [`crate::receipt`].
    pub(crate) receipt: &'static [AtomicU64; 32],
}

impl Shared {
    /// A page on which nothing is written yet.
    pub(crate) fn new() -> Result<Self, Errno> {
        let SharedPage { words, tables } = memory::shared_page()?;
        let [go, kind, value, listener, time_is_over, terminal, unreached] = words;
        let [outside, receipt] = tables;
        Ok(Self {
            go,
            kind,
            value,
            listener,
            time_is_over,
            terminal,
            unreached,
            outside,
            receipt,
        })
    }

    /// Lets the payload go on: init has nothing left that it should not see.
    pub(crate) fn let_go(&self) -> Result<(), Errno> {
        self.go.store(1, Ordering::Release);
        let _woken: usize = futex::wake(self.go, futex::Flags::empty(), 1)?;
        Ok(())
    }

    /// Waits until init lets the payload go on. It looks once a second by itself.
    pub(crate) fn wait_to_go(&self) -> Result<(), Errno> {
        const SECOND: futex::Timespec = futex::Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        while self.go.load(Ordering::Acquire) == 0 {
            match futex::wait(self.go, futex::Flags::empty(), 0, Some(&SECOND)) {
                Ok(()) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Says which descriptor is the listener of the filter.
    pub(crate) fn listen(&self, listener: u32) {
        self.listener.store(listener, Ordering::Release);
    }

    /// That descriptor, once the filter is loaded.
    pub(crate) fn listener(&self) -> Option<u32> {
        Some(self.listener.load(Ordering::Acquire)).filter(|&number| number != 0)
    }

    /// Says that the time is over.
    pub(crate) fn end_time(&self) {
        self.time_is_over.store(1, Ordering::Release);
    }

    /// Whether init has said so.
    pub(crate) fn is_time_over(&self) -> bool {
        self.time_is_over.load(Ordering::Acquire) == 1
    }

    /// In the supervisor: says whether what is typed at the caller's terminal goes inside.
    pub(crate) fn give_terminal(&self, given: bool) {
        self.terminal.store(u32::from(given), Ordering::Release);
    }

    /// Whether it does.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal.load(Ordering::Acquire) == 1
    }

    /// Says that programs inside tried to reach a network that is not there.
    pub(crate) fn miss_network(&self) {
        self.unreached.store(1, Ordering::Release);
    }

    /// Whether init has said so.
    pub(crate) fn has_missed_network(&self) -> bool {
        self.unreached.load(Ordering::Acquire) == 1
    }

    /// Records the outcome.
    pub(crate) fn set(&self, outcome: PayloadState) {
        let (kind, value) = match outcome {
            PayloadState::Nothing => (0, 0),
            PayloadState::Refused(status) => (1, u32::from(status)),
            PayloadState::ProbeFailed(errno) => (2, errno),
            PayloadState::ExecFailed(errno) => (3, errno),
            PayloadState::Exited(status) => (4, u32::from(status)),
            PayloadState::Signaled(signal) => (5, signal),
        };
        self.value.store(value, Ordering::Relaxed);
        self.kind.store(kind, Ordering::Release);
    }

    /// What was recorded last.
    pub(crate) fn get(&self) -> PayloadState {
        let kind = self.kind.load(Ordering::Acquire);
        let value = self.value.load(Ordering::Relaxed);
        let status = u8::try_from(value).unwrap_or(u8::MAX);
        match kind {
            1 => PayloadState::Refused(status),
            2 => PayloadState::ProbeFailed(value),
            3 => PayloadState::ExecFailed(value),
            4 => PayloadState::Exited(status),
            5 => PayloadState::Signaled(value),
            _ => PayloadState::Nothing,
        }
    }
}
