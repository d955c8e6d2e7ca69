//! The file around the records: header, section table, heap and seal.
//!
//! The section table lists the sections that have records, in the order of their kinds. The heap
//! has no entry: it is what lies between the last section and the seal.

use crate::error::{DecodeError, EncodeError};
use crate::field::{Field, Reader, Writer};
use crate::limits::{
    HEADER_BYTES, MAGIC, MAX_PLAN_BYTES, SEAL_BYTES, SECTION_ENTRY_BYTES, VERSION,
};
use crate::sha256::{Digest, sha256};

/// What the section table must say of a section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The number that stands for it.
    pub(crate) kind: u32,
    /// Bytes of one of its records.
    pub(crate) record_bytes: usize,
    /// Whether it is in every plan.
    pub(crate) required: bool,
    /// The most records that it may have, where there is a limit of its own.
    pub(crate) most: Option<usize>,
}

/// A file taken apart.
#[derive(Debug)]
pub(crate) struct Parts<'a, const N: usize> {
    shapes: &'static [Shape; N],
    /// The seal.
    pub(crate) digest: Digest,
    /// The records of each section that this program knows; none where the file has no such section.
    pub(crate) sections: [&'a [u8]; N],
    /// The bytes of all texts and blobs.
    pub(crate) heap: &'a [u8],
}

impl<'a, const N: usize> Parts<'a, N> {
    /// Takes a file apart. `shapes` are those of all sections, in the order of their kinds.
    pub(crate) fn read(bytes: &'a [u8], shapes: &'static [Shape; N]) -> Result<Self, DecodeError> {
        let (body, entries, digest) = open_seal(bytes)?;
        let mut at = table_end(entries).ok_or(DecodeError::Sections)?;
        let table = body.get(HEADER_BYTES..at).ok_or(DecodeError::Sections)?;
        let mut table = Reader::new(table, &[]);
        let mut sections: [&[u8]; N] = [&[]; N];
        let mut slots = shapes.iter().zip(&mut sections);
        let mut too_many = false;
        for _ in 0..entries {
            let kind = u32::take(&mut table);
            let [offset, length, count] = [(); 3].map(|()| number(&mut table));
            table.whole()?;
            // Looking on from the last one found, so that kinds rise.
            let Some((shape, slot)) = slots.find(|(shape, _)| shape.kind == kind) else {
                let known = shapes.iter().any(|shape| shape.kind == kind);
                return Err(if known {
                    DecodeError::Sections
                } else {
                    DecodeError::Unknown(kind)
                });
            };
            let fits = count.checked_mul(shape.record_bytes) == Some(length);
            if count == 0 || offset != at || !fits {
                return Err(DecodeError::Sections);
            }
            at = offset.checked_add(length).ok_or(DecodeError::Sections)?;
            *slot = body.get(offset..at).ok_or(DecodeError::Sections)?;
            too_many |= shape.most.is_some_and(|most| count > most);
        }
        let heap = body.get(at..).ok_or(DecodeError::Sections)?;
        let mut all = shapes.iter().zip(&sections);
        if all.any(|(shape, records)| shape.required && records.is_empty()) {
            return Err(DecodeError::Sections);
        }
        if too_many {
            return Err(DecodeError::Length);
        }
        Ok(Self {
            shapes,
            digest,
            sections,
            heap,
        })
    }

    /// How many records a section of at most 255 has.
    pub(crate) fn count(&self, of: Shape) -> Result<u8, DecodeError> {
        let mut all = self.shapes.iter().zip(&self.sections);
        all.find(|(shape, _)| shape.kind == of.kind)
            .and_then(|(_, records)| records.len().checked_div(of.record_bytes))
            .and_then(|count| u8::try_from(count).ok())
            .ok_or(DecodeError::Length)
    }
}

