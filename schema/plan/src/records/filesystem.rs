//! The steps that build the file system.

use crate::layout::{enumeration, record};
use crate::source_line::SourceLine;
use core::ffi::CStr;

enumeration! {
    /// One kind of step that builds the file system.
    pub enum MountKind {
        /// Mount a tmpfs: `attrs`, `size`, `inodes`, `mode`.
        Tmpfs = 1,
        /// Bind the host's `source`: `attrs`, `flags`.
        Bind = 2,
        /// Mount a proc of the sandbox's pid namespace.
        Proc = 3,
        /// Mount sysfs.
        Sysfs = 4,
        /// Mount a devpts instance of its own.
        Devpts = 5,
        /// Write a file with `content` and `mode`.
        File = 6,
        /// Make a symbolic link to `content`.
        Symlink = 7,
        /// Make a directory with `mode`.
        Directory = 8,
        /// Cover a file or directory with an empty one that cannot be read or written.
        Mask = 9,
        /// Bind the target on itself with `attrs`.
        SelfBind = 10,
        /// Add `attrs` to the mount at the target.
        Attributes = 11,
        /// Write `content` to the existing file and read it back (for /proc/sys).
        Setting = 12,
        /// Cover each path that the pattern `target` matches: `attrs`. A step that is looked up on the
        /// host before the plan is applied, and replaced by steps for what was found.
        MaskMatches = 13,
        /// Bind each such path on itself: `attrs`.
        SelfBindMatches = 14,
    }
}

record! {
    /// One step that builds the file system. Steps are taken in order.
    pub struct Mount<'a> {
        /// What to do.
        pub kind: MountKind,
        /// See [`mount_flags`].
        pub flags: u32,
        /// `MOUNT_ATTR_*` bits to set (`mount_setattr(2)`). See [`mount_attrs`].
        pub attrs: u64,
        /// Tmpfs: bytes it may hold.
        pub size: u64,
        /// Tmpfs: files it may hold.
        pub inodes: u32,
        /// Permission bits of what is made.
        pub mode: u32,
        /// The line of the policy that asked for it, if any.
        pub line: SourceLine,
        /// Bind: the path on the host.
        pub source: &'a CStr,
        /// The path inside, absolute.
        pub target: &'a CStr,
        /// File, symbolic link, setting and stub of a file: the content.
        pub content: &'a [u8],
    }
}

/// Bits of [`Mount::attrs`] (linux/mount.h).
pub mod mount_attrs {
    /// `MOUNT_ATTR_RDONLY`: nothing can be written.
    pub const RDONLY: u64 = 1;
    /// `MOUNT_ATTR_NOSUID`: set-user-id and set-group-id bits, and capabilities of files, give none.
    pub const NOSUID: u64 = 2;
    /// `MOUNT_ATTR_NODEV`: device files open nothing.
    pub const NODEV: u64 = 4;
    /// `MOUNT_ATTR_NOEXEC`: nothing can be executed.
    pub const NOEXEC: u64 = 8;
    /// `MOUNT_ATTR__ATIME`: the bits of how access times are kept.
    pub const ATIME: u64 = 0x70;
    /// `MOUNT_ATTR_NODIRATIME`: no access times of directories are kept.
    pub const NODIRATIME: u64 = 0x80;
    /// `MOUNT_ATTR_NOSYMFOLLOW`: symbolic links are not followed.
    pub const NOSYMFOLLOW: u64 = 0x20_0000;
    /// Every bit there is. An id map is asked for by
    /// [`mount_flags::OWNED`](super::mount_flags::OWNED).
    pub const ALL: u64 = RDONLY | NOSUID | NODEV | NOEXEC | ATIME | NODIRATIME | NOSYMFOLLOW;
}

/// Bits of [`Mount::flags`].
pub mod mount_flags {
    /// Everything mounted below the source comes with it, and `attrs` hold for all of it.
    pub const RECURSIVE: u32 = 1;
    /// Leave the step out when its source (bind) or target (mask, self-bind) does not exist.
    pub const OPTIONAL: u32 = 2;
    /// The target lies in a part of the tree that belongs to the host: it must exist already.
    pub const EXISTING: u32 = 4;
    /// Files belong to the payload inside and to the source's owner outside, also when root
    /// starts the sandbox (an id-mapped mount).
    pub const OWNED: u32 = 8;
    /// Where the target is missing on the host, an empty file, or one with `content`, stands there
    /// while the sandbox runs; where a directory above it is missing, an empty directory (mask,
    /// self-bind).
    pub const STUB_FILE: u32 = 16;
    /// The same with an empty directory for the target itself.
    pub const STUB_DIRECTORY: u32 = 32;
    /// The same with a socket that nobody has bound, for the target itself and for a directory
    /// above it.
    pub const STUB_SOCKET: u32 = 64;
    /// Those of which one says what stands in for a missing target.
    pub const STUBS: u32 = STUB_FILE | STUB_DIRECTORY | STUB_SOCKET;
    /// Every bit there is.
    pub const ALL: u32 = RECURSIVE | OPTIONAL | EXISTING | OWNED | STUBS;
}
