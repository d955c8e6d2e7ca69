//! Kinds of namespaces.

use serde::{Deserialize, Serialize};

/// A kind of namespace (namespaces(7)), by the name that target descriptions have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// Control groups.
    Cgroup,
    /// System V objects and POSIX queues.
    Ipc,
    /// Mounts.
    Mount,
    /// The network.
    Network,
    /// Processes.
    Pid,
    /// Users and groups.
    User,
    /// Host names.
    Uts,
}

impl Namespace {
    /// All of them that a sandbox can have; a clock of its own is not among them.
    pub const ALL: [Self; 7] = [
        Self::Cgroup,
        Self::Ipc,
        Self::Mount,
        Self::Network,
        Self::Pid,
        Self::User,
        Self::Uts,
    ];

    /// The name in descriptions, listings and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Ipc => "ipc",
            Self::Mount => "mount",
            Self::Network => "network",
            Self::Pid => "pid",
            Self::User => "user",
            Self::Uts => "uts",
        }
    }
}
