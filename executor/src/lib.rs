//! Applies a sealed plan and executes a command under it.
//!
//! The story is in `apply.rs`. Three processes take part: the supervisor, which stays outside;
//! init, which is process 1 inside; and the payload, which becomes the command. Where the filter
//! tells of denied calls, a fourth one outside answers them: the recorder. Nothing here reads
//! configuration or takes a decision: the plan says what is done, and a step that fails ends the
//! run before the command starts.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    unused_results
)]

#[cfg(test)]
extern crate std;

mod apply;
mod arguments;
mod capabilities;
mod cgroup;
mod command;
mod cover;
mod disks;
mod errno;
mod filesystem;
mod gate;
mod identity;
mod init;
mod landlock;
mod load;
mod message;
mod mountinfo;
mod notify;
mod payload;
mod receipt;
mod report;
mod run;
mod session;
mod shared;
mod step;
mod stub;
mod supervisor;
mod target;
mod transfer;

pub use apply::run;
pub use message::SETUP_REFUSED;
