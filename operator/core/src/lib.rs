//! What an operator's tools do: run a command under a plan, keep and check the audit log, examine the
//! host. Command line and service stand on it.
//!
//! *Architecture invariant:* it prints nothing, reads no arguments and decides no exit status. What
//! fails is a typed error whose `Display` is the message; what people should read besides is a
//! [`Notice`]. `tests/tidy/operator.rs` holds it to that.

pub mod audit;
pub mod command_line;
pub mod doctor;
pub mod executor;
pub mod facts;
mod inputs;
mod known;
pub mod launch;
mod links;
pub mod matches;
mod missing_program;
mod notice;
pub mod plans;
pub mod policy_line;
pub mod profiles;
mod request;
mod session;
pub mod trust;
mod view;
pub mod workspace;

pub use notice::{Findings, Notice, RecordStage};
