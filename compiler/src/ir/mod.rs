//! The intermediate representation: what a policy means, layer by layer.

pub mod syscalls;
