//! The only unsafe code: one family of system calls a file, each with a safe face.
//!
//! What rustix has is taken from rustix; here is what it does not have.

pub mod call;
pub mod exec;
pub mod keyring;
pub mod landlock;
pub mod loopback;
pub mod memory;
pub mod mount;
pub mod notify;
pub mod process;
pub mod seccomp;
pub mod signal;
pub mod start;
pub mod stdio;
