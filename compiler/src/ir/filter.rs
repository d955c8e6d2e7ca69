//! A filter of a plan: what it means, what its program does, and the call that shows it in force.

use super::syscalls::{Action, Call, Meaning, evaluate};
use crate::syscalls::{errno_name, syscall_name};
use std::fmt;

/// The filter for one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What the policy says about each call.
    pub meaning: Meaning,
    /// What the program does: the meaning, or, where denied calls are recorded, the meaning with a
    /// notification of the supervisor instead of each error.
    pub enforced: Meaning,
    /// The call that shows that the filter is in force; `None` where no candidate does.
    pub probe: Option<Probe>,
}

/// A call and the error that the filter answers it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// The call's number.
    pub nr: u32,
    /// Its arguments.
    pub args: [u64; 6],
    /// The error, a positive number.
    pub errno: u16,
}

impl Filter {
    /// Rules 19 and 20.
    pub(super) fn verify(&self, records_denials: bool) -> Result<(), String> {
        let arch = self.meaning.native.arch;
        let is_enforced = if records_denials {
            self.enforced == self.meaning.with_notification()
        } else {
            self.enforced == self.meaning
        };
        if !is_enforced {
            return Err(format!("{arch}: another meaning is enforced"));
        }
        let Some(probe) = self.probe else {
            return Ok(());
        };
        let call = Call {
            audit_arch: arch.audit(),
            number: probe.nr,
            args: probe.args,
        };
        if evaluate(&self.meaning, &call).action != Action::Errno(probe.errno) {
            return Err(format!("{arch}: the probe gets another answer"));
        }
        Ok(())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arch = self.meaning.native.arch;
        let errors = if self.enforced == self.meaning {
            "returned"
        } else {
            "notified"
        };
        writeln!(f, "filter {arch} errors {errors}")?;
        match self.probe {
            None => writeln!(f, "  probe none")?,
            Some(Probe { nr, args, errno }) => {
                let name = syscall_name(arch, nr).unwrap_or("unknown");
                write!(f, "  probe {nr} {name}")?;
                args.iter().try_for_each(|arg| write!(f, " {arg:#x}"))?;
                match errno_name(arch, errno) {
                    Some(name) => writeln!(f, " errno({name})")?,
                    None => writeln!(f, " errno({errno})")?,
                }
            }
        }
        write!(f, "{}", self.meaning)
    }
}
