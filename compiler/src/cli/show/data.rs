//! Everything in a plan, as data.

use crate::cli::calls::{Calls, classify};
use crate::cli::{query, source_line};
use purple_plan::{
    Audit, AuditFailure, EnvKind, Filter, Mount, MountKind, NetworkMode, Plan, audit_flags,
    landlock_net, mount_attrs, mount_flags, namespace_flags, network_flags,
};
use purplec::seal::hex;
use purplec::show::network::address;
use purplec::syscalls::{Arch, CAPABILITIES};
use serde_json::{Value, json};
use std::ffi::CStr;

/// Everything in the plan, as data.
pub(super) fn view(plan: &Plan<'_>) -> Value {
    let process = &plan.process;
    json!({
        "digest": format!("sha256:{}", hex(&plan.digest)),
        "policy": text(plan.meta.policy_name),
        "compiler": text(plan.meta.compiler),
        "source_digest": format!("sha256:{}", hex(&plan.meta.source_digest)),
        "process": {
            "namespaces": namespaces(process.namespaces),
            "inner_namespaces": namespaces(process.inner_namespaces),
            "uid": process.uid,
            "gid": process.gid,
            "root_uid": process.root_uid,
            "root_gid": process.root_gid,
            "timeout_ms": process.timeout_ms,
            "grace_ms": process.grace_ms,
            "umask": format!("{:04o}", process.umask),
            "hostname": text(process.hostname),
            "working_dir": text(process.working_dir),
        },
        "capabilities": capabilities(plan.capabilities.permitted),
        "network": {
            "mode": match plan.network.mode {
                NetworkMode::Loopback => "loopback",
                NetworkMode::Filtered => "filtered",
                NetworkMode::Host => "host",
            },
            "narrowed": plan.network.flags & network_flags::NARROWED != 0,
            "entries": plan.net_rules.iter()
                .map(|rule| json!({
                    "text": super::network::entry(&rule),
                    "line": source_line::line(rule.line),
                    "source": source_line::source(plan, rule.line),
                }))
                .collect::<Vec<_>>(),
            "resolvers": plan.net_resolvers.iter()
                .filter_map(|one| address(one.family, &one.address))
                .map(|address| address.to_string())
                .collect::<Vec<_>>(),
        },
        "landlock": landlock(plan),
        "mounts": plan.mounts.iter().map(|mount| step(plan, &mount)).collect::<Vec<_>>(),
        "rlimits": plan.rlimits.iter()
            .map(|limit| json!({
                "resource": limit.resource, "name": resource(limit.resource), "soft": limit.soft, "hard": limit.hard,
                "line": source_line::line(limit.line), "line_of": source_line::source(plan, limit.line),
            }))
            .collect::<Vec<_>>(),
        "environment": plan.environment.iter()
            .map(|variable| match variable.kind {
                EnvKind::Set => json!({ "set": text(variable.text) }),
                EnvKind::Pass => json!({ "pass": text(variable.text) }),
            })
            .collect::<Vec<_>>(),
        "filters": plan.filters.iter().map(|one| filter(plan, &one)).collect::<Vec<_>>(),
        "cgroup": plan.cgroup.iter()
            .map(|value| json!({ "file": text(value.file), "value": text(value.value), "line": source_line::line(value.line), "line_of": source_line::source(plan, value.line) }))
            .collect::<Vec<_>>(),
        "audit": plan.audit.iter().next().map(|audit| json!({
            "detail_level": details(&audit),
            "on_failure": match audit.failure {
                AuditFailure::End => "end",
                AuditFailure::Continue => "continue",
            },
            "log_path": text(audit.log_path),
        })),
        "needs": plan.needs.iter()
            .map(|need| json!({ "layer": need.layer.name(), "line": source_line::line(need.line), "line_of": source_line::source(plan, need.line) }))
            .collect::<Vec<_>>(),
    })
}

