//! `purplec show`: what a plan grants: in words, as JSON, and its filters as a policy and as
//! annotated assembly.

mod page;

use super::calls::classify;
use super::exit::{Exit, complain, print};
use super::query;
use super::verify::with_plan;
use super::{output, source_line};
use clap::{Args, ValueEnum};
use page::Page;
use purple_plan::{
    Audit, AuditFailure, EnvKind, Filter, Mount, MountKind, Plan, audit_flags, mount_attrs,
    mount_flags, namespace_flags, network_flags,
};
use purplec::emit::PlanMeaning;
use purplec::emit::bpf::Program;
use purplec::seal::{hex, notifies};
use purplec::show::assembly::assembly;
use purplec::show::policy::policy;
use purplec::syscalls::Arch;
use purplec::syscalls::CAPABILITIES;
use serde_json::{Value, json};
use std::ffi::CStr;
use std::path::PathBuf;

/// The plan, and how to show it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// What is shown, and how
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Print JSON: the same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// The one filter to show as a policy, as assembly or as bytes
    #[arg(long, value_name = "A")]
    arch: Option<Arch>,
    /// Write a filter, an array of `sock_filter`, to a file; `-` is standard output. Without
    /// `--arch` it is the one for x86-64
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "format"])]
    bpf: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// All that the plan grants, for people
    Human,
    /// The same for programs
    Json,
    /// The filters as a policy that compiles to them
    Policy,
    /// The filters' instructions, with what each tests and where it goes
    Assembly,
}

/// Shows the plan.
pub(super) fn run(arguments: &Arguments) -> Exit {
    with_plan(&arguments.plan, |plan| show(arguments, plan))
}

fn show(arguments: &Arguments, plan: &Plan<'_>) -> Exit {
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    let about_filters =
        arguments.bpf.is_some() || matches!(format, Format::Policy | Format::Assembly);
    if let Some(arch) = arguments.arch {
        if !about_filters {
            return complain(
                "purplec: `--arch` is for `--format policy`, `--format assembly` and `--bpf`",
            );
        }
        if !plan.filters.iter().any(|one| native(&one) == Some(arch)) {
            let all: Vec<&str> = plan
                .filters
                .iter()
                .filter_map(|one| native(&one))
                .map(Arch::name)
                .collect();
            let all = all.join(", ");
            return complain(&format!(
                "purplec: the plan has no filter for {arch}: it is for {all}"
            ));
        }
    }
    if let Some(to) = &arguments.bpf {
        let wanted = arguments.arch.unwrap_or(Arch::X86_64);
        let Some(filter) = plan.filters.iter().find(|one| native(one) == Some(wanted)) else {
            return complain(&format!("purplec: the plan has no program for {wanted}"));
        };
        return match output::write(to, filter.program) {
            Ok(()) => Exit::Clean,
            Err(message) => complain(&message),
        };
    }
    match format {
        Format::Human => print(&words(plan, &view(plan)), Exit::Clean),
        Format::Json => print(&output::json(&view(plan)), Exit::Clean),
        Format::Policy => {
            match policy(plan, arguments.arch, &|line| source_line::words(plan, line)) {
                Ok(text) => print(&text, Exit::Clean),
                Err(why) => {
                    complain(&format!("purplec: {why}"));
                    Exit::Findings
                }
            }
        }
        Format::Assembly => listings(plan, arguments.arch),
    }
}

/// The filters' instructions.
fn listings(plan: &Plan<'_>, only: Option<Arch>) -> Exit {
    let mut out = String::new();
    let wanted = |one: &Filter<'_>| only.is_none() || native(one) == only;
    for one in plan.filters.iter().filter(wanted) {
        let recorded = PlanMeaning::read(plan, one.audit_arch);
        let (Some(arch), Some(recorded), Some(program)) =
            (native(&one), recorded, Program::from_le_bytes(one.program))
        else {
            complain("purplec: this compiler cannot read the plan's filter");
            return Exit::Findings;
        };
        let count = program.instructions.len();
        let listing = assembly(&recorded, notifies(plan), &program, &|line| {
            source_line::words(plan, line)
        });
        if !out.is_empty() {
            out.push('\n');
        }
        out.extend([
            format!("filter for {arch}, {count} instructions\n").as_str(),
            &listing,
        ]);
    }
    print(&out, Exit::Clean)
}

/// The architecture whose kernels a filter is for.
fn native(filter: &Filter<'_>) -> Option<Arch> {
    Arch::ALL
        .into_iter()
        .find(|arch| arch.is_native() && arch.audit() == filter.audit_arch)
}

/// A plan's bytes in words; `None` where they are no plan.
pub(super) fn describe(bytes: &[u8]) -> Option<String> {
    let plan = Plan::decode(bytes).ok()?;
    Some(words(&plan, &view(&plan)))
}

fn text(text: &CStr) -> String {
    text.to_string_lossy().into_owned()
}

/// Everything in the plan, as data.
fn view(plan: &Plan<'_>) -> Value {
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
            "mode": "loopback",
            "narrowed": plan.network.flags & network_flags::NARROWED != 0,
        },
        "mounts": plan.mounts.iter().map(|mount| step(plan, &mount)).collect::<Vec<_>>(),
        "rlimits": plan.rlimits.iter()
            .map(|limit| json!({ "resource": limit.resource, "soft": limit.soft, "hard": limit.hard }))
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

