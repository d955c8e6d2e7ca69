//! The records of each section: what the executor has to do, a file for each layer.

mod audit;
mod filesystem;
mod filter;
mod landlock;
mod limits;
mod meaning;
mod network;
mod origin;
mod process;

pub use audit::{Audit, AuditFailure, Layer, Need, audit_flags};
pub use filesystem::{Mount, MountKind, mount_attrs, mount_flags};
pub use filter::{Filter, Method};
pub use landlock::{
    Landlock, PathAccess, PortAccess, landlock_fs, landlock_net, landlock_scope, path_flags,
};
pub use limits::{CgroupValue, Rlimit};
pub use meaning::{
    Basis, CallRule, Comparison, Condition, Interface, NamedCall, Number, Strength, interface_flags,
};
pub use network::{
    NetAction, NetBatch, NetBatchKind, NetResolver, NetRule, NetSocket, Network, NetworkMode,
    net_rule_flags, net_socket_flags, network_flags,
};
pub use origin::{HostFact, Meta, Source};
pub use process::{Capabilities, EnvKind, EnvVar, Process, namespace_flags, process_flags};
