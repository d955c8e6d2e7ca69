//! What a host can enforce, as a file says it, and whether a policy asks for more.
//!
//! `purple doctor --target FILE` writes the file on the host; it says nothing about the host but this.
//! No plan depends on it: it decides whether there is one.

mod check;
mod description;

pub use crate::ir::Namespace;
pub use check::check;
pub use description::{
    Controller, FORMAT, INSTALL_PURPLE_NET, JSON_SCHEMA, MAX_BYTES, Module, NetworkPart, Target,
    User, module_fix,
};

#[cfg(test)]
mod tests;
