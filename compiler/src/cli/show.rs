//! `purplec show`: what a plan grants: in words, as JSON, and its filters as a policy and as
//! annotated assembly.

mod data;
mod network;
mod page;

use super::calls::classify;
use super::exit::{Exit, complain, print};
use super::query;
use super::verify::with_plan;
use super::{output, source_line};
use clap::{Args, ValueEnum};
use data::{compat, details, native, resource, tcp_uses, text, view};
use page::Page;
use purple_plan::{
    AuditFailure, EnvKind, Filter, Mount, MountKind, Plan, SourceLine, mount_attrs, mount_flags,
};
use purplec::emit::PlanMeaning;
use purplec::emit::bpf::Program;
use purplec::seal::notifies;
use purplec::show::assembly::assembly;
use purplec::show::policy::policy;
use purplec::syscalls::Arch;
use serde_json::Value;
use std::path::PathBuf;

/// The plan, and how to show it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Content and format of the output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Print JSON; same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// The architecture whose filter is shown as a policy, as assembly or as bytes
    #[arg(long, value_name = "A")]
    arch: Option<Arch>,
    /// Write a filter, an array of `sock_filter`, to a file; `-` is standard output. The default
    /// of `--arch` is x86-64 here
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "format"])]
    bpf: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Everything that the plan grants, for people
    Human,
    /// The same for programs
    Json,
    /// The filters as a policy that compiles to them
    Policy,
    /// The instructions of the filters, with their tests and jump targets
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

/// A plan's bytes in words; `None` where they are no plan.
pub(super) fn describe(bytes: &[u8]) -> Option<String> {
    let plan = Plan::decode(bytes).ok()?;
    Some(words(&plan, &view(&plan)))
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
    for line in network::words(plan) {
        out.line("network", &line);
    }
    for line in tcp(plan) {
        out.line("tcp", &line);
    }
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
    // What every sandbox has is no line of the policy.
    for limit in plan.rlimits.iter().filter(|limit| limit.line.is_some()) {
        let (name, line) = (resource(limit.resource), in_brackets(plan, limit.line));
        out.line(
            "limit",
            &format!("{name} = {}, for each process{line}", limit.hard),
        );
    }
    out.line("host name", &string(view, "/process/hostname"));
    out.line("umask", &string(view, "/process/umask"));
    for audit in &plan.audit {
        let list = [&["runs"], details(&audit).as_slice()].concat().join(", ");
        let log = text(audit.log_path);
        let log = if log.is_empty() {
            "the operator's log"
        } else {
            &log
        };
        let failure = match audit.failure {
            AuditFailure::End => "without it a run ends",
            AuditFailure::Continue => "without it a run continues",
        };
        out.line("audit", &format!("{list}, in {log}; {failure}"));
    }
    for need in &plan.needs {
        out.line("needs", need.layer.name());
    }
    for mount in &plan.mounts {
        if let Some((about, line)) = grant(plan, &mount) {
            out.line(about, &line);
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
        for (other, calls) in compat(&one) {
            let (always, sometimes) = (calls.allowed.len(), calls.by_arguments.len());
            let ask = format!("`purplec query PLAN --all --arch {other}` lists them");
            out.line(
                "also through",
                &format!("{other}: {always} calls, {sometimes} by arguments; {ask}"),
            );
        }
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

/// A line of the policy, to stand behind what it says; nothing where there is none.
fn in_brackets(plan: &Plan<'_>, line: SourceLine) -> String {
    source_line::words(plan, line).map_or_else(String::new, |line| format!(" ({line})"))
}

/// What Landlock leaves of TCP.
fn tcp(plan: &Plan<'_>) -> Vec<String> {
    let restricted = plan.landlock.iter().fold(0, |all, level| all | level.net);
    let mut lines = Vec::new();
    for ports in &plan.ports {
        let numbers = if ports.first == ports.last {
            ports.first.to_string()
        } else {
            format!("{}-{}", ports.first, ports.last)
        };
        let line = in_brackets(plan, ports.line);
        let uses = tcp_uses(ports.access).join(" and ");
        lines.push(format!("{uses} {numbers}{line}"));
    }
    let allowed = plan.ports.iter().fold(0, |all, ports| all | ports.access);
    let none = tcp_uses(restricted & !allowed);
    lines.extend(none.into_iter().map(|how| format!("{how} no port")));
    lines
}

/// What a step lets the program see or change, and what kind of thing that is; `None` for what every sandbox has.
fn grant(plan: &Plan<'_>, mount: &Mount<'_>) -> Option<(&'static str, String)> {
    let target = text(mount.target);
    let line = in_brackets(plan, mount.line);
    let optional = if mount.flags & mount_flags::OPTIONAL == 0 {
        ""
    } else {
        ", if there"
    };
    let programs = if mount.attrs & mount_attrs::NOEXEC == 0 {
        ""
    } else {
        ", no programs"
    };
    let words = match mount.kind {
        MountKind::Bind if target.starts_with("/dev/") => {
            return mount
                .line
                .is_some()
                .then(|| ("device", format!("{target}{optional}{line}")));
        }
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
            format!("{target}{from}, {how}{programs}{optional}")
        }
        MountKind::Tmpfs if target == "/" => return None,
        MountKind::Tmpfs => format!("{target}, private, {}{programs}", size(mount.size)),
        MountKind::File if mount.line.is_some() => {
            let executable = if mount.mode & 0o111 == 0 {
                ""
            } else {
                ", a program"
            };
            let bytes = mount.content.len();
            format!("{target}, from the policy, {bytes} bytes{executable}")
        }
        MountKind::File => format!("{target}, generated"),
        MountKind::Symlink if mount.line.is_some() => {
            let to = String::from_utf8_lossy(mount.content);
            format!("{target}, a link to {to}")
        }
        MountKind::Mask if is_protected(mount) => format!("{target}, hidden, protected"),
        MountKind::Mask if mount.line.is_some() => format!("{target}, hidden"),
        MountKind::SelfBind if is_protected(mount) => format!("{target}, protected"),
        MountKind::MaskMatches => format!("matches of {target}, masked"),
        MountKind::SelfBindMatches => format!("matches of {target}, protected"),
        _ => return None,
    };
    Some(("files", words + &line))
}

/// A size of a file system.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

/// Whether it is a protected path: a stub stands there where it is missing.
const fn is_protected(mount: &Mount<'_>) -> bool {
    mount.flags & mount_flags::STUBS != 0
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
