//! The fuzz target: any bytes as a policy, through every stage up to the lowered representation, and
//! what was found through a renderer. `scripts/fuzz` builds and runs it.
#![no_main]

mod target;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The most processor time that one input may take, in milliseconds. Other load on the machine does not count, as it would for
/// libFuzzer's own `-timeout`, which is there for what waits forever.
const LIMIT_MS: i64 = 1_000;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let start = cpu_ms();
    target::examine(bytes);
    let taken = cpu_ms() - start;
    assert!(
        taken <= LIMIT_MS,
        "this input took {taken} ms of the processor"
    );
});

/// The processor time of this thread so far, in milliseconds (getrusage(2)).
fn cpu_ms() -> i64 {
    match getrusage(UsageWho::RUSAGE_THREAD) {
        Ok(usage) => usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds(),
        Err(errno) => panic!("getrusage: {errno}"),
    }
}
