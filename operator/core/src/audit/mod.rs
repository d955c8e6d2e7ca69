//! The audit log and its records.

pub mod error;
pub mod files;
pub mod log;
pub mod record;
pub mod verify;
