//! The audit log and its records.

pub mod connections;
mod earlier_format;
pub mod error;
pub mod files;
mod json;
pub mod log;
pub mod read;
pub mod record;
mod summary;
pub mod verify;
