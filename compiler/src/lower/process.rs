//! What the program's process is given: the values that no policy changes, and those that it does.

use crate::ir::{CapabilitySets, Identity, Limit, Namespace, Process, Resource};
use crate::resolve::Resolved;
use core::time::Duration;
use std::collections::BTreeSet;

/// The user and the group inside.
pub const INSIDE: u32 = 1000;

/// The user and the group outside when root starts the sandbox: nobody else's. They lie between the
/// ranges that are set aside for containers and the end of the usable ids.
pub const OUTSIDE_FOR_ROOT: u32 = 1_886_745_200;

/// The sandbox's host name.
pub(super) const HOST_NAME: &str = "purple";

/// What a program gets to end by itself when its time is over.
const GRACE: Duration = Duration::from_secs(5);

/// Only the owner can write to what is made.
const UMASK: u32 = 0o022;

/// Nobody looks at a core dump, which may hold secrets and fill the disk.
const NO_CORE: Limit = Limit {
    resource: Resource::Core,
    soft: 0,
    hard: 0,
    span: None,
};

/// The process.
pub(super) fn lower(resolved: &Resolved) -> Process {
    let identity = Identity {
        inside: INSIDE,
        outside_for_root: OUTSIDE_FOR_ROOT,
    };
    let capabilities = resolved.capabilities.mask();
    // Capabilities count in namespaces that own none of the mounts.
    let inner: &[Namespace] = if capabilities == 0 {
        &[]
    } else {
        &[Namespace::User, Namespace::Network]
    };
    let (working_dir, working_dir_span) = resolved.filesystem.working_dir.clone();
    Process {
        namespaces: BTreeSet::from(Namespace::ALL),
        inner_namespaces: inner.iter().copied().collect(),
        user: identity,
        group: identity,
        // The program and all that it starts hold the same ones: nothing raises or drops any later.
        capabilities: CapabilitySets::same(capabilities),
        timeout: resolved
            .resources
            .timeout
            .map(|timeout| Duration::from_secs(timeout.value)),
        grace: GRACE,
        new_session: true,
        umask: UMASK,
        host_name: HOST_NAME.to_owned(),
        working_dir,
        working_dir_span,
        limits: vec![NO_CORE],
    }
}
