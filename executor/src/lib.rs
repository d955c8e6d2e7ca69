//! Applies a sealed plan and executes a command under it.
//!
//! The story is in `apply.rs`. Three processes take part: the supervisor, which stays outside;
//! init, which is process 1 inside; and the payload, which becomes the command. Where the filter
//! notifies of denied calls, a fourth one outside answers them: the recorder. Nothing here reads
//! configuration or takes a decision: the plan says what is done, and a step that fails ends the
//! run before the command starts.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    unused_results
)]

#[cfg(test)]
extern crate std;

mod apply;
mod arguments;
mod capabilities;
mod cgroup;
mod command;
mod decode;
mod denied;
mod descriptors;
mod errno;
mod exit_status;
mod files;
mod filesystem;
mod gate;
mod identity;
mod init;
mod janitor;
mod landlock;
mod load;
mod message;
mod mountinfo;
mod network;
mod outside;
mod parent;
mod payload;
mod receipt;
mod recorder;
mod report;
mod report_file;
mod run;
mod session;
mod shared;
mod standard_error;
mod streams;
mod supervisor;
mod text;
mod timeout;

pub use apply::run;
pub use message::SETUP_REFUSED;
