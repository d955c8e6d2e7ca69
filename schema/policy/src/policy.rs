//! The policy: its sections, and what the absence of each means.

use crate::{
    Audit, Capabilities, EbpfMonitoring, Environment, Extends, Filesystem, Network, Process,
    Resources, Syscalls,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Purple policy: what a confined program may see, call, use and reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Purple policy")]
pub struct Policy {
    /// The policy's name, used in reports and messages: letters, digits, `.`, `_` and `-`,
    /// at most 64 characters.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    #[schemars(example = &"ai-dev-safe")]
    #[schemars(title = "Name")]
    pub name: String,

    /// One line of text about the policy. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Description")]
    #[schemars(example = &"Builds and tests a project, without a network")]
    pub description: Option<String>,

    /// The policies from which this one inherits: the name of a shipped profile, a file (a path that contains
    /// a `/` or ends in `.yaml` or `.yml`, relative to this file), or a list of these. Later entries override
    /// earlier ones, and the policy itself overrides all of them. Absent: none.
    #[schemars(title = "Parents", example = &"ai-dev-safe")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Extends>,

    /// The files that the program can see and write. Absent: the host's system directories read-only, a
    /// private `/tmp`, and no writable path of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "File system")]
    #[schemars(extend("examples" = [{"scratch_paths": ["/tmp"], "working_dir": "/tmp"}]))]
    pub filesystem: Option<Filesystem>,

    /// The system calls that the program may make. Absent: all except the hardened baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "System calls")]
    #[schemars(extend("examples" = [{"default_deny": false, "deny": ["ptrace", "reboot"]}]))]
    pub syscalls: Option<Syscalls>,

    /// Limits on processors, memory, processes, I/O and time. Absent: no limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Resource limits")]
    #[schemars(extend("examples" = [{"memory_limit_bytes": "2G", "pids_limit": 100}]))]
    pub resources: Option<Resources>,

    /// The host name, the user name and the time zone inside, and the permissions of new files. Absent: the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Process")]
    #[schemars(extend("examples" = [{"umask": "027", "hostname": "build"}]))]
    pub process: Option<Process>,

    /// Linux capabilities. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Capabilities")]
    #[schemars(extend("examples" = [{"add": ["CAP_NET_BIND_SERVICE"]}]))]
    pub capabilities: Option<Capabilities>,

    /// Network access. Absent: isolated, with only the sandbox's own loopback interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Network")]
    #[schemars(extend("examples" = [{"isolated": true}]))]
    pub network: Option<Network>,

    /// Environment variables. Absent: only the fixed defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Environment variables")]
    #[schemars(extend("examples" = [{"set": {"EDITOR": "vi"}, "pass": ["LANG"]}]))]
    pub environment: Option<Environment>,

    /// The audit record of each run. Absent: no audit record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Audit record")]
    #[schemars(extend("examples" = [{"enabled": true, "log_path": "/var/log/purple/audit.log"}]))]
    pub audit: Option<Audit>,

    /// Tracing by eBPF from outside the sandbox. Absent: off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Monitoring by eBPF")]
    #[schemars(extend("examples" = [{"enabled": true, "trace_syscalls": true}]))]
    pub ebpf_monitoring: Option<EbpfMonitoring>,
}
