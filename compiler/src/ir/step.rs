//! The steps that build the file system.

use crate::source::Span;

/// A step that builds the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// Where, inside.
    pub target: String,
    /// Attributes of the mount that it makes, and of all that is mounted below what it shows; none
    /// for what makes no mount.
    pub attributes: Attributes,
    /// Whether it is left out where the host has not what it needs: a bind's source, or the target
    /// of what covers one.
    pub optional: bool,
    /// Whether the target lies in a tree of the host: then it must exist, for making it would
    /// write to the host.
    pub existing: bool,
    /// The place in the policy; `None` for what every sandbox has.
    pub span: Option<Span>,
}

impl Step {
    /// Whether it shows something of the host that a program can write to.
    pub const fn is_writable_bind(&self) -> bool {
        matches!(self.action, Action::Bind { .. }) && !self.attributes.read_only
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// An empty private file system in memory.
    Tmpfs {
        /// Bytes it may hold.
        bytes: u64,
        /// Files it may hold.
        files: u32,
        /// Permission bits of its root.
        mode: u32,
    },
    /// Something of the host, with all that is mounted below it.
    Bind {
        /// Its path on the host.
        source: String,
        /// Whether the program owns what it makes there.
        owned: bool,
        /// Where its path on the host is a symbolic link with this text, the same link is made inside, and
        /// nothing is mounted.
        link: Option<String>,
    },
    /// The processes of the sandbox.
    Proc,
    /// The kernel's devices, read-only.
    Sysfs,
    /// Pseudo-terminals of its own.
    Devpts,
    /// A file.
    File {
        /// What is in it.
        content: String,
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link to this.
    Symlink(String),
    /// Cover what is there.
    Mask,
    /// Do this to each path that the target, a pattern, matches when the run is started: cover it, or keep
    /// it as it is.
    Matches {
        /// Whether it is covered, and not just read-only.
        hidden: bool,
    },
    /// Make what is there read-only, with all that is mounted below it.
    ReadOnly,
    /// Keep a path in a writable tree of the host as it is: read-only, or hidden. Where it is
    /// missing, nobody inside can make it.
    Protect {
        /// Whether it is covered like a mask, and not just read-only.
        hidden: bool,
        /// What stands there while the sandbox runs, should it be missing.
        stub: Stub,
    },
    /// Make a directory of the host a mount of its own, so that nobody can rename it and put
    /// another in its place.
    Pin,
    /// Give the mount itself the attributes, not what is mounted below it.
    Seal,
    /// Write this to a kernel setting.
    Setting(String),
}

/// What stands for a protected path that the host has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stub {
    /// An empty directory.
    Directory,
    /// A file with this in it.
    File(String),
    /// An unbound socket: no program can open it, and git ignores it.
    Socket,
}

/// Attributes of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent bits of the kernel"
)]
pub struct Attributes {
    /// Nothing can be written.
    pub read_only: bool,
    /// Set-user-id bits and file capabilities mean nothing.
    pub no_suid: bool,
    /// Device files cannot be opened.
    pub no_dev: bool,
    /// Nothing can be executed.
    pub no_exec: bool,
}

impl Attributes {
    /// None of them.
    pub const NONE: Self = Self {
        read_only: false,
        no_suid: false,
        no_dev: false,
        no_exec: false,
    };
}
