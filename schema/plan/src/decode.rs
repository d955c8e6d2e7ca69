//! Reading a plan: nothing is believed before it is checked.

use crate::field::{Reader, Record};
use crate::meaning;
use crate::records::{
    Audit, CallRule, Capabilities, CgroupValue, Condition, EnvVar, Filter, Interface, Landlock,
    Meta, Mount, NamedCall, Need, Network, Number, PathAccess, PortAccess, Process, Rlimit, Source,
};
use crate::rules;
use crate::{
    Digest, HEADER_BYTES, MAGIC, MAX_PLAN_BYTES, SEAL_BYTES, SECTION_ENTRY_BYTES, SECTIONS_START,
    Section, VERSION, sha256,
};
use core::fmt;
use core::marker::PhantomData;

/// Why bytes are no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Not a plan at all.
    Magic,
    /// A plan of another version of the format.
    Version(u16),
    /// Shorter or longer than it says, larger than [`MAX_PLAN_BYTES`], or with more records than a
    /// section may have.
    Length,
    /// The seal does not match the content.
    Seal,
    /// The section table is not the one of this version.
    Sections,
    /// A reference points outside the heap or out of order.
    Reference,
    /// A text with a NUL inside, or none at its end.
    Text,
    /// A value or flag that this version does not know, or one that means nothing where it stands.
    Value,
    /// Two records for the same thing, or records out of order.
    Order,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        if let Self::Version(found) = self {
            write!(f, " (found {found}, this program reads {VERSION})")?;
        }
        Ok(())
    }
}

impl core::error::Error for DecodeError {}

impl DecodeError {
    /// The reason in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Magic => "not a plan",
            Self::Version(_) => "a plan of another format version",
            Self::Length => "the plan is cut short, extended or too large",
            Self::Seal => "the seal does not match: the plan was changed after it was compiled",
            Self::Sections => "the plan's section table is malformed",
            Self::Reference => "the plan refers outside its own bytes",
            Self::Text => "a text in the plan is malformed",
            Self::Value => "the plan holds a value that this version does not know",
            Self::Order => "the plan names the same thing twice, or its records are out of order",
        }
    }
}

/// A plan whose seal and structure have been checked. See the crate's documentation for what that
/// proves.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// The seal: the plan's digest.
    pub digest: Digest,
    /// Where the plan comes from.
    pub meta: Meta<'a>,
    /// Namespaces, identity, session, timeout.
    pub process: Process<'a>,
    /// Capability sets.
    pub capabilities: Capabilities,
    /// Network.
    pub network: Network,
    /// The steps that build the file system.
    pub mounts: Table<'a, Mount<'a>>,
    /// Resource limits.
    pub rlimits: Table<'a, Rlimit>,
    /// Environment variables.
    pub environment: Table<'a, EnvVar<'a>>,
    /// Seccomp programs.
    pub filters: Table<'a, Filter<'a>>,
    /// Control group values.
    pub cgroup: Table<'a, CgroupValue<'a>>,
    /// Other layers that must be in force.
    pub needs: Table<'a, Need>,
    /// The audit record and the denial log; at most one.
    pub audit: Table<'a, Audit<'a>>,
    /// What Landlock restricts, by the version of its interface, the oldest first.
    pub landlock: Table<'a, Landlock>,
    /// What may be done below which path.
    pub paths: Table<'a, PathAccess<'a>>,
    /// TCP ports that may be used.
    pub ports: Table<'a, PortAccess>,
    /// The policies that this one inherits from.
    pub sources: Table<'a, Source<'a>>,
    /// What the policy means, an interface each: those of the first filter first, its native one
    /// before all others.
    pub interfaces: Table<'a, Interface>,
    /// The interfaces' known calls above the newest: those of the first interface first.
    pub numbers: Table<'a, Number>,
    /// The interfaces' calls.
    pub calls: Table<'a, NamedCall>,
    /// The calls' rules.
    pub rules: Table<'a, CallRule>,
    /// The rules' and the guards' conditions: for each call those of its rules, then its guard's.
    pub conditions: Table<'a, Condition>,
}

