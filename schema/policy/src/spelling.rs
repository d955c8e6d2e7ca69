//! Deprecated spellings of keys and operators, and the preferred ones.

/// A key that was once spelt otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeprecatedSpelling {
    /// The section that the key stands in.
    pub section: &'static str,
    /// The deprecated spelling: accepted, with a note.
    pub deprecated: &'static str,
    /// The spelling in the schema.
    pub preferred: &'static str,
}

const fn deprecated(
    section: &'static str,
    deprecated: &'static str,
    preferred: &'static str,
) -> DeprecatedSpelling {
    DeprecatedSpelling {
        section,
        deprecated,
        preferred,
    }
}

/// Every deprecated spelling of a key.
pub const DEPRECATED_SPELLINGS: &[DeprecatedSpelling] = &[
    deprecated("resources", "memory_limit", "memory_limit_bytes"),
    deprecated(
        "resources",
        "block_io_limit",
        "block_io_limit_bytes_per_sec",
    ),
    deprecated("resources", "timeout", "session_timeout_seconds"),
    deprecated("network", "allow_outgoing", "allowed_outgoing_ports"),
    deprecated("network", "allow_incoming", "allowed_incoming_ports"),
    deprecated("network", "blocked_ips_v4", "blocked_ips"),
];

/// Every deprecated spelling of a comparison operator, with the preferred one.
pub const DEPRECATED_OPERATORS: &[(&str, &str)] = &[("neq", "ne"), ("lte", "le"), ("gte", "ge")];
