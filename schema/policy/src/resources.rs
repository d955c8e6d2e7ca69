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
}
