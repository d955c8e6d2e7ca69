//! Older spellings of keys and operators, and the preferred ones.

/// A key that was once spelt otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OlderSpelling {
    /// The section that the key stands in.
    pub section: &'static str,
    /// The older spelling: accepted, with a note.
    pub older: &'static str,
    /// The spelling in the schema.
    pub preferred: &'static str,
}

const fn older(
    section: &'static str,
    older: &'static str,
    preferred: &'static str,
) -> OlderSpelling {
    OlderSpelling {
        section,
        older,
        preferred,
    }
}

/// Every older spelling of a key.
pub const OLDER_SPELLINGS: &[OlderSpelling] = &[
    older("resources", "memory_limit", "memory_limit_bytes"),
    older(
        "resources",
        "block_io_limit",
        "block_io_limit_bytes_per_sec",
    ),
    older("resources", "timeout", "session_timeout_seconds"),
    older("network", "allow_outgoing", "allowed_outgoing_ports"),
    older("network", "allow_incoming", "allowed_incoming_ports"),
    older("network", "blocked_ips_v4", "blocked_ips"),
];

/// Every older spelling of a comparison operator, with the preferred one.
pub const OLDER_OPERATORS: &[(&str, &str)] = &[("neq", "ne"), ("lte", "le"), ("gte", "ge")];
