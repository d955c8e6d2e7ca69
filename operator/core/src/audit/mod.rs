//! The audit log and its records.

pub mod log;
pub mod record;
