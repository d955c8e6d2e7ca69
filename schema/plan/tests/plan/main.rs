//! The plan's format: what is written is read, what was damaged or forged is refused, and FORMAT.md
//! says so.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod arbitrary;
mod corruption;
mod flags;
mod format;
mod inverse;
mod meaning;
mod network;
mod reader;
mod refusal;
mod sample;
mod sections;
mod values;
