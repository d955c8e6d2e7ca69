//! The records of the Landlock layer (landlock(7)).

use crate::layout::record;
use crate::source_line::SourceLine;
use core::ffi::CStr;

record! {
    /// What is restricted where the kernel's Landlock has this version of its interface, or a later
    /// one that no further record names. The first record is the least that the plan needs.
    pub struct Landlock {
        /// The version (`LANDLOCK_CREATE_RULESET_VERSION`).
        pub abi: u32,
        /// The line of the policy that needs it, if any.
        pub line: SourceLine,
        /// What is denied to files unless a [`PathAccess`] allows it. See [`landlock_fs`].
        pub fs: u64,
        /// What is denied to TCP ports unless a [`PortAccess`] allows it. See [`landlock_net`].
        pub net: u64,
        /// What does not reach beyond the sandbox. See [`landlock_scope`].
        pub scope: u64,
    }
}

record! {
    /// What may be done to a file, or to a directory and all below it.
    pub struct PathAccess<'a> {
        /// See [`landlock_fs`]. Bits that the version in use does not know mean nothing. `TRUNCATE`
        /// without `WRITE_FILE` is for what a read-only mount keeps: it is left out where a standard
        /// descriptor leads to files by a mount that is not the plan's.
        pub access: u64,
        /// See [`path_flags`].
        pub flags: u32,
        /// The line of the policy, if any.
        pub line: SourceLine,
        /// The path inside, absolute.
        pub path: &'a CStr,
    }
}

record! {
    /// TCP ports that may be used, from the first to the last.
    pub struct PortAccess {
        /// See [`landlock_net`].
        pub access: u64,
        /// The first port.
        pub first: u16,
        /// The last port, not below the first.
        pub last: u16,
        /// The line of the policy, if any.
        pub line: SourceLine,
    }
}

/// Bits of [`Landlock::fs`] and [`PathAccess::access`]: `LANDLOCK_ACCESS_FS_*` (linux/landlock.h).
pub mod landlock_fs {
    /// Execute a file.
    pub const EXECUTE: u64 = 1;
    /// Open a file for writing.
    pub const WRITE_FILE: u64 = 1 << 1;
    /// Open a file for reading.
    pub const READ_FILE: u64 = 1 << 2;
    /// Open or list a directory.
    pub const READ_DIR: u64 = 1 << 3;
    /// Make a character device.
    pub const MAKE_CHAR: u64 = 1 << 6;
    /// Make a block device.
    pub const MAKE_BLOCK: u64 = 1 << 11;
    /// Rename and link between directories; from version 2 on.
    pub const REFER: u64 = 1 << 13;
    /// Cut a file; from version 3 on.
    pub const TRUNCATE: u64 = 1 << 14;
    /// ioctl(2) on a device; from version 5 on.
    pub const IOCTL_DEV: u64 = 1 << 15;
    /// Connect to a unix socket outside the sandbox by its path; from version 9 on.
    pub const RESOLVE_UNIX: u64 = 1 << 16;
    /// What a rule on something that is no directory may hold.
    pub const FILE: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX;
    /// Every bit there is.
    pub const ALL: u64 = 0x1_ffff;
}

/// Bits of [`Landlock::net`] and [`PortAccess::access`]: `LANDLOCK_ACCESS_NET_*`, from version 4 on.
pub mod landlock_net {
    /// Bind a TCP socket to a port.
    pub const BIND_TCP: u64 = 1;
    /// Connect a TCP socket to a port.
    pub const CONNECT_TCP: u64 = 2;
    /// Every bit there is.
    pub const ALL: u64 = BIND_TCP | CONNECT_TCP;
}

/// Bits of [`Landlock::scope`]: `LANDLOCK_SCOPE_*`, from version 6 on.
pub mod landlock_scope {
    /// Connections to abstract unix sockets.
    pub const ABSTRACT_UNIX_SOCKET: u64 = 1;
    /// Signals.
    pub const SIGNAL: u64 = 2;
    /// Every bit there is.
    pub const ALL: u64 = ABSTRACT_UNIX_SOCKET | SIGNAL;
}

/// Bits of [`PathAccess::flags`].
pub mod path_flags {
    /// Leave it out when there is nothing at the path.
    pub const OPTIONAL: u32 = 1;
    /// Every bit there is.
    pub const ALL: u32 = OPTIONAL;
}
