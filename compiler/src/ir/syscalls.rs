//! What a policy says about system calls, resolved to numbers: the filter's meaning.
//!
//! [`evaluate`] is the definition of that meaning; the emitted program is checked against it.
//! [`verify`] checks what every producer of a [`Meaning`] promises. Printing one (`Display`) is
//! what `--emit=ir` shows.

mod basis;
mod definition;
mod describe;
mod evaluate;
mod print;
mod sets;
mod verify;

pub(crate) use basis::Basis;
pub use definition::{
    Action, ArchMeaning, CallMeaning, Condition, Guard, Meaning, Rule, Strength, Test, Unnamed,
};
pub use describe::describe_call;
pub(crate) use describe::interface;
pub use evaluate::{Call, Reason, Verdict, evaluate};
pub(crate) use sets::{clashing, covers, impossible};
pub use verify::{Broken, verify};

#[cfg(test)]
mod tests;
