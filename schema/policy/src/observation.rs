//! The `audit` and `ebpf_monitoring` sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The record of what the program did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Write an audit record.
    pub enabled: bool,
    /// The file on the host to append to.
    #[schemars(example = &"/var/log/purple/audit.log")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_path: Option<String>,
    /// What to record.
    #[schemars(extend("examples" = [["syscall", "filesystem"]]))]
    pub detail_level: Vec<AuditDetail>,
}

/// A kind of audit detail.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AuditDetail {
    /// Resource usage.
    Resource,
    /// File operations.
    Filesystem,
    /// System calls.
    Syscall,
    /// Network activity.
    Network,
}

/// Tracing from outside the sandbox by eBPF. It observes and does not confine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the policy")]
pub struct EbpfMonitoring {
    /// Trace at all.
    pub enabled: bool,
    /// Trace system calls.
    pub trace_syscalls: bool,
    /// Trace file operations.
    pub trace_files: bool,
    /// Trace network activity.
    pub trace_network: bool,
}
