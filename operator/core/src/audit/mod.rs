//! The audit log and its records.

pub mod error;
pub mod files;
mod json;
pub mod log;
mod older;
pub mod read;
pub mod record;
pub mod verify;