/// The names that prlimit(1) has for resources, by their numbers (asm-generic/resource.h).
const RESOURCES: [&str; 16] = [
    "cpu",
    "fsize",
    "data",
    "stack",
    "core",
    "rss",
    "nproc",
    "nofile",
    "memlock",
    "as",
    "locks",
    "sigpending",
    "msgqueue",
    "nice",
    "rtprio",
    "rttime",
];

/// The name of a resource; a plan has none above the last one.
pub(super) fn resource(number: u32) -> &'static str {
    let at = usize::try_from(number).ok();
    at.and_then(|at| RESOURCES.get(at))
        .copied()
        .unwrap_or("unknown")
}

/// What an audit record has beside the run itself.
pub(super) fn details(audit: &Audit<'_>) -> Vec<&'static str> {
    let all = [
        (audit_flags::RESOURCE, "resource"),
        (audit_flags::FILESYSTEM, "filesystem"),
        (audit_flags::SYSCALL, "syscall"),
        (audit_flags::NETWORK, "network"),
    ];
    all.into_iter()
        .filter(|(bit, _)| audit.flags & bit != 0)
        .map(|(_, name)| name)
        .collect()
}

fn namespaces(flags: u64) -> Vec<&'static str> {
    [
        (namespace_flags::NEWNS, "mount"),
        (namespace_flags::NEWCGROUP, "cgroup"),
        (namespace_flags::NEWUTS, "uts"),
        (namespace_flags::NEWIPC, "ipc"),
        (namespace_flags::NEWUSER, "user"),
        (namespace_flags::NEWPID, "pid"),
        (namespace_flags::NEWNET, "network"),
    ]
    .into_iter()
    .filter(|&(flag, _)| flags & flag != 0)
    .map(|(_, name)| name)
    .collect()
}

fn capabilities(set: u64) -> Vec<String> {
    (0..64_u32)
        .filter(|number| set & (1 << number) != 0)
        .map(|number| {
            let known = usize::try_from(number)
                .ok()
                .and_then(|at| CAPABILITIES.get(at));
            known.map_or_else(|| number.to_string(), |name| (*name).to_owned())
        })
        .collect()
}

fn step(plan: &Plan<'_>, mount: &Mount<'_>) -> Value {
    let flag = |bit| mount.flags & bit != 0;
    let stubs = [
        (mount_flags::STUB_DIRECTORY, "directory"),
        (mount_flags::STUB_FILE, "file"),
        (mount_flags::STUB_SOCKET, "socket"),
    ];
    let stub = stubs
        .into_iter()
        .find_map(|(bit, name)| flag(bit).then_some(name));
    json!({
        "kind": kind(mount.kind),
        "target": text(mount.target),
        "source": (!mount.source.is_empty()).then(|| text(mount.source)),
        "attributes": attributes(mount.attrs),
        "recursive": flag(mount_flags::RECURSIVE),
        "optional": flag(mount_flags::OPTIONAL),
        "existing": flag(mount_flags::EXISTING),
        "owned": flag(mount_flags::OWNED),
        "stub": stub,
        "size": mount.size,
        "inodes": mount.inodes,
        "mode": format!("{:04o}", mount.mode),
        "content": (!mount.content.is_empty()).then(|| String::from_utf8_lossy(mount.content)),
        "line": source_line::line(mount.line),
        "line_of": source_line::source(plan, mount.line),
    })
}

const fn kind(kind: MountKind) -> &'static str {
    match kind {
        MountKind::Tmpfs => "tmpfs",
        MountKind::Bind => "bind",
        MountKind::Proc => "proc",
        MountKind::Sysfs => "sysfs",
        MountKind::Devpts => "devpts",
        MountKind::File => "file",
        MountKind::Symlink => "symlink",
        MountKind::Directory => "directory",
        MountKind::Mask => "mask",
        MountKind::SelfBind => "self_bind",
        MountKind::Attributes => "attributes",
        MountKind::Setting => "setting",
        MountKind::MaskMatches => "mask_matches",
        MountKind::SelfBindMatches => "self_bind_matches",
    }
}

