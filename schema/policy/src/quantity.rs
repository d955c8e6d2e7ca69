//! A number that may be written with a unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A quantity as written: a whole number, or text such as `2G`, `512MiB` or `100MBps`.
///
/// `K`, `M`, `G`, `T` and `Ki`, `KiB`, ... are powers of 1024; `KB`, `MB`, `GB`, `TB` are powers
/// of 1000. A rate may end in `ps` or `/s`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// A plain number in the field's base unit.
    Number(u64),
    /// A number with a unit.
    Text(String),
}

/// A time as written: a number of seconds, or text such as `90s`, `15m` or `1h30m`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Timeout {
    /// Seconds.
    Number(#[schemars(range(min = 1))] u64),
    /// Days, hours, minutes and seconds: `d`, `h`, `m`, `s`.
    Text(String),
}
