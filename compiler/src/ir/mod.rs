//! The intermediate representation: what is to be enforced, layer by layer, with the places in the
//! policy that ask for it.

pub mod landlock;
mod print;
pub(crate) mod solver;
pub mod syscalls;
mod verify;

pub use verify::{Broken, verify};

use crate::source::Span;
use landlock::Landlock;
use purple_plan::{Layer, audit_flags};
use syscalls::Meaning;

/// Everything that a plan enforces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ir {
    /// The policy's name.
    pub name: String,
    /// The steps that build the file system, in order.
    pub steps: Vec<Step>,
    /// The directory the program starts in.
    pub working_dir: String,
    /// Where the policy names it.
    pub working_dir_span: Option<Span>,
    /// Capabilities to keep: bit N for capability N.
    pub capabilities: u64,
    /// The place that asks for more network than there is.
    pub narrowed: Option<Span>,
    /// Control group files and what is written to them.
    pub cgroup: Vec<CgroupValue>,
    /// Seconds that a session may last.
    pub timeout: Option<u64>,
    /// `NAME=value` and `NAME`, in the order of the names.
    pub environment: Vec<Variable>,
    /// Other layers that must be in force, in the order of their numbers.
    pub needs: Vec<(Layer, Span)>,
    /// The audit record, where there is to be one.
    pub audit: Option<Audit>,
    /// The second wall.
    pub landlock: Landlock,
    /// The filter's meaning, an architecture each.
    pub filters: Vec<Meaning>,
}

/// An environment variable, and the audit record.
pub use crate::resolve::{Audit, Variable};

impl Ir {
    /// What the filter's program for a meaning must do: where denied calls are recorded, it tells
    /// the supervisor of each instead of answering by itself.
    pub fn enforced(&self, meaning: &Meaning) -> Meaning {
        let told = self
            .audit
            .as_ref()
            .is_some_and(|audit| audit.flags & audit_flags::SYSCALL != 0);
        if told {
            meaning.told()
        } else {
            meaning.clone()
        }
    }
}

/// A step that builds the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub action: Action,
    /// Where, inside.
    pub target: String,
    /// Whether the target lies in a tree of the host: then it must exist, for making it would
    /// write to the host.
    pub existing: bool,
    /// The place in the policy; `None` for what every sandbox has.
    pub span: Option<Span>,
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
        /// Mount attributes.
        attributes: Attributes,
    },
    /// Something of the host.
    Bind {
        /// Its path on the host.
        source: String,
        /// Mount attributes, for it and all below it.
        attributes: Attributes,
        /// Whether a host without it is no error.
        optional: bool,
        /// Whether the program owns what it makes there.
        owned: bool,
    },
    /// The processes of the sandbox.
    Proc,
    /// The kernel's devices, read-only.
    Sysfs,
    /// Pseudo-terminals of its own.
    Devpts,
    /// A file with this content.
    File(String),
    /// A symbolic link to this.
    Symlink(String),
    /// Cover what is there, if it is there.
    Mask,
    /// Make what is there read-only, if it is there.
    Protect,
    /// Keep what lies in a writable tree of the host as it is: read-only, or hidden; where it is
    /// missing, nobody inside can make it.
    Guard {
        /// Whether it is covered like a mask, and not just read-only.
        hidden: bool,
        /// What stands there while the sandbox runs, should it be missing.
        stub: Stub,
    },
    /// Make a directory of the host a mount of its own, if it is there, so that nobody can rename it
    /// and put another in its place.
    Pin,
    /// Make the mount itself read-only, not what is mounted below it.
    Seal,
    /// Write this to a kernel setting.
    Setting(String),
}

impl Action {
    /// Whether it shows something of the host that a program can write to.
    pub const fn is_writable_bind(&self) -> bool {
        matches!(self, Self::Bind { attributes, .. } if !attributes.read_only)
    }
}

/// What stands for a missing path of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stub {
    /// An empty directory.
    Directory,
    /// A file with this in it.
    File(String),
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

/// A value of a control group file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CgroupValue {
    /// The file's name.
    pub file: &'static str,
    /// What is written to it.
    pub value: String,
    /// The place in the policy.
    pub span: Span,
}
