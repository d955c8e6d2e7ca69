//! Waiting for what another process does.

use std::thread;
use std::time::{Duration, Instant};

/// How long it may take, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(20);

/// Waits until something is so.
///
/// # Panics
///
/// With `what` was waited for, where it is not so in time.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
