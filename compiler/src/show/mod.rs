//! Filters back into what people read: the cases of a call, a policy, and annotated instructions.
//!
//! All of it comes from a plan alone: the meaning that it carries, and its programs.

pub mod assembly;
pub mod cases;
mod groups;
pub mod names;
pub mod network;
pub mod policy;

#[cfg(test)]
mod tests;
