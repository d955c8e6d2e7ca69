//! The process, the network and the audit record, as records.

use super::lines::Lines;
use super::texts::Texts;
use crate::ir::{self, Detail, Ir, Namespace, Resource};
use core::time::Duration;
use purple_plan::{
    Audit, Capabilities, Process, Rlimit, audit_flags, namespace_flags, process_flags,
};
use std::collections::BTreeSet;

/// The numbers of the resources (asm-generic/resource.h).
const RLIMIT_CPU: u32 = 0;
const RLIMIT_FSIZE: u32 = 1;
const RLIMIT_DATA: u32 = 2;
const RLIMIT_STACK: u32 = 3;
const RLIMIT_CORE: u32 = 4;
const RLIMIT_NPROC: u32 = 6;
const RLIMIT_NOFILE: u32 = 7;
const RLIMIT_MEMLOCK: u32 = 8;
const RLIMIT_AS: u32 = 9;
const RLIMIT_SIGPENDING: u32 = 11;
const RLIMIT_MSGQUEUE: u32 = 12;

/// The record of the process.
pub(super) fn process<'t>(ir: &Ir, texts: &'t Texts, lines: Lines<'_>) -> Process<'t> {
    let from = &ir.process;
    Process {
        namespaces: namespaces(&from.namespaces),
        inner_namespaces: namespaces(&from.inner_namespaces),
        uid: from.user.inside,
        gid: from.group.inside,
        root_uid: from.user.outside_for_root,
        root_gid: from.group.outside_for_root,
        timeout_ms: from.timeout.map_or(0, milliseconds),
        grace_ms: milliseconds(from.grace),
        flags: if from.new_session {
            process_flags::NEW_SESSION
        } else {
            0
        },
        umask: from.umask,
        hostname: &texts.host_name,
        working_dir: &texts.working_dir,
        working_dir_line: lines.of(from.working_dir_span),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn namespaces(kinds: &BTreeSet<Namespace>) -> u64 {
    kinds.iter().fold(0, |bits, kind| bits | flag(*kind))
}

const fn flag(kind: Namespace) -> u64 {
    match kind {
        Namespace::Mount => namespace_flags::NEWNS,
        Namespace::Cgroup => namespace_flags::NEWCGROUP,
        Namespace::Uts => namespace_flags::NEWUTS,
        Namespace::Ipc => namespace_flags::NEWIPC,
        Namespace::User => namespace_flags::NEWUSER,
        Namespace::Pid => namespace_flags::NEWPID,
        Namespace::Network => namespace_flags::NEWNET,
    }
}

/// The sets of capabilities.
pub(super) const fn capabilities(ir: &Ir) -> Capabilities {
    let sets = ir.process.capabilities;
    Capabilities {
        bounding: sets.bounding,
        inheritable: sets.inheritable,
        permitted: sets.permitted,
        effective: sets.effective,
        ambient: sets.ambient,
    }
}

/// The record of a limit.
pub(super) fn limit(limit: &ir::Limit, lines: Lines<'_>) -> Rlimit {
    Rlimit {
        resource: match limit.resource {
            Resource::AddressSpace => RLIMIT_AS,
            Resource::Core => RLIMIT_CORE,
            Resource::ProcessorTime => RLIMIT_CPU,
            Resource::Data => RLIMIT_DATA,
            Resource::FileSize => RLIMIT_FSIZE,
            Resource::OpenFiles => RLIMIT_NOFILE,
            Resource::Stack => RLIMIT_STACK,
            Resource::Processes => RLIMIT_NPROC,
            Resource::LockedMemory => RLIMIT_MEMLOCK,
            Resource::QueuedSignals => RLIMIT_SIGPENDING,
            Resource::MessageQueues => RLIMIT_MSGQUEUE,
        },
        line: lines.of(limit.span),
        soft: limit.soft,
        hard: limit.hard,
    }
}

/// The record of what is recorded.
pub(super) fn audit<'t>(audit: &ir::Audit, texts: &'t Texts, lines: Lines<'_>) -> Audit<'t> {
    let flag = |detail: &Detail| match detail {
        Detail::Resource => audit_flags::RESOURCE,
        Detail::Filesystem => audit_flags::FILESYSTEM,
        Detail::Syscall => audit_flags::SYSCALL,
        Detail::Network => audit_flags::NETWORK,
    };
    Audit {
        flags: audit
            .details
            .iter()
            .fold(0, |flags, detail| flags | flag(detail)),
        failure: audit.failure,
        line: lines.of(Some(audit.span)),
        log_path: &texts.log_path,
    }
}