/// The bytes before the seal, how many entries the section table has, and the seal.
fn open_seal(bytes: &[u8]) -> Result<(&[u8], usize, Digest), DecodeError> {
    if !bytes.starts_with(&MAGIC) {
        return Err(DecodeError::Magic);
    }
    let mut header = Reader::new(bytes.get(MAGIC.len()..).ok_or(DecodeError::Length)?, &[]);
    let version = u16::take(&mut header);
    header.whole()?;
    if version != VERSION {
        return Err(DecodeError::Version(version));
    }
    let entries = u16::take(&mut header);
    let total = number(&mut header);
    header.whole()?;
    if total != bytes.len() || total > MAX_PLAN_BYTES {
        return Err(DecodeError::Length);
    }
    let (body, seal) = bytes
        .split_last_chunk::<SEAL_BYTES>()
        .ok_or(DecodeError::Length)?;
    if sha256(body) == *seal {
        Ok((body, entries.into(), *seal))
    } else {
        Err(DecodeError::Seal)
    }
}

/// Where a section table with so many entries ends and the first section starts.
fn table_end(entries: usize) -> Option<usize> {
    SECTION_ENTRY_BYTES
        .checked_mul(entries)?
        .checked_add(HEADER_BYTES)
}

fn number(reader: &mut Reader<'_>) -> usize {
    usize::try_from(u32::take(reader)).unwrap_or_else(|_| {
        reader.fail(DecodeError::Length);
        0
    })
}

/// The sections that a plan will have: those with records, and their bytes.
#[derive(Debug, Clone, Copy)]
struct Present {
    kind: u32,
    count: usize,
    length: usize,
}

/// A section table to be written.
#[derive(Debug)]
pub(crate) struct Layout<const N: usize> {
    sections: [Option<Present>; N],
    /// Where the first section starts.
    start: usize,
    /// Where the heap starts.
    heap_start: usize,
}

impl<const N: usize> Layout<N> {
    /// The layout for so many records of each section.
    pub(crate) fn new(shapes: &[Shape; N], counts: &[usize; N]) -> Result<Self, EncodeError> {
        Self::checked(shapes, counts).ok_or(EncodeError::TooLarge)
    }

    fn checked(shapes: &[Shape; N], counts: &[usize; N]) -> Option<Self> {
        let mut sections = [None; N];
        let (mut entries, mut bytes) = (0_usize, 0_usize);
        let all = shapes.iter().zip(counts).zip(&mut sections);
        for ((shape, &count), slot) in all.filter(|((_, count), _)| **count != 0) {
            let length = shape.record_bytes.checked_mul(count)?;
            let kind = shape.kind;
            *slot = Some(Present {
                kind,
                count,
                length,
            });
            entries = entries.checked_add(1)?;
            bytes = bytes.checked_add(length)?;
        }
        let start = table_end(entries)?;
        Some(Self {
            sections,
            start,
            heap_start: start.checked_add(bytes)?,
        })
    }

    /// A writer for the records, which come next, in the order of the sections.
    pub(crate) const fn writer<'o>(&self, out: &'o mut [u8]) -> Writer<'o> {
        Writer::new(out, self.start, self.heap_start)
    }

    /// Writes header, section table and seal around the records and the heap, which ends at
    /// `body`, and returns the length of the file.
    pub(crate) fn seal(&self, out: &mut [u8], body: usize) -> Result<usize, EncodeError> {
        let total = body.checked_add(SEAL_BYTES).ok_or(EncodeError::TooLarge)?;
        if total > MAX_PLAN_BYTES || total > out.len() {
            return Err(EncodeError::TooLarge);
        }
        let number = |n: usize| u32::try_from(n).map_err(|_| EncodeError::TooLarge);
        let entries = u16::try_from(self.sections.iter().flatten().count())
            .map_err(|_| EncodeError::TooLarge)?;
        let mut header = Writer::new(out, 0, self.start);
        header.put(&MAGIC)?;
        VERSION.put(&mut header)?;
        entries.put(&mut header)?;
        number(total)?.put(&mut header)?;
        let mut at = self.start;
        for section in self.sections.iter().flatten() {
            section.kind.put(&mut header)?;
            for value in [at, section.length, section.count] {
                number(value)?.put(&mut header)?;
            }
            at = at
                .checked_add(section.length)
                .ok_or(EncodeError::TooLarge)?;
        }
        debug_assert_eq!((header.at(), at), (self.start, self.heap_start));
        let (content, rest) = out
            .split_at_mut_checked(body)
            .ok_or(EncodeError::TooLarge)?;
        let seal = rest
            .first_chunk_mut::<SEAL_BYTES>()
            .ok_or(EncodeError::TooLarge)?;
        *seal = sha256(content);
        Ok(total)
    }
}
