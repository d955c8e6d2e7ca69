//! What the program's process is given, and what it is held to.

use super::namespace::Namespace;
use crate::source::Span;
use core::time::Duration;
use std::collections::BTreeSet;

/// The program's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The namespaces that the sandbox has of its own.
    pub namespaces: BTreeSet<Namespace>,
    /// Those that the program has of its own below them: in them alone its capabilities count.
    pub inner_namespaces: BTreeSet<Namespace>,
    /// Its user.
    pub user: Identity,
    /// Its group.
    pub group: Identity,
    /// Its capabilities.
    pub capabilities: CapabilitySets,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// What it gets to end by itself when its time is over.
    pub grace: Duration,
    /// Whether it leads a session of its own, without a terminal.
    pub new_session: bool,
    /// Permission bits that new files lack.
    pub umask: u32,
    /// The sandbox's host name.
    pub host_name: String,
    /// The directory it starts in.
    pub working_dir: String,
    /// Where the policy names that.
    pub working_dir_span: Option<Span>,
    /// Limits of its resources (setrlimit(2)).
    pub limits: Vec<Limit>,
}

/// A process's sets of capabilities (capabilities(7)): bit N for capability N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapabilitySets {
    /// What it can get by `execve`.
    pub bounding: u64,
    /// What `execve` preserves where the file says so too.
    pub inheritable: u64,
    /// What it can make effective.
    pub permitted: u64,
    /// What the kernel checks.
    pub effective: u64,
    /// What `execve` preserves for files without capabilities.
    pub ambient: u64,
}

impl CapabilitySets {
    /// The same capabilities in every set.
    pub const fn same(mask: u64) -> Self {
        Self {
            bounding: mask,
            inheritable: mask,
            permitted: mask,
            effective: mask,
            ambient: mask,
        }
    }

    /// Whether no set has a capability.
    pub fn is_empty(&self) -> bool {
        *self == Self::same(0)
    }
}

/// A user's or a group's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Inside.
    pub inside: u32,
    /// Outside, where root starts the sandbox; an ordinary user's own otherwise.
    pub outside_for_root: u32,
}

/// A limit of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The resource.
    pub resource: Resource,
    /// What holds.
    pub soft: u64,
    /// What the program can raise it to.
    pub hard: u64,
    /// The place in the policy; `None` for what every sandbox has.
    pub span: Option<Span>,
}

/// A resource that a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Bytes of address space.
    AddressSpace,
    /// Bytes of a core dump.
    Core,
    /// Seconds of processor time.
    ProcessorTime,
    /// Bytes of data.
    Data,
    /// Bytes of a file.
    FileSize,
    /// Open files, as the number above the highest descriptor.
    OpenFiles,
    /// Bytes of the stack.
    Stack,
    /// Processes and threads of one user.
    Processes,
    /// Bytes that cannot be swapped out.
    LockedMemory,
    /// Queued signals, and timers, each of which holds one.
    QueuedSignals,
    /// Bytes in POSIX message queues.
    MessageQueues,
}

impl Resource {
    /// The name that prlimit(1) has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddressSpace => "as",
            Self::Core => "core",
            Self::ProcessorTime => "cpu",
            Self::Data => "data",
            Self::FileSize => "fsize",
            Self::OpenFiles => "nofile",
            Self::Stack => "stack",
            Self::Processes => "nproc",
            Self::LockedMemory => "memlock",
            Self::QueuedSignals => "sigpending",
            Self::MessageQueues => "msgqueue",
        }
    }
}
