//! Calls that libraries do without where the kernel does not have them, from `data/syscalls/fallback.tsv`.

use std::sync::OnceLock;

use super::table::lines;

/// The calls after which a library uses an older one where the kernel answers ENOSYS, and after no other error.
pub fn with_fallback() -> &'static [&'static str] {
    static NAMES: OnceLock<Vec<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let rows = lines(include_str!("../../data/syscalls/fallback.tsv"));
        rows.filter_map(|line| line.split('\t').next()).collect()
    })
}
