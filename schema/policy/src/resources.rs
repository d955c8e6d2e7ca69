//! The `resources` section.

use crate::{Quantity, Timeout};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits, enforced for everything in the sandbox together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// Processor weight against other groups when the processor is contended, above 0 and up to 1;
    /// 1 is the kernel's default weight of 100 (`cpu.weight`). Default: the kernel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    #[schemars(title = "Processor share")]
    #[schemars(example = 0.5)]
    pub cpu_shares: Option<f64>,

    /// Processors that may be busy at one time, contended or not: `0.25` is a quarter of one, `2` is
    /// two (`cpu.max`, over periods of 100 ms). Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 10000))]
    #[schemars(title = "Processors")]
    #[schemars(example = 1.5)]
    pub cpu_limit: Option<f64>,

    /// Memory in bytes (`memory.max`). Above it, the whole sandbox is killed. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2G")]
    #[schemars(title = "Memory")]
    pub memory_limit_bytes: Option<Quantity>,

    /// Swap space in bytes, beside the memory (`memory.swap.max`). Default: none where memory is
    /// limited, else no limit.
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

    /// Bytes per second, read and written each, on the devices behind the writable paths
    /// (`io.max`). Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"100M")]
    #[schemars(title = "Input and output per second")]
    pub block_io_limit_bytes_per_sec: Option<Quantity>,

    /// Time from the start after which the sandbox is ended: TERM, then KILL after 5 seconds. Whole
    /// seconds, or text such as `15m` or `1h30m`. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Time limit")]
    #[schemars(example = &"1h30m")]
    pub session_timeout_seconds: Option<Timeout>,
}
