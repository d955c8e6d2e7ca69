//! The kernel and the files of a host, as the operator's tools use them.

pub mod group;
pub mod sys;
