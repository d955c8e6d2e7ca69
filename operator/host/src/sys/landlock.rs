//! Landlock: its version, and one ruleset for a probe.
#![expect(unsafe_code, reason = "these calls take pointers")]

use super::{Result, call, descriptor, number};
use nix::errno::Errno;
use nix::libc;
use std::os::fd::AsRawFd as _;

/// The version of Landlock's interface.
pub(crate) fn version() -> Result<u32> {
    const VERSION: usize = 1;
    // SAFETY: with this flag the call takes no structure.
    let found = unsafe { call(libc::SYS_landlock_create_ruleset, [0, 0, VERSION, 0, 0, 0]) }?;
    u32::try_from(found).map_err(|_| Errno::ERANGE)
}

/// Restricts this process: it cannot list any directory.
pub(crate) fn deny_listing() -> Result<()> {
    const READ_DIR: u64 = 1 << 3;
    let rights = READ_DIR;
    let at = (&raw const rights).expose_provenance();
    // SAFETY: the first version's structure is this one number, and the size says so.
    let rules = unsafe { call(libc::SYS_landlock_create_ruleset, [at, 8, 0, 0, 0, 0]) }?;
    let rules = descriptor(rules)?;
    let arguments = [number(rules.as_raw_fd()), 0, 0, 0, 0, 0];
    // SAFETY: numbers only.
    unsafe { call(libc::SYS_landlock_restrict_self, arguments) }.map(drop)
}
