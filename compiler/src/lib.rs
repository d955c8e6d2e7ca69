//! The Purple policy compiler: YAML policy in, sealed plan out.
//!
//! The stages are in [`pipeline`], on one screen. Core stages do no I/O; what a policy's author
//! did wrong goes to a [`diagnostics::Sink`], never to an `Err`.

#[cfg(test)]
mod cpu_time;
pub mod diagnostics;
pub mod emit;
pub mod facts;
pub mod fix;
pub mod format;
pub mod hosts;
pub mod inherit;
pub mod ir;
pub mod lint;
pub mod lower;
pub mod parse;
pub mod pipeline;
pub mod profiles;
pub mod quantity;
pub mod resolve;
pub mod schema;
pub mod score;
pub mod seal;
pub mod short_forms;
pub mod show;
pub mod source;
pub mod syscalls;
pub mod target;
pub mod validate;
