//! Loading the plan and holding it against what this program can enforce.

use crate::arguments::Options;
use crate::decode;
use crate::files::{open, read_all};
use crate::message::{Refused, refuse, say};
use core::ffi::CStr;
use purple_plan::{Filter, Layer, MAX_PLAN_BYTES, MountKind, Plan, SourceLine, network_flags};
use purple_sys::{AUDIT_ARCH, memory};
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, OFlags, fstat};

const STEP: &str = "plan";

/// A plan, its bytes, and the file that they were read from.
pub(crate) struct Loaded {
    pub(crate) plan: Plan<'static>,
    pub(crate) bytes: &'static [u8],
    pub(crate) file: OwnedFd,
}

/// Reads, bounds, checks and decodes the plan.
///
/// Holding a [`Plan`] proves that its bytes are the ones that were sealed, and that every length,
/// offset, number and flag in it is in bounds. It does not prove who made it. The choice of the
/// file is the choice of what is applied, so the operator names it and never the payload.
pub(crate) fn plan(path: &CStr) -> Result<Loaded, Refused> {
    let failed = |errno| refuse!(STEP, path, errno);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(path, flags).map_err(failed)?;
    let status = fstat(&file).map_err(failed)?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err(refuse!(STEP, path, " is not a regular file"));
    }
    // One byte more than a plan may have, so that a longer file is seen as such.
    let memory = memory::pages(MAX_PLAN_BYTES.saturating_add(1)).map_err(failed)?;
    let used = read_all(&file, memory).map_err(failed)?;
    let whole: &'static [u8] = memory;
    let bytes = whole.get(..used).unwrap_or(&[]);
    let plan = decode::plan(bytes).map_err(|error| match error.words() {
        (text, None) => refuse!(STEP, path, ": ", text),
        (text, Some((number, rest))) => {
            refuse!(STEP, path, ": ", text, u64::from(number), rest)
        }
    })?;
    decode::keep(bytes);
    Ok(Loaded { plan, bytes, file })
}

/// The plan's filter for this architecture.
pub(crate) fn filter(plan: &Plan<'static>) -> Result<Filter<'static>, Refused> {
    plan.filters
        .iter()
        .find(|filter| filter.audit_arch == AUDIT_ARCH)
        .ok_or_else(|| refuse!(STEP, "the plan has no seccomp program for x86_64"))
}

/// Refuses a plan that needs a layer which this program cannot enforce, unless the operator let it
/// go by name; says what was let go and what is narrower than the policy asked.
pub(crate) fn layers(plan: &Plan<'_>, options: &Options) -> Result<(), Refused> {
    const PATTERN: &str = "the pattern has to be resolved: start the plan by purple run --plan";
    let is_pattern = |kind| matches!(kind, MountKind::MaskMatches | MountKind::SelfBindMatches);
    if let Some(step) = plan.mounts.iter().find(|step| is_pattern(step.kind)) {
        return Err(refuse!("filesystem", step.target, ": ", PATTERN, step.line));
    }
    if let Some(limit) = plan.cgroup.iter().next() {
        layer(Layer::Cgroup, limit.line, options)?;
    }
    for need in &plan.needs {
        layer(need.layer, need.line, options)?;
    }
    if plan.network.flags & network_flags::NARROWED != 0 {
        let what = "the network is isolated and the policy lists more; the program has no network but its own loopback";
        say!("network", what, plan.network.line);
    }
    Ok(())
}

/// Refuses a layer that is needed and cannot be enforced, unless the operator let it go.
fn layer(layer: Layer, line: SourceLine, options: &Options) -> Result<(), Refused> {
    const RECORD: &str = "the plan needs a record, which purple run keeps; take it by --report FILE, or run without it by --unenforced ";
    const UNABLE: &str =
        "the plan needs it and this version cannot enforce it; run without it by --unenforced ";
    let name = layer.name();
    if options.lets_go(layer) {
        say!(name, "not enforced, as --unenforced asked", line);
        return Ok(());
    }
    // A report has in it what was denied.
    let has_report = options.report.is_some() || options.parent.is_some();
    match layer {
        Layer::Cgroup => Ok(()),
        Layer::Audit if has_report => Ok(()),
        Layer::Audit => Err(refuse!(name, RECORD, name, line)),
        _ => Err(refuse!(name, UNABLE, name, line)),
    }
}
