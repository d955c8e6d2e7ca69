//! What the program's process is given: the values that no policy changes, and those that it does.

use crate::ir::{CapabilitySets, Identity, Limit, Namespace, Process, Resource};
use crate::resolve::Resolved;
use core::time::Duration;
use purple_policy::NetworkMode;
use std::collections::BTreeSet;

/// The user and the group inside.
pub const INSIDE: u32 = 1000;

/// The user and the group outside when root starts the sandbox: nobody else's. They lie between the
/// ranges that are set aside for containers and the end of the usable ids.
pub const OUTSIDE_FOR_ROOT: u32 = 1_886_745_200;

/// The sandbox's host name.
const HOST_NAME: &str = "purple";

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

/// Processes and threads, where the policy does not allow more: what holds where its own limit does
/// not, because there is no control group.
const PROCESSES: u64 = 4096;

/// Limits of what the kernel counts by user, through all user namespaces: a namespace's share is the
/// limit of the processes in it (`inc_rlimit_ucounts`, kernel/ucount.c, from Linux 5.14 on). Each is
/// a fraction of what a host gives a user by default, so that one sandbox leaves the others and the
/// user's own programs some (getrlimit(2)).
fn counted_by_user(resolved: &Resolved) -> [Limit; 4] {
    let processes = resolved.resources.pids.map_or(0, |pids| pids.value);
    [
        (Resource::Processes, processes.max(PROCESSES)),
        // Of 8 MiB.
        (Resource::LockedMemory, 1 << 20),
        // Of 4 for each MiB of memory, about 30,000 on 8 GiB.
        (Resource::QueuedSignals, 1024),
        // Of 819,200: three queues of the default size.
        (Resource::MessageQueues, 256 << 10),
    ]
    .map(|(resource, most)| Limit {
        resource,
        soft: most,
        hard: most,
        span: None,
    })
}

/// The id inside: that of who starts the sandbox, so that files, and what programs note of them, have one owner inside and
/// outside. Root's program is not root.
pub(super) fn inside(given: Option<u32>) -> u32 {
    given.filter(|&id| id != 0).unwrap_or(INSIDE)
}

/// What each process is held to: what every sandbox has, where the policy says nothing else, and what the policy says.
fn limits(resolved: &Resolved) -> Vec<Limit> {
    let written = &resolved.resources.of_each_process;
    let usual = std::iter::once(NO_CORE).chain(counted_by_user(resolved));
    let usual = usual.filter(|usual| {
        let mut written = written.iter();
        written.all(|limit| limit.resource != usual.resource)
    });
    let own = written.iter().map(|limit| Limit {
        resource: limit.resource,
        soft: limit.most,
        hard: limit.most,
        span: Some(limit.span),
    });
    usual.chain(own).collect()
}

/// The host name inside.
pub(super) fn host_name(resolved: &Resolved) -> &str {
    let name = resolved.process.host_name.as_ref();
    name.map_or(HOST_NAME, |name| &name.value)
}

/// The process.
pub(super) fn lower(resolved: &Resolved) -> Process {
    let identity = |given| Identity {
        inside: inside(given),
        outside_for_root: OUTSIDE_FOR_ROOT,
    };
    let capabilities = resolved.capabilities.mask();
    // Capabilities count in namespaces that own none of the mounts.
    let mode = resolved.network.mode;
    let inner: &[Namespace] = match mode {
        _ if capabilities == 0 => &[],
        NetworkMode::None => &[Namespace::User, Namespace::Network],
        // A namespace of its own would reach nothing.
        NetworkMode::Filtered | NetworkMode::Host => &[Namespace::User],
    };
    let mut namespaces = BTreeSet::from(Namespace::ALL);
    if mode == NetworkMode::Host {
        namespaces.remove(&Namespace::Network);
    }
    let (working_dir, working_dir_span) = resolved.filesystem.working_dir.clone();
    Process {
        namespaces,
        inner_namespaces: inner.iter().copied().collect(),
        user: identity(resolved.ids.user),
        group: identity(resolved.ids.group),
        // The program and all that it starts hold the same ones: nothing raises or drops any later.
        capabilities: CapabilitySets::same(capabilities),
        timeout: resolved
            .resources
            .timeout
            .map(|timeout| Duration::from_secs(timeout.value)),
        grace: GRACE,
        new_session: true,
        umask: resolved.process.umask.map_or(UMASK, |umask| umask.value),
        host_name: host_name(resolved).to_owned(),
        working_dir,
        working_dir_span,
        limits: limits(resolved),
    }
}
