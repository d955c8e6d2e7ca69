//! Signals, taken one at a time by waiting for them: no handlers.
#![expect(
    unsafe_code,
    reason = "signal calls take pointers to sets and structures"
)]

use super::call::{call, word};
use rustix::io::Errno;

/// Signal numbers (signal(7), the column for x86).
pub mod number {
    /// Keyboard or program asks to stop for now.
    pub const TSTP: u32 = 20;
    /// A write to a pipe that nobody reads.
    pub const PIPE: u32 = 13;
    /// A child stopped or ended.
    pub const CHLD: u32 = 17;
}

const BYTES: usize = 8;
const SIG_SETMASK: usize = 2;

/// A set of signals, a bit each: signal 1 is bit 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set(pub u64);

impl Set {
    /// Every signal; the kernel leaves out KILL and STOP by itself.
    pub const ALL: Self = Self(u64::MAX);
}

/// Makes `set` the blocked signals and returns those blocked before.
pub fn block(set: Set) -> Result<Set, Errno> {
    const RT_SIGPROCMASK: u32 = 14;
    let mut before = 0_u64;
    let arguments = [
        SIG_SETMASK,
        (&raw const set.0).expose_provenance(),
        (&raw mut before).expose_provenance(),
        BYTES,
        0,
        0,
    ];
    // SAFETY: two sets of the size given, alive.
    let _: usize = unsafe { call(RT_SIGPROCMASK, arguments) }?;
    Ok(Set(before))
}

/// Stops this process as TSTP does when nobody has said otherwise: where no shell waits to continue
/// it, which the kernel knows (an orphaned process group), it goes on. Every signal is blocked
/// again afterwards.
pub fn stop_by_default() -> Result<(), Errno> {
    send(rustix::process::getpid(), false, number::TSTP)?;
    let bit = 1_u64.wrapping_shl(number::TSTP.wrapping_sub(1));
    let _all: Set = block(Set(!bit))?;
    let _all_but_one: Set = block(Set::ALL)?;
    Ok(())
}

/// Waits for one signal of `set`, at most `timeout`; `None` when the time is over or another
/// signal interrupted the wait.
pub fn wait(set: Set, timeout: Option<core::time::Duration>) -> Result<Option<u32>, Errno> {
    const RT_SIGTIMEDWAIT: u32 = 128;
    let time = timeout
        .map(|time| [time.as_secs(), u64::from(time.subsec_nanos())])
        .map(|[seconds, nanoseconds]| [seconds.min(i64::MAX.unsigned_abs()), nanoseconds]);
    let time = time
        .as_ref()
        .map_or(0, |time| time.as_ptr().expose_provenance());
    // SAFETY: a set of the size given and a time, alive; no siginfo is asked for.
    match unsafe {
        call(
            RT_SIGTIMEDWAIT,
            [(&raw const set.0).expose_provenance(), 0, time, BYTES, 0, 0],
        )
    } {
        Ok(signal) => Ok(u32::try_from(signal).ok()),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Sends a signal (kill(2)): to a process, or with `group` to a process group.
pub fn send(to: rustix::process::Pid, group: bool, signal: u32) -> Result<(), Errno> {
    const KILL: u32 = 62;
    let id = isize::try_from(to.as_raw_nonzero().get()).map_err(|_| Errno::SRCH)?;
    let id = if group { id.wrapping_neg() } else { id };
    // SAFETY: numbers only.
    unsafe { call(KILL, [id.cast_unsigned(), word(signal), 0, 0, 0, 0]) }.map(|_| ())
}

/// Makes a signal do what it does by default. A child whose parent ignores SIGCHLD leaves no
/// status behind (wait(2), NOTES), and that setting is inherited.
pub fn default_action(signal: u32) -> Result<(), Errno> {
    const RT_SIGACTION: u32 = 13;
    // `struct sigaction` as the kernel has it: no handler, no flags, no restorer, an empty mask.
    let action = [0_usize; 4];
    let at = action.as_ptr().expose_provenance();
    // SAFETY: a structure of the kernel's layout that names no handler, alive.
    unsafe { call(RT_SIGACTION, [word(signal), at, 0, BYTES, 0, 0]) }.map(|_| ())
}
