//! The Purple policy compiler: YAML policy in, sealed plan out.
//!
//! The stages are in [`pipeline`], on one screen. Core stages do no I/O; what a policy's author
//! did wrong goes to a [`diagnostics::Sink`], never to an `Err`.

pub mod diagnostics;
pub mod emit;
pub mod format;
pub mod ir;
pub mod lower;
pub mod parse;
pub mod pipeline;
pub mod resolve;
pub mod seal;
pub mod source;
pub mod syscalls;
pub mod validate;
