//! The bare C peer: a plan's table as C, and the program around it.

use crate::Fault;
use purple_plan::{EnvKind, MountKind, Plan, path_flags};
use std::fmt::Write as _;

/// The program that includes what [`header`] writes: the parts of its text, by their files. They are
/// one unit for the C compiler.
pub(crate) const PROGRAM: [(&str, &str); 3] = [
    ("bare.c", include_str!("peers/bare.c")),
    ("bare-calls.h", include_str!("peers/bare-calls.h")),
    ("bare-mounts.h", include_str!("peers/bare-mounts.h")),
];

/// The plan as C declarations.
pub(crate) fn header(plan: &Plan<'_>) -> Result<String, Fault> {
    let process = &plan.process;
    let filter = plan.filters.iter().next().ok_or("the plan has no filter")?;
    let mut out = String::new();
    let mut line = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    for (name, value) in [
        ("NAMESPACES", process.namespaces),
        ("INSIDE_UID", process.uid.into()),
        ("INSIDE_GID", process.gid.into()),
        ("ROOT_UID", process.root_uid.into()),
        ("ROOT_GID", process.root_gid.into()),
        ("UMASK", process.umask.into()),
        ("PROBE_ERRNO", filter.probe_errno.into()),
        ("PROBE_NUMBER", filter.probe_nr.into()),
    ] {
        line(format!("#define {name} {value}u"));
    }
    let arguments = filter
        .probe_args
        .map(|argument| format!("{argument}ul"))
        .join(", ");
    line(format!("#define PROBE_ARGUMENTS {arguments}"));
    line(format!(
        "#define HOSTNAME {}",
        quoted(process.hostname.to_bytes())
    ));
    line(format!(
        "#define WORKING_DIRECTORY {}",
        quoted(process.working_dir.to_bytes())
    ));
    line("static char *ENVIRONMENT[] = {".to_owned());
    for variable in plan
        .environment
        .iter()
        .filter(|variable| variable.kind == EnvKind::Set)
    {
        line(format!("    {},", quoted(variable.text.to_bytes())));
    }
    line("    0\n};\nstatic const struct limit LIMITS[] = {".to_owned());
    for limit in &plan.rlimits {
        line(format!(
            "    {{ {}, {}u, {}u }},",
            limit.resource, limit.soft, limit.hard
        ));
    }
    line("};\nstatic const struct step STEPS[] = {".to_owned());
    for step in &plan.mounts {
        line(format!(
            "    {{ {}, {}, {}u, {}u, {}, {}, {}, {}, {} }},",
            kind(step.kind),
            step.flags,
            step.attrs,
            step.size,
            step.inodes,
            step.mode,
            quoted(step.source.to_bytes()),
            quoted(step.target.to_bytes()),
            quoted(step.content),
        ));
    }
    line("};\nstatic const struct ruleset RULESETS[] = {".to_owned());
    for ruleset in &plan.landlock {
        line(format!(
            "    {{ {}, {}ul, {}ul, {}ul }},",
            ruleset.abi, ruleset.fs, ruleset.net, ruleset.scope
        ));
    }
    line("};\nstatic const struct path PATHS[] = {".to_owned());
    for path in &plan.paths {
        let optional = path.flags & path_flags::OPTIONAL;
        let name = quoted(path.path.to_bytes());
        line(format!("    {{ {}ul, {optional}, {name} }},", path.access));
    }
    line("};\nstatic const struct port PORTS[] = {".to_owned());
    for ports in &plan.ports {
        for port in ports.first..=ports.last {
            line(format!("    {{ {}ul, {port} }},", ports.access));
        }
    }
    line("};".to_owned());
    Ok(out)
}

fn kind(kind: MountKind) -> &'static str {
    match kind {
        MountKind::Tmpfs => "TMPFS",
        MountKind::Bind => "BIND",
        MountKind::Proc => "PROC",
        MountKind::Sysfs => "SYSFS",
        MountKind::Devpts => "DEVPTS",
        MountKind::File => "REGULAR",
        MountKind::Symlink => "LINK",
        MountKind::Directory => "DIRECTORY",
        MountKind::Mask => "MASK",
        MountKind::SelfBind => "REBIND",
        MountKind::Attributes => "ATTRIBUTES",
        MountKind::Setting => "SETTING",
        MountKind::MaskMatches | MountKind::SelfBindMatches => {
            unreachable!("the plans of the benchmark have no patterns")
        }
    }
}

/// A C string literal, every byte in octal.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        // Writing to a string cannot fail.
        if write!(out, "\\{byte:03o}").is_err() {
            break;
        }
    }
    out.push('"');
    out
}
