//! The fuzz target of what purple-net reads: names' questions and answers, first messages of TLS, the kernel's notices and the
//! packets in them. `scripts/fuzz --network` builds and runs it.
#![no_main]

mod wire;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::examine(bytes));
