//! Writing a plan.

use crate::field::{Record, Writer};
use crate::records::{
    Audit, CallRule, Capabilities, CgroupValue, Condition, EnvVar, Filter, Interface, Landlock,
    Meta, Mount, NamedCall, Need, Network, Number, PathAccess, PortAccess, Process, Rlimit, Source,
};
use crate::{
    HEADER_BYTES, MAGIC, MAX_PLAN_BYTES, Plan, SEAL_BYTES, SECTION_ENTRY_BYTES, SECTIONS_START,
    Section, VERSION, sha256,
};
use core::fmt;

/// Everything that goes into a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents<'a> {
    /// Where the plan comes from.
    pub meta: Meta<'a>,
    /// Namespaces, identity, session, timeout.
    pub process: Process<'a>,
    /// Capability sets.
    pub capabilities: Capabilities,
    /// Network.
    pub network: Network,
    /// The steps that build the file system.
    pub mounts: &'a [Mount<'a>],
    /// Resource limits.
    pub rlimits: &'a [Rlimit],
    /// Environment variables.
    pub environment: &'a [EnvVar<'a>],
    /// Seccomp programs.
    pub filters: &'a [Filter<'a>],
    /// Control group values.
    pub cgroup: &'a [CgroupValue<'a>],
    /// Other layers that must be in force.
    pub needs: &'a [Need],
    /// The audit record and the denial log; at most one.
    pub audit: &'a [Audit<'a>],
    /// What Landlock restricts, by the version of its interface, the oldest first.
    pub landlock: &'a [Landlock],
    /// What may be done below which path.
    pub paths: &'a [PathAccess<'a>],
    /// TCP ports that may be used.
    pub ports: &'a [PortAccess],
    /// The policies that this one inherits from.
    pub sources: &'a [Source<'a>],
    /// What the policy means, an interface each.
    pub interfaces: &'a [Interface],
    /// The interfaces' known calls above the newest.
    pub numbers: &'a [Number],
    /// The interfaces' calls.
    pub calls: &'a [NamedCall],
    /// The calls' rules.
    pub rules: &'a [CallRule],
    /// The rules' and the guards' conditions.
    pub conditions: &'a [Condition],
}

/// Why contents make no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// The plan would be larger than [`MAX_PLAN_BYTES`], or than the buffer.
    TooLarge,
    /// The contents hold a value that no reader would accept.
    Refused(crate::DecodeError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the plan is larger than {MAX_PLAN_BYTES} bytes"),
            Self::Refused(why) => write!(f, "the plan would be refused: {why}"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// Writes the plan into `out` and returns its length.
///
/// `out` should hold [`MAX_PLAN_BYTES`]. What was written has been decoded again before this
/// returns, so a plan that its reader would refuse is never made.
pub fn encode(contents: &Contents<'_>, out: &mut [u8]) -> Result<usize, EncodeError> {
    let counts = [
        1,
        1,
        1,
        1,
        contents.mounts.len(),
        contents.rlimits.len(),
        contents.environment.len(),
        contents.filters.len(),
        contents.cgroup.len(),
        contents.needs.len(),
        contents.audit.len(),
        contents.landlock.len(),
        contents.paths.len(),
        contents.ports.len(),
        contents.sources.len(),
        contents.interfaces.len(),
        contents.numbers.len(),
        contents.calls.len(),
        contents.rules.len(),
        contents.conditions.len(),
    ];
    let heap_start = Section::ALL
        .iter()
        .zip(counts)
        .try_fold(SECTIONS_START, |at, (section, count)| {
            at.checked_add(section.record_bytes().checked_mul(count)?)
        })
        .ok_or(EncodeError::TooLarge)?;

    let mut writer = Writer::new(out, SECTIONS_START, heap_start);
    contents.meta.put(&mut writer)?;
    contents.process.put(&mut writer)?;
    contents.capabilities.put(&mut writer)?;
    contents.network.put(&mut writer)?;
    put_all(contents.mounts, &mut writer)?;
    put_all(contents.rlimits, &mut writer)?;
    put_all(contents.environment, &mut writer)?;
    put_all(contents.filters, &mut writer)?;
    put_all(contents.cgroup, &mut writer)?;
    put_all(contents.needs, &mut writer)?;
    put_all(contents.audit, &mut writer)?;
    put_all(contents.landlock, &mut writer)?;
    put_all(contents.paths, &mut writer)?;
    put_all(contents.ports, &mut writer)?;
    put_all(contents.sources, &mut writer)?;
    put_all(contents.interfaces, &mut writer)?;
    put_all(contents.numbers, &mut writer)?;
    put_all(contents.calls, &mut writer)?;
    put_all(contents.rules, &mut writer)?;
    put_all(contents.conditions, &mut writer)?;
    let body = writer.heap_at();
    let heap_bytes = body.checked_sub(heap_start).ok_or(EncodeError::TooLarge)?;

    let total = body.checked_add(SEAL_BYTES).ok_or(EncodeError::TooLarge)?;
    if total > MAX_PLAN_BYTES || total > out.len() {
        return Err(EncodeError::TooLarge);
    }
    put_header(out, counts, heap_bytes, total)?;
    let seal = sha256(out.get(..body).ok_or(EncodeError::TooLarge)?);
    out.get_mut(body..total)
        .ok_or(EncodeError::TooLarge)?
        .copy_from_slice(&seal);

    let written = out.get(..total).ok_or(EncodeError::TooLarge)?;
    let _: Plan<'_> = Plan::decode(written).map_err(EncodeError::Refused)?;
    Ok(total)
}

fn put_all<'a, R: Record<'a>>(records: &[R], writer: &mut Writer<'_>) -> Result<(), EncodeError> {
    records.iter().try_for_each(|record| record.put(writer))
}

fn put_header(
    out: &mut [u8],
    counts: [usize; Section::ALL.len() - 1],
    heap_bytes: usize,
    total: usize,
) -> Result<(), EncodeError> {
    let number = |n: usize| u32::try_from(n).map_err(|_| EncodeError::TooLarge);
    let sections = u16::try_from(Section::ALL.len()).map_err(|_| EncodeError::TooLarge)?;
    let mut header = Writer::new(out, 0, HEADER_BYTES);
    header.put(&MAGIC)?;
    header.put(&VERSION.to_le_bytes())?;
    header.put(&sections.to_le_bytes())?;
    header.put(&number(total)?.to_le_bytes())?;
    let mut at = SECTIONS_START;
    for (index, section) in Section::ALL.iter().enumerate() {
        let count = counts.get(index).copied().unwrap_or(heap_bytes);
        let length = section
            .record_bytes()
            .checked_mul(count)
            .ok_or(EncodeError::TooLarge)?;
        for value in [section.kind(), number(at)?, number(length)?, number(count)?] {
            header.put(&value.to_le_bytes())?;
        }
        at = at.checked_add(length).ok_or(EncodeError::TooLarge)?;
    }
    debug_assert_eq!(
        header.at(),
        HEADER_BYTES.saturating_add(SECTION_ENTRY_BYTES.saturating_mul(Section::ALL.len()))
    );
    Ok(())
}
