//! The filter as a classic BPF program (seccomp(2); Documentation/userspace-api/seccomp_filter).
//!
//! [`emit`] generates a program from a meaning and checks it against the evaluator before anybody
//! gets to see it. The generator and the evaluator share no code that decides.

mod assemble;
mod cache;
mod generate;
pub(crate) mod instruction;
mod interpret;
#[cfg(feature = "libseccomp")]
mod libseccomp;
mod proof;
mod return_value;
mod too_long;

pub use cache::is_cacheable;
pub use instruction::{Instruction, LONGEST, Program};
pub use interpret::{Data, Trap, run};
#[cfg(feature = "libseccomp")]
pub use libseccomp::emit_by_libseccomp;
pub(crate) use proof::check_and_name;
pub use proof::{Counterexample, Method, Mismatch, Report, check};
pub(crate) use return_value::return_value;
pub(crate) use too_long::names_of;

use std::fmt;

use crate::diagnostics::Sink;
use crate::ir::syscalls::{Broken, Meaning, verify};

/// The checked program for a meaning, with what was checked. `Ok(None)`: it is too long, and the
/// sink says so. `Err` is a fault of the compiler.
pub fn emit(meaning: &Meaning, sink: &mut Sink) -> Result<Option<(Program, Report)>, Fault> {
    verify(meaning).map_err(Fault::Broken)?;
    let program = generate::generate(meaning);
    if program.instructions.len() > LONGEST {
        sink.push(too_long::finding(meaning, program.instructions.len()));
        return Ok(None);
    }
    let (report, sampled) =
        check_and_name(meaning, &program).map_err(|found| Fault::Mismatch(Box::new(found)))?;
    if report.method == Method::Boundaries {
        sink.push(too_long::sampled(meaning, &sampled));
    }
    Ok(Some((program, report)))
}

/// What makes the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The compiler itself.
    #[default]
    Own,
    /// libseccomp, where this build has it.
    #[cfg(feature = "libseccomp")]
    Libseccomp,
}

/// A fault of the compiler, found before anything was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The meaning breaks one of the IR's rules.
    Broken(Broken),
    /// The program does not do what the meaning says.
    Mismatch(Box<Mismatch>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(broken) => broken.fmt(f),
            Self::Mismatch(mismatch) => write!(f, "the filter is wrong: {mismatch}"),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
pub(crate) mod tests;
