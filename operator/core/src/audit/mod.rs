//! The audit log and its records.

pub mod log;
mod older;
pub mod read;
pub mod record;
