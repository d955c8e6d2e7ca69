//! All unsafe code of purple-exec: the system calls that rustix does not have, the entry point, and
//! raw memory.
//!
//! There is one family of calls a file, each with functions that safe code may call with whatever
//! arguments it likes. What depends on the processor is in one folder an architecture, and
//! [`architecture`] lists what such a folder has to have. This crate knows the kernel, and neither
//! plans nor policies nor the order in which a sandbox is built.
//!
//! A reader who wants to know whether the unsafe code is sound needs these files only:
//! `#![forbid(unsafe_code)]` holds in purple-exec, so no other code can break what a `SAFETY`
//! comment here relies on, with one exception, which is written at [`strings::forget_arguments`].
#![no_std]
#![deny(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    unused_results
)]

mod architecture;
mod call;
mod ioctl;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub mod bytes;
pub mod clone;
pub mod denials;
pub mod descriptors;
pub mod exec;
pub mod keyring;
pub mod landlock;
pub mod loopback;
pub mod memory;
pub mod mount;
pub mod notification;
pub mod process;
pub mod program;
pub mod resources;
pub mod seccomp;
pub mod signal;
pub mod strings;
pub mod wait;

pub use architecture::{AUDIT_ARCH, path_argument};
