//! The fuzz target: any bytes as a policy, through every stage up to the lowered representation, and
//! what was found through a renderer. `scripts/fuzz` builds and runs it.
#![no_main]

mod target;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| target::examine(bytes));