fn attributes(bits: u64) -> Vec<&'static str> {
    [
        (mount_attrs::RDONLY, "ro"),
        (mount_attrs::NOSUID, "nosuid"),
        (mount_attrs::NODEV, "nodev"),
        (mount_attrs::NOEXEC, "noexec"),
    ]
    .into_iter()
    .filter(|&(bit, _)| bits & bit != 0)
    .map(|(_, name)| name)
    .collect()
}

fn filter(plan: &Plan<'_>, filter: &Filter<'_>) -> Value {
    let arch = native(filter);
    let calls = arch.and_then(|arch| classify(arch, filter.program));
    json!({
        "arch": arch.map(Arch::name),
        "audit_arch": filter.audit_arch,
        "instructions": filter.program.len() / 8,
        "allowed": calls.as_ref().map(|calls| &calls.allowed),
        "denied": calls.as_ref().map(|calls| &calls.denied),
        "by_arguments": calls.as_ref().map(|calls| &calls.by_arguments),
        "also_through": compat(filter).into_iter()
            .map(|(arch, calls)| json!({
                "arch": arch.name(), "allowed": calls.allowed, "by_arguments": calls.by_arguments,
            }))
            .collect::<Vec<_>>(),
        "rules": arch.zip(calls.as_ref())
            .map(|(arch, calls)| query::answers(plan, arch, &calls.by_arguments)),
        "probe": (filter.probe_errno != 0).then(|| json!({
            "nr": filter.probe_nr,
            "args": filter.probe_args,
            "errno": filter.probe_errno,
        })),
    })
}

/// The other interfaces of a filter's kernel through which it lets calls (`AUDIT_ARCH_I386`, x32).
pub(super) fn compat(filter: &Filter<'_>) -> Vec<(Arch, Calls)> {
    let others = native(filter).map_or(&[][..], Arch::compat);
    others
        .iter()
        .copied()
        .filter_map(|arch| Some((arch, classify(arch, filter.program)?)))
        .filter(|(_, calls)| !calls.allowed.is_empty() || !calls.by_arguments.is_empty())
        .collect()
}

/// What Landlock restricts from each version on, and the TCP ports that it allows.
fn landlock(plan: &Plan<'_>) -> Value {
    let levels = plan.landlock.iter().map(|level| {
        json!({
            "abi": level.abi,
            "files": format!("{:#x}", level.fs),
            "tcp": tcp_uses(level.net),
            "scopes": format!("{:#x}", level.scope),
        })
    });
    let ports = plan.ports.iter().map(|ports| {
        json!({
            "uses": tcp_uses(ports.access),
            "first": ports.first,
            "last": ports.last,
            "line": source_line::line(ports.line),
            "line_of": source_line::source(plan, ports.line),
        })
    });
    let paths = plan.paths.iter().map(|path| {
        json!({
            "path": text(path.path),
            "access": format!("{:#x}", path.access),
            "line": source_line::line(path.line),
            "line_of": source_line::source(plan, path.line),
        })
    });
    json!({
        "from_version": levels.collect::<Vec<_>>(),
        "ports": ports.collect::<Vec<_>>(),
        "paths": paths.collect::<Vec<_>>(),
    })
}

/// What of TCP some bits stand for.
pub(super) fn tcp_uses(bits: u64) -> Vec<&'static str> {
    [
        (landlock_net::BIND_TCP, "bind"),
        (landlock_net::CONNECT_TCP, "connect"),
    ]
    .into_iter()
    .filter(|&(bit, _)| bits & bit != 0)
    .map(|(_, name)| name)
    .collect()
}

/// The architecture whose kernels a filter is for.
pub(super) fn native(filter: &Filter<'_>) -> Option<Arch> {
    Arch::ALL
        .into_iter()
        .find(|arch| arch.is_native() && arch.audit() == filter.audit_arch)
}

/// A text of the plan.
pub(super) fn text(text: &CStr) -> String {
    text.to_string_lossy().into_owned()
}
