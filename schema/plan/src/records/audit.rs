//! The layers that must be in force, and what is recorded of the run.

use crate::layout::{enumeration, record};
use crate::source_line::SourceLine;
use core::ffi::CStr;

enumeration! {
    /// A layer of the confinement that an operator can name as one that need not be enforced.
    pub enum Layer {
        /// Control group limits.
        Cgroup = 1,
        /// The audit record and the denial log.
        Audit = 2,
        /// Tracing from outside.
        Monitor = 3,
        /// Landlock: a second restriction of files, TCP ports and signals.
        Landlock = 4,
    }
}

impl Layer {
    /// The name on command lines and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Audit => "audit",
            Self::Monitor => "monitor",
            Self::Landlock => "landlock",
        }
    }
}

record! {
    /// A layer that must be in force before the payload runs.
    pub struct Need {
        /// Which.
        pub layer: Layer,
        /// The line of the policy that asks for it, if any.
        pub line: SourceLine,
    }
}

enumeration! {
    /// What happens when a record of the run cannot be written any more.
    pub enum AuditFailure {
        /// The run ends.
        End = 1,
        /// The run goes on, and its end says that the record is not whole.
        Continue = 2,
    }
}

record! {
    /// The audit record of the run.
    pub struct Audit<'a> {
        /// What is recorded. See [`audit_flags`].
        pub flags: u32,
        /// What happens when it cannot be written any more.
        pub failure: AuditFailure,
        /// The line of the policy that asks for it, if any.
        pub line: SourceLine,
        /// The log's path on the host; empty where the operator chooses.
        pub log_path: &'a CStr,
    }
}

/// Bits of [`Audit::flags`].
pub mod audit_flags {
    /// What the run used.
    pub const RESOURCE: u32 = 1;
    /// What was written and read of files.
    pub const FILESYSTEM: u32 = 2;
    /// System calls that were denied: the filter notifies the supervisor of each.
    pub const SYSCALL: u32 = 4;
    /// What was connected to.
    pub const NETWORK: u32 = 8;
    /// Every bit there is.
    pub const ALL: u32 = RESOURCE | FILESYSTEM | SYSCALL | NETWORK;
}
