//! The intermediate representation: what is to be enforced, layer by layer, with the places in the
//! policy that ask for it. Whatever a plan says is decided here: `emit` translates and decides nothing.

mod audit;
mod definition;
mod filter;
pub mod landlock;
mod namespace;
pub mod network;
mod print;
mod process;
pub(crate) mod solver;
mod step;
pub mod syscalls;
mod verify;

pub use audit::{Audit, Detail};
pub use definition::{CgroupValue, Ir, Variable};
pub use filter::{Filter, Probe};
pub use namespace::Namespace;
pub use process::{CapabilitySets, Identity, Limit, Process, Resource};
pub use step::{Action, Attributes, Step, Stub};
pub use verify::{Broken, verify};
