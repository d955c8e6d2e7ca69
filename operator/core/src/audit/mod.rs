//! The audit log and its records.

pub mod files;
pub mod log;
pub mod record;
pub mod verify;
