//! Whether system calls reach the kernel, or a filter over this process answers them.

use crate::errno::words;
use crate::probe::{ProbeEnd, StepError};
use crate::sys::process::call_in_vain;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use std::fmt::{self, Display};

const NEW_NAMESPACES: &str = "new namespaces";
const CALL: &str = "the call";

/// What hides a call from this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// An answer that the kernel does not give: it has not the call, or a filter denies it.
    Denied(Errno),
    /// The caller is killed.
    Killed,
}

impl Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(errno) => f.write_str(&words(*errno)),
            Self::Killed => f.write_str("SIGSYS"),
        }
    }
}

/// Makes a call with arguments that it refuses, in a child. Every call looks at them before it asks for rights, but
/// for some that ask for rights first: those are made in namespaces of the child's own (`in_namespaces`).
///
/// `None`: it reached the kernel, or there are no such namespaces.
pub fn hidden(number: u32, in_namespaces: bool) -> Option<Hidden> {
    let steps = super::run(|reporter| {
        let kinds = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS;
        if !in_namespaces || reporter.step(NEW_NAMESPACES, &unshare(kinds)) {
            reporter.step(CALL, &call_in_vain(number));
        }
    });
    match steps.result(CALL) {
        Err(StepError::Failed {
            errno: errno @ (Errno::ENOSYS | Errno::EPERM),
            ..
        }) => Some(Hidden::Denied(errno)),
        Err(StepError::NotReported(ProbeEnd::Killed(Signal::SIGSYS))) => Some(Hidden::Killed),
        _ => None,
    }
}
