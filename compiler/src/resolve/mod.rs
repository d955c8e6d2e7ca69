//! Stage 3: names to facts.

pub mod syscalls;
