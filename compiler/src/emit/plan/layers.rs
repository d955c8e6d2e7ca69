//! Landlock, control groups and filters, as records.

use super::lines::Lines;
use super::texts::Texts;
use crate::emit::bpf;
use crate::emit::filter::Filter;
use crate::ir::{Ir, landlock};
use purple_plan::{
    CgroupValue, EnvVar, Landlock, Method, Need, PathAccess, PortAccess, path_flags,
};

/// The environment's records.
pub(super) fn environment(texts: &Texts) -> Vec<EnvVar<'_>> {
    let all = texts.environment.iter();
    all.map(|(kind, text)| EnvVar { kind: *kind, text })
        .collect()
}

/// The control group's records.
pub(super) fn cgroup<'t>(ir: &Ir, texts: &'t Texts, lines: Lines<'_>) -> Vec<CgroupValue<'t>> {
    let all = texts.cgroup.iter().zip(&ir.cgroup);
    all.map(|((file, value), from)| CgroupValue {
        line: lines.of(Some(from.span)),
        file,
        value,
    })
    .collect()
}

/// The records of the layers that must be in force.
pub(super) fn needs(ir: &Ir, lines: Lines<'_>) -> Vec<Need> {
    let all = ir.needs.iter();
    all.map(|&(layer, span)| Need {
        layer,
        line: lines.of(Some(span)),
    })
    .collect()
}

/// The records of what Landlock denies, by the version of its interface.
pub(super) fn levels(ir: &Ir, lines: Lines<'_>) -> Vec<Landlock> {
    let record = |level: &landlock::Level| Landlock {
        abi: level.abi,
        line: lines.of(level.span),
        fs: level.fs,
        net: level.net,
        scope: level.scope,
    };
    ir.landlock.levels.iter().map(record).collect()
}

/// The records of the paths that Landlock allows something below.
pub(super) fn paths<'t>(ir: &Ir, texts: &'t Texts, lines: Lines<'_>) -> Vec<PathAccess<'t>> {
    let all = ir.landlock.paths.iter().zip(&texts.paths);
    all.map(|(path, text)| PathAccess {
        access: path.access,
        flags: if path.optional {
            path_flags::OPTIONAL
        } else {
            0
        },
        line: lines.of(path.span),
        path: text,
    })
    .collect()
}

/// The records of the ports that Landlock allows.
pub(super) fn ports(ir: &Ir, lines: Lines<'_>) -> Vec<PortAccess> {
    let record = |ports: &landlock::Ports| PortAccess {
        access: ports.access,
        first: ports.first,
        last: ports.last,
        line: lines.of(Some(ports.span)),
    };
    ir.landlock.ports.iter().map(record).collect()
}

/// The records of the filters.
pub(super) fn filters<'t>(filters: &[Filter], texts: &'t Texts) -> Vec<purple_plan::Filter<'t>> {
    filters.iter().zip(&texts.programs).map(filter).collect()
}

fn filter<'t>((filter, program): (&Filter, &'t Vec<u8>)) -> purple_plan::Filter<'t> {
    let probe = filter.probe.as_ref();
    purple_plan::Filter {
        audit_arch: filter.audit_arch,
        probe_errno: probe.map_or(0, |probe| u32::from(probe.errno)),
        probe_nr: probe.map_or(0, |probe| probe.nr),
        probe_args: probe.map_or([0; 6], |probe| probe.args),
        method: match filter.report.method {
            bpf::Method::Exact => Method::Exact,
            bpf::Method::Boundaries => Method::Boundaries,
        },
        classes: u32::try_from(filter.report.classes).unwrap_or(u32::MAX),
        paths: filter.report.paths,
        cells: filter.report.cells,
        program,
    }
}