impl<'a> Plan<'a> {
    /// Reads a plan from exactly its bytes.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (body, digest) = open_seal(bytes)?;
        let sections = sections(body)?;
        let heap = *sections.last().ok_or(DecodeError::Sections)?;
        let mut order = Order {
            at: 0,
            sources: sources(&sections)?,
        };

        let mut next = sections.iter().copied();
        let mut section = || next.next().ok_or(DecodeError::Sections);
        let (mut rlimit, mut filter) = (rules::rising(), rules::rising());
        let (mut need, mut abi) = (rules::rising(), rules::rising());
        let plan = Self {
            digest,
            meta: one(section()?, heap, &mut order)?,
            process: one(section()?, heap, &mut order)?,
            capabilities: one(section()?, heap, &mut order)?,
            network: one(section()?, heap, &mut order)?,
            mounts: Table::checked(section()?, heap, &mut order, rules::mount)?,
            rlimits: Table::checked(section()?, heap, &mut order, |limit| {
                rules::rlimit(limit)?;
                rlimit(limit.resource)
            })?,
            environment: Table::checked(section()?, heap, &mut order, rules::variable)?,
            filters: Table::checked(section()?, heap, &mut order, |program| {
                rules::filter(program)?;
                filter(program.audit_arch)
            })?,
            cgroup: Table::checked(section()?, heap, &mut order, rules::cgroup)?,
            needs: Table::checked(section()?, heap, &mut order, |layer: &Need| {
                need(layer.layer.number())
            })?,
            audit: Table::checked(section()?, heap, &mut order, rules::audit)?,
            landlock: Table::checked(section()?, heap, &mut order, |level| {
                rules::landlock(level)?;
                abi(level.abi)
            })?,
            paths: Table::checked(section()?, heap, &mut order, rules::path)?,
            ports: Table::checked(section()?, heap, &mut order, rules::port)?,
            sources: Table::checked(section()?, heap, &mut order, |_| Ok(()))?,
            interfaces: Table::checked(section()?, heap, &mut order, |_| Ok(()))?,
            numbers: Table::checked(section()?, heap, &mut order, |_| Ok(()))?,
            calls: Table::checked(section()?, heap, &mut order, |_| Ok(()))?,
            rules: Table::checked(section()?, heap, &mut order, |_| Ok(()))?,
            conditions: Table::checked(section()?, heap, &mut order, |_| Ok(()))?,
        };
        rules::process(&plan.process)?;
        rules::network(plan.network)?;
        meaning::check(&plan)?;
        if order.at == heap.len() {
            Ok(plan)
        } else {
            Err(DecodeError::Length)
        }
    }
}

/// What a reader carries from one section to the next.
struct Order {
    /// Where the next heap reference must point.
    at: usize,
    /// The last source that a place may name.
    sources: u8,
}

/// How many sources the section table counts.
fn sources(sections: &[&[u8]; Section::ALL.len()]) -> Result<u8, DecodeError> {
    let index = Section::ALL
        .iter()
        .position(|section| *section == Section::Sources);
    let records = index
        .and_then(|index| sections.get(index))
        .ok_or(DecodeError::Sections)?;
    let count = records.len().checked_div(Section::Sources.record_bytes());
    count
        .and_then(|count| u8::try_from(count).ok())
        .ok_or(DecodeError::Length)
}

/// The records of one section. Each is read from the bytes when it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a, R> {
    records: &'a [u8],
    heap: &'a [u8],
    record: PhantomData<R>,
}

impl<'a, R: Record<'a>> Table<'a, R> {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len().checked_div(R::BYTES).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records in order.
    pub fn iter(&self) -> TableIter<'a, R> {
        TableIter {
            reader: Reader::new(self.records, self.heap),
            left: self.len(),
            record: PhantomData,
        }
    }

    /// Checks every record once, in order, so that reading it again cannot fail.
    fn checked(
        records: &'a [u8],
        heap: &'a [u8],
        order: &mut Order,
        mut check: impl FnMut(&R) -> Result<(), DecodeError>,
    ) -> Result<Self, DecodeError> {
        let table = Self {
            records,
            heap,
            record: PhantomData,
        };
        let mut reader = Reader::in_order(records, heap, order.at, order.sources);
        for _ in 0..table.len() {
            check(&R::take(&mut reader)?)?;
        }
        order.at = reader.expected().ok_or(DecodeError::Reference)?;
        Ok(table)
    }
}

