//! Signals, taken one at a time by waiting for them: no handlers.
#![expect(
    unsafe_code,
    reason = "signal calls take pointers to sets and structures"
)]

use crate::architecture::numbers;
use crate::call::{address_of, address_of_mut, call, word};
use crate::descriptors::made;
use core::time::Duration;
use rustix::fd::{FromRawFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::Pid;

/// Signal numbers (signal(7), the column for x86 and ARM).
pub mod number {
    /// Ends a process; no process can refuse it.
    pub const KILL: u32 = 9;
    /// A write to a pipe that has no reader.
    pub const PIPE: u32 = 13;
    /// Coprocessor stack fault (signal(7)); the kernel does not send it.
    pub const STKFLT: u32 = 16;
    /// Asks a process to end.
    pub const TERM: u32 = 15;
    /// A child stopped or ended.
    pub const CHLD: u32 = 17;
    /// Lets a stopped process go on.
    pub const CONT: u32 = 18;
    /// Stops a process; no process can refuse it.
    pub const STOP: u32 = 19;
    /// Keyboard or program asks to stop for now.
    pub const TSTP: u32 = 20;
    /// A read from a terminal that another process group has.
    pub const TTIN: u32 = 21;
    /// A change of its modes.
    pub const TTOU: u32 = 22;
    /// The size of the terminal has changed.
    pub const WINCH: u32 = 28;
    /// A filter answers a call with a signal (seccomp(2)).
    pub const SYS: u32 = 31;
}

/// The size of the kernel's `sigset_t`.
const SET_BYTES: usize = 8;
/// `SIG_SETMASK` (asm-generic/signal-defs.h).
const SIG_SETMASK: usize = 2;

/// Whether a signal is one by which a process is asked to end: HUP, INT, QUIT and TERM.
pub const fn asks_to_end(signal: u32) -> bool {
    matches!(signal, 1 | 2 | 3 | 15)
}

/// A set of signals, a bit each: signal 1 is bit 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set(pub u64);

impl Set {
    /// Every signal; the kernel leaves out KILL and STOP by itself.
    pub const ALL: Self = Self(u64::MAX);
    /// Every signal that can be blocked: all but KILL and STOP (sigprocmask(2)).
    pub const BLOCKABLE: Self = Self(!(1 << (number::KILL - 1) | 1 << (number::STOP - 1)));
    /// No signal.
    pub const NONE: Self = Self(0);

    /// This signal alone.
    pub const fn only(signal: u32) -> Self {
        Self(1_u64.wrapping_shl(signal.wrapping_sub(1)))
    }

    /// Every signal but this.
    pub const fn all_but(signal: u32) -> Self {
        Self(!Self::only(signal).0)
    }
}

/// `struct timespec`.
#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

/// Makes `set` the blocked signals and returns those blocked before.
pub fn block(set: Set) -> Result<Set, Errno> {
    let mut before = Set::NONE;
    let arguments = [
        SIG_SETMASK,
        address_of(&set.0),
        address_of_mut(&mut before.0),
        SET_BYTES,
        0,
        0,
    ];
    // SAFETY: two sets of the size given, alive.
    let _zero = unsafe { call(numbers::RT_SIGPROCMASK, arguments) }?;
    Ok(before)
}

/// Stops this process as TSTP does by default: where no shell waits to continue
/// it, which the kernel knows (an orphaned process group), it goes on. Every signal is blocked
/// again afterwards.
pub fn stop_by_default() -> Result<(), Errno> {
    send(rustix::process::getpid(), number::TSTP)?;
    take_default_action(number::TSTP)
}

/// The same by a signal that stops (TSTP, TTIN or TTOU), with every process of this one's group: the
/// job of a shell. True where it was stopped, and is continued now.
pub fn stop_group_by_default(signal: u32) -> Result<bool, Errno> {
    // What has continued this process before is no news.
    let _before = wait(Set::only(number::CONT), Some(Duration::ZERO))?;
    kill(0, signal)?;
    take_default_action(signal)?;
    let continued = wait(Set::only(number::CONT), Some(Duration::ZERO))?;
    Ok(continued.is_some())
}

/// Lets a signal that is there already do what it does by default.
fn take_default_action(signal: u32) -> Result<(), Errno> {
    let _all = block(Set::all_but(signal))?;
    let _all_but_one = block(Set::ALL)?;
    Ok(())
}

/// Waits for one signal of `set`, at most `timeout`; `None` when the time is over or another
/// signal interrupted the wait.
pub fn wait(set: Set, timeout: Option<Duration>) -> Result<Option<u32>, Errno> {
    let time = timeout.map(|timeout| Time {
        seconds: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: i64::from(timeout.subsec_nanos()),
    });
    // A null pointer for the siginfo, which is not asked for, and for the time where there is none.
    let time = time.as_ref().map_or(0, address_of);
    let arguments = [address_of(&set.0), 0, time, SET_BYTES, 0, 0];
    // SAFETY: a set of the size given and a time, alive.
    match unsafe { call(numbers::RT_SIGTIMEDWAIT, arguments) } {
        // There is no such signal: the kernel has not waited.
        Ok(0) => Err(Errno::NOSYS),
        Ok(signal) => Ok(u32::try_from(signal).ok()),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// A descriptor that can be read from while a signal of `set` waits to be taken (signalfd(2)); it is
/// only polled here, and [`wait`] takes the signal.
pub fn descriptor(set: Set) -> Result<OwnedFd, Errno> {
    /// `SFD_CLOEXEC` and `SFD_NONBLOCK` (linux/signalfd.h).
    const FLAGS: usize = 0o2_000_000 | 0o4_000;
    /// A new descriptor, instead of the number of one that is changed.
    const NEW: usize = usize::MAX;
    let arguments = [NEW, address_of(&set.0), SET_BYTES, FLAGS, 0, 0];
    // SAFETY: a set of the size given, alive.
    let number = unsafe { call(numbers::SIGNALFD4, arguments) }?;
    let number = i32::try_from(number).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just opened it for this process, and nothing else knows its number.
    made(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Sends a signal to a process (kill(2)).
pub fn send(process: Pid, signal: u32) -> Result<(), Errno> {
    kill(id(process)?, signal)
}

/// Sends a signal to every process of the group that this process leads.
pub fn send_to_group(leader: Pid, signal: u32) -> Result<(), Errno> {
    kill(id(leader)?.wrapping_neg(), signal)
}

/// Sends a signal to every process that this one may send it to, but itself and process 1 (kill(2)):
/// in a namespace of processes, to every other one of that.
pub fn send_to_all(signal: u32) -> Result<(), Errno> {
    kill(-1, signal)
}

fn id(process: Pid) -> Result<isize, Errno> {
    isize::try_from(process.as_raw_pid()).map_err(|_| Errno::SRCH)
}

fn kill(id: isize, signal: u32) -> Result<(), Errno> {
    let arguments = [id.cast_unsigned(), word(signal), 0, 0, 0, 0];
    // SAFETY: numbers only.
    let _zero = unsafe { call(numbers::KILL, arguments) }?;
    Ok(())
}

/// Makes a signal do what it does by default. A child whose parent ignores SIGCHLD leaves no
/// status behind (wait(2), NOTES), and that setting is inherited.
pub fn default_action(signal: u32) -> Result<(), Errno> {
    // `struct sigaction` as the kernel has it: no handler, no flags, no restorer, an empty mask.
    let action = [0_usize; 4];
    let arguments = [word(signal), address_of(&action), 0, SET_BYTES, 0, 0];
    // SAFETY: a structure of the kernel's layout that names no handler, alive.
    let _zero = unsafe { call(numbers::RT_SIGACTION, arguments) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Set, number};

    #[test]
    fn sets() {
        assert_eq!(Set::all_but(1).0, u64::MAX << 1);
        assert_eq!(Set::all_but(number::TSTP).0, !(1 << 19));
    }
}
