//! The clocks, by the system call `clock_gettime(2)`: the vDSO would save 50 ns of a few calls a run, and needs code
//! that reads an object file.
#![expect(unsafe_code, reason = "clock_gettime writes to a structure")]

use crate::architecture::numbers;
use crate::call::{address_of_mut, call};
use core::time::Duration;
use rustix::io::Errno;

/// A clock of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// `CLOCK_REALTIME`: the time since 1970.
    Realtime,
    /// `CLOCK_MONOTONIC`: the time since the start of the machine, not counting the time in suspend.
    Monotonic,
}

/// `struct timespec`.
#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

/// The time of a clock. NOSYS if a filter answered the call without the kernel executing it.
pub fn now(clock: Clock) -> Result<Duration, Errno> {
    let clock = match clock {
        Clock::Realtime => 0,
        Clock::Monotonic => 1,
    };
    // No time of a clock, so that a call is seen that a filter answered.
    let mut time = Time {
        seconds: -1,
        nanoseconds: -1,
    };
    let arguments = [clock, address_of_mut(&mut time), 0, 0, 0, 0];
    // SAFETY: a structure to write to, alive.
    let _zero = unsafe { call(numbers::CLOCK_GETTIME, arguments) }?;
    let seconds = u64::try_from(time.seconds).map_err(|_| Errno::NOSYS)?;
    let nanoseconds = u32::try_from(time.nanoseconds).map_err(|_| Errno::NOSYS)?;
    Ok(Duration::new(seconds, nanoseconds))
}