/// The records of a [`Table`] in order.
#[derive(Debug, Clone)]
pub struct TableIter<'a, R> {
    reader: Reader<'a>,
    left: usize,
    record: PhantomData<R>,
}

impl<'a, R: Record<'a>> Iterator for TableIter<'a, R> {
    type Item = R;

    /// The next record. Every record was read once while the plan was decoded, from the same
    /// bytes, so reading it again gives it again.
    fn next(&mut self) -> Option<R> {
        self.left = self.left.checked_sub(1)?;
        R::take(&mut self.reader).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'a, R: Record<'a>> ExactSizeIterator for TableIter<'a, R> {}

impl<'a, R: Record<'a>> IntoIterator for &Table<'a, R> {
    type Item = R;
    type IntoIter = TableIter<'a, R>;
    fn into_iter(self) -> TableIter<'a, R> {
        self.iter()
    }
}

/// The bytes before the seal, and the seal.
fn open_seal(bytes: &[u8]) -> Result<(&[u8], Digest), DecodeError> {
    if !bytes.starts_with(&MAGIC) {
        return Err(DecodeError::Magic);
    }
    let mut header = Reader::new(bytes.get(MAGIC.len()..).ok_or(DecodeError::Length)?, &[]);
    let version = number16(&mut header)?;
    if version != VERSION {
        return Err(DecodeError::Version(version));
    }
    let sections = number16(&mut header)?;
    let total = number(&mut header)?;
    if total != bytes.len() || total > MAX_PLAN_BYTES {
        return Err(DecodeError::Length);
    }
    let (body, seal) = bytes
        .split_last_chunk::<SEAL_BYTES>()
        .ok_or(DecodeError::Length)?;
    if sha256(body) != *seal {
        return Err(DecodeError::Seal);
    }
    if usize::from(sections) != Section::ALL.len() {
        return Err(DecodeError::Sections);
    }
    Ok((body, *seal))
}

/// The bytes of each section. They must follow each other without a gap and fill the body.
fn sections(body: &[u8]) -> Result<[&[u8]; Section::ALL.len()], DecodeError> {
    let table_bytes = SECTION_ENTRY_BYTES.saturating_mul(Section::ALL.len());
    let table_end = HEADER_BYTES.saturating_add(table_bytes);
    let table = body
        .get(HEADER_BYTES..table_end)
        .ok_or(DecodeError::Sections)?;
    let mut entries = Reader::new(table, &[]);
    let mut found: [&[u8]; Section::ALL.len()] = [&[]; Section::ALL.len()];
    let mut at = SECTIONS_START;
    let mut too_many = false;
    for (section, slot) in Section::ALL.iter().zip(&mut found) {
        let kind = number(&mut entries)?;
        let offset = number(&mut entries)?;
        let length = number(&mut entries)?;
        let count = number(&mut entries)?;
        let known = usize::try_from(section.kind()) == Ok(kind);
        if !known || offset != at || count.checked_mul(section.record_bytes()) != Some(length) {
            return Err(DecodeError::Sections);
        }
        let end = offset.checked_add(length).ok_or(DecodeError::Sections)?;
        *slot = body.get(offset..end).ok_or(DecodeError::Sections)?;
        at = end;
        too_many |= section.most_records().is_some_and(|most| count > most);
    }
    match (at == body.len(), too_many) {
        (true, false) => Ok(found),
        (true, true) => Err(DecodeError::Length),
        (false, _) => Err(DecodeError::Sections),
    }
}

fn one<'a, R: Record<'a>>(
    records: &'a [u8],
    heap: &'a [u8],
    order: &mut Order,
) -> Result<R, DecodeError> {
    let table = Table::<R>::checked(records, heap, order, |_| Ok(()))?;
    let mut all = table.iter();
    match (all.next(), all.next()) {
        (Some(record), None) => Ok(record),
        _ => Err(DecodeError::Sections),
    }
}

fn number16(reader: &mut Reader<'_>) -> Result<u16, DecodeError> {
    crate::Field::take(reader)
}

fn number(reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let number: u32 = crate::Field::take(reader)?;
    usize::try_from(number).map_err(|_| DecodeError::Length)
}
