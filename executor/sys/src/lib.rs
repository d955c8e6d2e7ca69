//! All unsafe code of purple-exec: the system calls that rustix does not have, the entry point, and
//! raw memory.
//!
//! There is one family of calls a file, each with safe functions. What depends on the processor is in one folder an architecture, and
//! [`architecture`] lists what such a folder has to have. This crate knows the kernel, and neither
//! plans nor policies nor the order in which a sandbox is built.
//!
//! `#![forbid(unsafe_code)]` holds in purple-exec. So a reader who wants to know whether the unsafe
//! code is sound needs these files, and the callers of five functions, whose `SAFETY` comments rely
//! on how purple-exec uses them, because no argument type can say it:
//!
//! - [`strings::forget_arguments`]: its closure holds no argument any more (`init`);
//! - [`seccomp::probe`]: the call and its arguments are those of the plan, which purplec takes from a
//!   table of calls that read and write no memory of the caller (`payload`);
//! - [`descriptors::send`]: the descriptor was opened for it by a process with the same table, and
//!   nothing else here owns its number (`init`);
//! - [`descriptors::close_all_but`]: no descriptor that it closes is used afterwards (`init`, `payload`
//!   and the recorder call it once they hold nothing else);
//! - [`denials::table`]: the two processes that share the table use it one after the other (`recorder`,
//!   then `supervisor`).
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
pub mod clock;
pub mod clone;
pub mod denials;
pub mod descriptors;
pub mod exec;
pub mod keyring;
pub mod landlock;
pub mod lock;
pub mod loopback;
pub mod memory;
pub mod mount;
pub mod notification;
pub mod own_filters;
pub mod process;
pub mod program;
pub mod resources;
pub mod seccomp;
pub mod signal;
pub mod sockets;
pub mod status;
pub mod strings;
pub mod wait;

pub use architecture::{AUDIT_ARCH, arguments_taken, path_argument};
