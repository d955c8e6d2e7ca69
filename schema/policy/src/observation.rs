//! The `audit` and `ebpf_monitoring` sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The record of what the program did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Write an audit record.
    #[schemars(title = "Enabled")]
    pub enabled: bool,
    /// The file on the host to append to. Absent: none.
    #[schemars(example = &"/var/log/purple/audit.log")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Log file")]
    pub log_path: Option<String>,
    /// What happens to a run whose record cannot be written. Absent: `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "On failure", extend("examples" = ["end"]))]
    pub on_failure: Option<AuditOnFailure>,
    /// What to record.
    #[schemars(extend("examples" = [["syscall", "filesystem"]]))]
    #[schemars(title = "Detail")]
    pub detail_level: Vec<AuditDetail>,
}

/// What happens to a run whose record cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditOnFailure {
    /// It does not start, or it ends.
    End,
    /// It goes on, and its end says so.
    Continue,
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
    #[schemars(title = "Enabled")]
    pub enabled: bool,
    /// Trace system calls.
    #[schemars(title = "Trace system calls")]
    pub trace_syscalls: bool,
    /// Trace file operations.
    #[schemars(title = "Trace files")]
    pub trace_files: bool,
    /// Trace network activity.
    #[schemars(title = "Trace the network")]
    pub trace_network: bool,
}
