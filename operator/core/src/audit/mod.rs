//! The audit log and its records.

pub mod error;
pub mod files;
pub mod log;
mod older;
pub mod read;
pub mod record;
pub mod verify;
