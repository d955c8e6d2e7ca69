//! Limits that keep a program from starting, that do not fit each other, or that are missing.
//!
//! Measured with the kernel's own memory limit, programs in the page cache already (Debian 12,
//! x86-64): dash starts with 0.4 MiB, a pipeline of bash with 1.2 MiB, Python 3.11 with 2.9 MiB and
//! Node 20 with 8.0 MiB, where it uses 13.5 MiB if it gets them. Node starts 7 threads.

use super::scope::Scope;
use crate::diagnostics::Diagnostic;
use crate::ir::Action;
use crate::ir::network::Extent;
use crate::source::Span;
use std::collections::BTreeSet;

/// The least memory limit that does not look like a slip: what the largest of the interpreters
/// uses to start, rounded up to a power of two. 16 MiB.
const LEAST_MEMORY: u64 = 16 << 20;

/// Init, a shell, and the two sides of a pipe are 4; an interpreter with threads starts 7 more.
const LEAST_PIDS: u64 = 4;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let value = |file: &str| {
        let found = scope.ir.cgroup.iter().find(|value| value.file == file)?;
        Some((found.value.parse::<u64>().ok()?, found.span))
    };
    let (memory, pids) = (value("memory.max"), value("pids.max"));
    if let Some((bytes, span)) = memory {
        too_little_memory(bytes, span, scope);
        if bytes >= LEAST_MEMORY {
            scratch(bytes, span, scope);
        }
    }
    if let Some((count, span)) = pids
        && count < LEAST_PIDS
    {
        let message = format!("{count} processes are too few for a shell with a pipe");
        scope.report(Diagnostic::warning("pids-too-low", span, message).with_help(
            "a pipe needs 4 with the sandbox's first process, Node 7 threads more; `100` is enough for most programs",
        ));
    }
    unlimited(scope);
    if scope.ir.process.timeout.is_none() {
        without_timeout(scope);
    }
}

/// Limits that no host reaches: a file of the control group, and the least value that limits nothing.
const UNREACHED: [(&str, u64, &str); 4] = [
    // With five levels of page tables x86-64 has 52 bits of physical addresses; the largest hosts have 64 TiB.
    ("memory.max", 64 << 40, "no host has more memory"),
    ("memory.swap.max", 64 << 40, "no host has more swap"),
    // PID_MAX_LIMIT, linux/threads.h.
    ("pids.max", 1 << 22, "the kernel has no more process ids"),
    // The period is in front of it: a quota for 8192 CPUs, the most that x86-64 is built for (NR_CPUS, arch/x86/Kconfig).
    ("cpu.max", 8192 * 100_000, "no host has more processors"),
];

fn unlimited(scope: &mut Scope<'_>) {
    let (ir, mut seen) = (scope.ir, BTreeSet::new());
    for value in &ir.cgroup {
        let number = value
            .value
            .split(' ')
            .next()
            .and_then(|first| first.parse::<u64>().ok());
        let known = UNREACHED.iter().find(|(file, ..)| *file == value.file);
        let (Some(number), Some((_, least, why))) = (number, known) else {
            continue;
        };
        if number >= *least && seen.insert(value.span) {
            let message = format!("this limits nothing: {why}");
            scope.report(
                Diagnostic::note("limit-without-effect", value.span, message)
                    .with_help("write what the program may use at most, or leave the limit out"),
            );
        }
    }
}

fn too_little_memory(bytes: u64, span: Span, scope: &mut Scope<'_>) {
    if bytes >= LEAST_MEMORY {
        return;
    }
    let what = match bytes {
        0..402_653 => "no program can start",
        402_653..3_040_870 => "Python and Node cannot start",
        3_040_870..8_388_608 => "Node cannot start, and Python can do little",
        _ => "Node starts with nothing to spare",
    };
    let message = format!("a memory limit of {} is very low: {what}", size(bytes));
    scope.report(Diagnostic::warning("memory-too-low", span, message).with_help(
        "a number without a unit counts bytes: write `512M` or `2G`, and `16M` at least for an interpreter",
    ));
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

/// A scratch directory is memory, and counts.
fn scratch(memory: u64, span: Span, scope: &mut Scope<'_>) {
    let largest = scope.ir.steps.iter().filter_map(|step| match step.action {
        Action::Tmpfs { bytes, .. } => Some(bytes),
        _ => None,
    });
    let Some(largest) = largest.max().filter(|bytes| *bytes > memory) else {
        return;
    };
    let wanted = &scope.resolved.filesystem;
    let own = wanted.scratch.iter().filter_map(|path| path.bytes);
    let mut own = own
        .filter(|size| size.value == largest)
        .map(|size| size.span);
    let written = own.next().or(wanted.scratch_bytes_key);
    let message = format!(
        "a scratch directory may hold {}, more than the memory limit of {}: a program that fills it is killed, instead of seeing a full disk",
        size(largest),
        size(memory)
    );
    let place = written.unwrap_or(span);
    let mut found = Diagnostic::note("scratch-above-memory", place, message)
        .with_help("scratch directories are in memory: set `scratch_size_bytes` below the limit");
    if written.is_some() {
        found = found.with_related(span, "the memory limit");
    }
    scope.report(found);
}

/// A note where limits are meant, or where a run without an end can do harm outside.
fn without_timeout(scope: &mut Scope<'_>) {
    let writes = !scope.resolved.filesystem.output.is_empty();
    let connects = scope.ir.network.extent == Extent::Everywhere;
    let limits = scope
        .ir
        .cgroup
        .iter()
        .map(|value| value.span)
        .collect::<BTreeSet<_>>()
        .len();
    let (place, why) = if writes && connects {
        (
            scope.key("/filesystem/output_paths"),
            "it can write to the host and use the network during that time",
        )
    } else if connects {
        (
            scope.key("/network"),
            "it can use the network during that time",
        )
    } else if writes {
        (
            scope.key("/filesystem/output_paths"),
            "it can write to the host during that time",
        )
    } else if limits > 1 {
        (scope.key("/resources"), "the other limits do not end it")
    } else {
        return;
    };
    let message = format!("a run may last forever: {why}");
    scope.report(
        Diagnostic::note("timeout-absent", place, message)
            .with_help("add `session_timeout_seconds` under `resources`, such as `3600`"),
    );
}
