//! How large a policy may be.

/// The longest policy text: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;

/// How deeply lists and mappings may nest, aliases expanded.
pub const MAX_DEPTH: usize = 64;

/// How many values a policy may hold, aliases expanded.
pub const MAX_NODES: usize = 100_000;

/// How many bytes the keys and values of a policy may have together, aliases expanded: 8 MiB.
pub const MAX_EXPANDED: usize = 8 << 20;
