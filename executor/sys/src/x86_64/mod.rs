//! x86-64: the instructions, the entry point and the numbers of the system calls.

pub(crate) mod arguments;
pub(crate) mod bytes;
pub(crate) mod entry;
pub(crate) mod instruction;
pub(crate) mod numbers;
pub(crate) mod paths;

/// `AUDIT_ARCH_X86_64` (linux/audit.h).
pub const AUDIT_ARCH: u32 = 0xc000_003e;