/// What an audit record has beside the run itself.
fn details(audit: &Audit<'_>) -> Vec<&'static str> {
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
    json!({
        "kind": kind(mount.kind),
        "target": text(mount.target),
        "source": (!mount.source.is_empty()).then(|| text(mount.source)),
        "attributes": attributes(mount.attrs),
        "recursive": flag(mount_flags::RECURSIVE),
        "optional": flag(mount_flags::OPTIONAL),
        "existing": flag(mount_flags::EXISTING),
        "owned": flag(mount_flags::OWNED),
        "stub": [
            (mount_flags::STUB_DIRECTORY, "directory"),
            (mount_flags::STUB_FILE, "file"),
            (mount_flags::STUB_SOCKET, "socket"),
        ]
        .into_iter()
        .find_map(|(bit, name)| flag(bit).then_some(name)),
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
        "rules": arch.zip(calls.as_ref())
            .map(|(arch, calls)| query::answers(plan, arch, &calls.by_arguments)),
        "probe": (filter.probe_errno != 0).then(|| json!({
            "nr": filter.probe_nr,
            "args": filter.probe_args,
            "errno": filter.probe_errno,
        })),
    })
}

/// The plan in words, section by section.
fn words(plan: &Plan<'_>, view: &Value) -> String {
    let mut out = Page::default();
    out.line(
        "plan",
        &format!(
            "{}, policy {}",
            string(view, "/digest"),
            string(view, "/policy")
        ),
    );
    out.line("made by", &string(view, "/compiler"));
    out.line("namespaces", &list(view, "/process/namespaces"));
    let held = list(view, "/capabilities");
    out.line("capabilities", if held.is_empty() { "none" } else { &held });
    let narrowed = plan.network.flags & network_flags::NARROWED != 0;
    out.line(
        "network",
        if narrowed {
            "loopback only (the policy asks for more)"
        } else {
            "loopback only"
        },
    );
    out.line("starts in", &string(view, "/process/working_dir"));
    match plan.process.timeout_ms {
        0 => out.line("timeout", "none"),
        ms => out.line("timeout", &format!("{} s", ms / 1000)),
    }
    for value in &plan.cgroup {
        out.line(
            "limit",
            &format!("{} = {}", text(value.file), text(value.value)),
        );
    }
    for audit in &plan.audit {
        let list = [&["runs"], details(&audit).as_slice()].concat().join(", ");
        let log = text(audit.log_path);
        let log = if log.is_empty() {
            "the operator's log"
        } else {
            &log
        };
        let failure = match audit.failure {
            AuditFailure::End => "a run without it ends",
            AuditFailure::Continue => "a run goes on without it",
        };
        out.line("audit", &format!("{list}, in {log}; {failure}"));
    }
    for need in &plan.needs {
        out.line("needs", need.layer.name());
    }
    for mount in &plan.mounts {
        if let Some(line) = grant(plan, &mount) {
            out.line("files", &line);
        }
    }
    for variable in &plan.environment {
        let from = if variable.kind == EnvKind::Pass {
            " from the caller"
        } else {
            ""
        };
        out.line("environment", &format!("{}{from}", text(variable.text)));
    }
    for one in &plan.filters {
        let arch = native(&one);
        let name = arch.map_or("another architecture", |arch| arch.name());
        out.line(
            "filter",
            &format!("{name}, {} instructions", one.program.len() / 8),
        );
        let Some(calls) = arch.and_then(|arch| classify(arch, one.program)) else {
            continue;
        };
        // The shorter list says the same.
        if calls.allowed.len() < calls.denied.len() {
            out.names("allowed", &calls.allowed);
            out.line("denied", "all other calls");
        } else {
            out.names("denied", &calls.denied);
            out.line("allowed", "all other calls");
        }
        let by_arguments = arch.map(|arch| query::by_arguments(plan, arch, &calls.by_arguments));
        for line in by_arguments.unwrap_or_default() {
            out.line("by arguments", &line);
        }
    }
    out.0
}

/// What a step lets the program see or change; `None` for what every sandbox has.
fn grant(plan: &Plan<'_>, mount: &Mount<'_>) -> Option<String> {
    let target = text(mount.target);
    let line =
        source_line::words(plan, mount.line).map_or_else(String::new, |line| format!(" ({line})"));
    let words = match mount.kind {
        MountKind::Bind if target.starts_with("/dev/") => return None,
        MountKind::Bind => {
            let source = text(mount.source);
            let how = if mount.attrs & mount_attrs::RDONLY == 0 {
                "writable"
            } else {
                "read-only"
            };
            let from = if source == target {
                String::new()
            } else {
                format!(" is {source}")
            };
            let optional = if mount.flags & mount_flags::OPTIONAL == 0 {
                ""
            } else {
                ", if there"
            };
            format!("{target}{from}, {how}{optional}")
        }
        MountKind::Tmpfs if target == "/" => return None,
        MountKind::Tmpfs => format!("{target}, private, {} MiB", mount.size >> 20),
        MountKind::File => format!("{target}, generated"),
        MountKind::Mask if is_protected(mount) => format!("{target}, hidden, protected"),
        MountKind::Mask if mount.line.is_some() => format!("{target}, hidden"),
        MountKind::SelfBind if is_protected(mount) => format!("{target}, protected"),
        _ => return None,
    };
    Some(words + &line)
}

/// Whether it is a protected path: a stub stands there where it is missing.
const fn is_protected(mount: &Mount<'_>) -> bool {
    mount.flags & (mount_flags::STUB_FILE | mount_flags::STUB_DIRECTORY | mount_flags::STUB_SOCKET)
        != 0
}

fn string(view: &Value, pointer: &str) -> String {
    view.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn list(view: &Value, pointer: &str) -> String {
    let items = view
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice);
    items
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
