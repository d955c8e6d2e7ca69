//! The `audit` and `ebpf_monitoring` sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The audit record of each run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Write an audit record.
    #[schemars(title = "Enabled")]
    pub enabled: bool,
    /// The file on the host to which records are appended. Absent: the operator's log.
    #[schemars(example = &"/var/log/purple/audit.log")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Log file")]
    pub log_path: Option<String>,
    /// What happens if the record of a run cannot be written. Absent: `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "On failure", extend("examples" = ["end"]))]
    pub on_failure: Option<AuditOnFailure>,
    /// What to record besides the run itself.
    #[schemars(extend("examples" = [["syscall", "filesystem"]]))]
    #[schemars(title = "Detail")]
    pub detail_level: Vec<AuditDetail>,
}

/// What happens if the record of a run cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditOnFailure {
    /// The run is refused, or ends.
    End,
    /// The run continues, and a message says so.
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
    /// Denied system calls.
    Syscall,
    /// Network activity.
    Network,
}

/// Tracing by eBPF from outside the sandbox. It observes the program and does not confine it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the policy")]
pub struct EbpfMonitoring {
    /// Whether to trace.
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
