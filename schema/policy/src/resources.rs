//! The `resources` section.

use crate::{Quantity, Timeout};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits for all processes in the sandbox together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// Weight relative to other control groups when the processors are busy, above 0 and at most 1; 1 is the
    /// kernel's default weight of 100 (`cpu.weight`). Default: the kernel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    #[schemars(title = "Processor share")]
    #[schemars(example = 0.5)]
    pub cpu_shares: Option<f64>,

    /// The number of processors that the run may use at one time, even if others are idle: `0.25` is a
    /// quarter of a processor, `2` is two (`cpu.max`, over periods of 100 ms). Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 10000))]
    #[schemars(title = "Processors")]
    #[schemars(example = 1.5)]
    pub cpu_limit: Option<f64>,

    /// Memory in bytes (`memory.max`). If it is exceeded, everything in the sandbox is killed. Default: no
    /// limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2G")]
    #[schemars(title = "Memory")]
    pub memory_limit_bytes: Option<Quantity>,

    /// Swap space in bytes, in addition to the memory (`memory.swap.max`). Default: none if memory is
    /// limited, otherwise no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"512M")]
    #[schemars(title = "Swap space")]
    pub memory_swap_limit_bytes: Option<Quantity>,

    /// Processes and threads at one time (`pids.max`). Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[schemars(title = "Processes")]
    #[schemars(example = 100)]
    pub pids_limit: Option<u64>,

    /// Limit in bytes per second for reading and for writing, on the disk of each writable path (`io.max`).
    /// Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"100M")]
    #[schemars(title = "Input and output per second")]
    pub block_io_limit_bytes_per_sec: Option<Quantity>,

    /// The time limit of a run: then the command gets TERM, and KILL 5 seconds later. Whole seconds, or text
    /// such as `15m` or `1h30m`. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Time limit")]
    #[schemars(example = &"1h30m")]
    pub session_timeout_seconds: Option<Timeout>,

    /// Limits of each process (setrlimit(2)), by the names that `ulimit` and `prlimit` know. The program cannot raise them, and
    /// a lower limit of the caller stays. Default: no core dumps, and limits of what the kernel counts by user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Limits of each process")]
    #[schemars(extend("examples" = [{"nofile": 1024, "fsize": "1G"}]))]
    pub rlimits: Option<ProcessLimits>,
}

/// Limits of each process (setrlimit(2)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessLimits {
    /// Bytes of address space. Default: no limit.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Address space", example = &"4G")]
    pub address_space: Option<Quantity>,
    /// Bytes of a core dump. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Core dump", example = 0)]
    pub core: Option<Quantity>,
    /// Processor time. Whole seconds, or text such as `15m`. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Processor time", example = &"10m")]
    pub cpu: Option<Timeout>,
    /// Bytes of data: heap and private writable mappings. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Data", example = &"2G")]
    pub data: Option<Quantity>,
    /// Bytes of the largest file that a process can create. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "File size", example = &"1G")]
    pub fsize: Option<Quantity>,
    /// Bytes that are locked in memory, by all processes of the run. Default: 1 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Locked memory", example = &"64M")]
    pub memlock: Option<Quantity>,
    /// Bytes in POSIX message queues, by all processes of the run. Default: 256 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Message queues", example = &"1M")]
    pub msgqueue: Option<Quantity>,
    /// Open files, as the number above the highest descriptor. Default: that of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Open files", example = 1024)]
    #[schemars(range(min = 1))]
    pub nofile: Option<u64>,
    /// Processes and threads of all processes of the run; also counted if control groups are not enforced. Default: 4096, or
    /// `pids_limit` if that is higher.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Processes", example = 200)]
    #[schemars(range(min = 1))]
    pub nproc: Option<u64>,
    /// Queued signals, and timers, by all processes of the run. Default: 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Queued signals", example = 1024)]
    pub sigpending: Option<u64>,
    /// Bytes of the stack of a process. Default: that of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Stack", example = &"8M")]
    pub stack: Option<Quantity>,
}
