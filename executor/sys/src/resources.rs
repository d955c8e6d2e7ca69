//! prlimit(2).
#![expect(unsafe_code, reason = "prlimit takes pointers to structures")]

use crate::architecture::numbers;
use crate::call::{address_of, address_of_mut, call, word};
use rustix::io::Errno;

/// This process, as prlimit(2) names it.
const SELF: usize = 0;

/// `struct rlimit64`: the soft and the hard limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Limit {
    /// What holds.
    pub soft: u64,
    /// How far the process may raise it.
    pub hard: u64,
}

/// Sets a resource limit (`RLIMIT_*`) of this process and reads it back.
pub fn set_limit(resource: u32, limit: Limit) -> Result<Limit, Errno> {
    let set = [SELF, word(resource), address_of(&limit), 0, 0, 0];
    // SAFETY: one structure to read, alive; the old limit is not asked for.
    let _zero = unsafe { call(numbers::PRLIMIT64, set) }?;
    limit_of(resource)
}

/// A resource limit (`RLIMIT_*`) of this process.
pub fn limit_of(resource: u32) -> Result<Limit, Errno> {
    // No limit has such values, so an answer that writes none is seen.
    let mut found = Limit { soft: 1, hard: 0 };
    let get = [SELF, word(resource), 0, address_of_mut(&mut found), 0, 0];
    // SAFETY: one structure to write, alive; no new limit is given.
    let _zero = unsafe { call(numbers::PRLIMIT64, get) }?;
    Ok(found)
}
