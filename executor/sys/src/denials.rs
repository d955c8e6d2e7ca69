//! The table of denied calls: memory that two processes have in common, one after the other.
#![expect(unsafe_code, reason = "raw memory")]

use crate::memory::map;
use core::time::Duration;
use rustix::io::Errno;
use rustix::mm::MapFlags;

/// The longest beginning of a path that is kept, in bytes.
pub const PATH_BYTES: usize = 256;

/// How many denials are kept that differ in number or line: more than there are calls, so that no
/// calls can fill it that a program makes to hide others.
pub const ROWS: usize = 640;

/// In how many ways one of them is kept: the first kinds of arguments, and the latest of all others.
pub const KINDS: usize = 4;

/// How many numbers are counted that find no row; the last one stands for all above.
pub const NUMBERS: usize = 512;

/// Calls of a denial whose arguments are alike; of the last kind of a denial, all that are like none of
/// the others.
#[derive(Debug, Clone, Copy)]
pub struct Arguments {
    /// How many; 0 for a place that is free.
    pub count: u64,
    /// When the first came, since 1970.
    pub first_at: Duration,
    /// The thread, as this process sees it: of the first call, or of the latest where they differ. So
    /// are all the rest.
    pub pid: u32,
    /// The values.
    pub args: [u64; 6],
    /// The thread's name: NULs behind it. All NULs where it could not be looked up.
    pub comm: [u8; 16],
    /// How many bytes of its path there are: none where it takes none or could not be read.
    pub path_length: usize,
    /// The path, from its beginning.
    pub path: [u8; PATH_BYTES],
}

/// Denied calls that are alike in number and line.
#[derive(Debug, Clone, Copy)]
pub struct Denied {
    /// How many.
    pub count: u64,
    /// `AUDIT_ARCH_*` of the interface that they came through.
    pub audit_arch: u32,
    /// The call's number.
    pub number: u32,
    /// The error that they got.
    pub errno: u32,
    /// The line of the policy that says so, as plans number lines; 0 for none.
    pub line: u32,
    /// What they were called with, by kind.
    pub kinds: [Arguments; KINDS],
}

/// What was denied. The recorder writes it, and the supervisor reads it when the recorder is gone.
#[derive(Debug)]
pub struct Table {
    /// How many rows are in use.
    pub used: usize,
    /// How many calls found no row, by number.
    pub beyond: [u64; NUMBERS],
    /// The rows.
    pub rows: [Denied; ROWS],
}

/// An empty table in memory that stays common to this process and the one it clones.
///
/// Holding it proves that nothing else in this process has it. It does not prove that the other
/// process leaves it alone: one of the two may use it at a time, which is the caller's to see to.
/// The recorder uses it until it ends, and the supervisor has waited for that before it looks.
pub fn table() -> Result<&'static mut Table, Errno> {
    let start = map(size_of::<Table>(), MapFlags::SHARED)?;
    // SAFETY: page-aligned, large enough, never unmapped, and zeroes are a valid table: numbers, and
    // a time of 0. After a clone each process has its own name for the memory.
    Ok(unsafe { &mut *start.cast::<Table>() })
}
