//! For tests: the processor time that a thread has used. Other load on the machine is excluded.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

/// The processor time of this thread so far (`/proc/thread-self/stat`, proc(5): user and system
/// time in hundredths of a second).
pub(crate) fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux has it");
    let (_, behind) = stat
        .rsplit_once(')')
        .expect("the name stands in parentheses");
    let ticks: u64 = behind
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().expect("a number of ticks"))
        .sum();
    Duration::from_millis(10 * ticks)
}
