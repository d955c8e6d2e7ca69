//! The audit record of a run.

use crate::source::Span;
use purple_plan::AuditFailure;
use std::collections::BTreeSet;

/// The audit record of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// What is recorded beside the run itself.
    pub details: BTreeSet<Detail>,
    /// What happens when it cannot be written.
    pub failure: AuditFailure,
    /// The log's path on the host; empty where the operator chooses.
    pub log_path: String,
    /// The entry that asks for denied calls.
    pub syscall: Option<Span>,
    /// The place in the policy that asks for it.
    pub span: Span,
}

/// What an audit record holds beside the run itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What the run used.
    Resource,
    /// Files that were opened.
    Filesystem,
    /// System calls that were denied.
    Syscall,
    /// Connections that were made.
    Network,
}

impl Audit {
    /// Whether denied calls are recorded, one by one.
    pub fn records_denials(&self) -> bool {
        self.details.contains(&Detail::Syscall)
    }
}

impl Detail {
    /// The name in policies and in the listing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Filesystem => "filesystem",
            Self::Syscall => "syscall",
            Self::Network => "network",
        }
    }
}
