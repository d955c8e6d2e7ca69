//! The time of day and the time that passes.

use core::time::Duration;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The time of a clock: of the realtime clock, since 1970.
pub(crate) fn now(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    let seconds = u64::try_from(tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(tv_nsec).unwrap_or(0))
}
