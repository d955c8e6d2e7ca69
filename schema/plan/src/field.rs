//! How one value stands in a record: fixed-width little endian, texts and blobs by reference into
//! the heap.

use crate::error::{DecodeError, EncodeError};
use core::ffi::CStr;

/// A value of fixed width in a record.
pub trait Field<'a>: Sized {
    /// Its width in bytes.
    const BYTES: usize;
    /// Writes it.
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;
    /// Reads it. Where these bytes are none the reader takes a note of why, and what comes back means nothing: a
    /// record looks at that note once, behind its last field.
    fn take(reader: &mut Reader<'a>) -> Self;
}

/// A sequence of fields: one row of a section.
pub trait Record<'a>: Sized {
    /// Its width in bytes.
    const BYTES: usize;
    /// Name, offset and width of each field, in order.
    const LAYOUT: &'static [(&'static str, usize, usize)];
    /// Writes it.
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;
    /// Reads it, or says why these bytes are none.
    fn take(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;
}

/// Reads the fields of one section's records.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    records: &'a [u8],
    heap: &'a [u8],
    /// Where the next heap reference must point, while the whole file is being checked.
    expected: Option<usize>,
    /// How many sources a source line may name beside the policy itself.
    sources: u8,
    /// Why something that was read is no value: the first reason stays.
    failure: Option<DecodeError>,
}

impl<'a> Reader<'a> {
    /// Reads `records`, which refer to `heap`.
    pub const fn new(records: &'a [u8], heap: &'a [u8]) -> Self {
        Self {
            records,
            heap,
            expected: None,
            sources: u8::MAX,
            failure: None,
        }
    }

    /// The same, but each heap reference must point right behind the one before, the first one at
    /// `start`: so there is one encoding only. And a source line must be in one of `sources`.
    pub const fn in_order(records: &'a [u8], heap: &'a [u8], start: usize, sources: u8) -> Self {
        Self {
            records,
            heap,
            expected: Some(start),
            sources,
            failure: None,
        }
    }

    /// The last source that a source line may name.
    pub const fn sources(&self) -> u8 {
        self.sources
    }

    /// Where the next heap reference must point.
    pub const fn expected(&self) -> Option<usize> {
        self.expected
    }

    /// What references refer to.
    pub(crate) const fn heap(&self) -> &'a [u8] {
        self.heap
    }

    /// Goes on with these records.
    #[inline(never)]
    pub(crate) const fn go_to(&mut self, records: &'a [u8]) {
        self.records = records;
    }

    /// Whether all records were read.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether everything that was read so far is what it should be; the first reason why not.
    pub fn whole(&self) -> Result<(), DecodeError> {
        self.failure.map_or(Ok(()), Err)
    }

    /// Takes note of what is no value, unless there was something before.
    #[cold]
    pub(crate) fn fail(&mut self, why: DecodeError) {
        let _first: &mut DecodeError = self.failure.get_or_insert(why);
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        if let Some((first, rest)) = self.records.split_first_chunk::<N>() {
            self.records = rest;
            return *first;
        }
        self.fail(DecodeError::Length);
        [0; N]
    }

    /// A heap reference's bytes and the NUL behind them; none where it is no reference.
    #[inline(never)]
    fn referenced(&mut self) -> &'a [u8] {
        let (offset, length) = (u32::take(self), u32::take(self));
        match self.at(offset, length) {
            Some(bytes) if bytes.last() == Some(&0) => return bytes,
            Some(_) => self.fail(DecodeError::Text),
            None => self.fail(DecodeError::Reference),
        }
        &[]
    }

    /// So many bytes of the heap and the one behind them, if that is where the next reference must point.
    fn at(&mut self, offset: u32, length: u32) -> Option<&'a [u8]> {
        let offset = usize::try_from(offset).ok()?;
        let length = usize::try_from(length).ok()?;
        let behind = offset.checked_add(length)?.checked_add(1)?;
        if self.expected.is_some_and(|expected| expected != offset) {
            return None;
        }
        self.expected = self.expected.map(|_| behind);
        self.heap.get(offset..behind)
    }
}

/// Writes the fields of records, and their texts and blobs to the heap.
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut [u8],
    at: usize,
    heap_start: usize,
    heap_at: usize,
}

impl<'o> Writer<'o> {
    /// Writes records from `at` and heap bytes from `heap_start` on.
    pub const fn new(out: &'o mut [u8], at: usize, heap_start: usize) -> Self {
        Self {
            out,
            at,
            heap_start,
            heap_at: heap_start,
        }
    }

    /// Where the next record byte goes.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Where the next heap byte goes.
    pub const fn heap_at(&self) -> usize {
        self.heap_at
    }

    /// Writes bytes at the record cursor.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.at = copy(self.out, self.at, bytes)?;
        Ok(())
    }

    fn put_referenced(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let offset = self
            .heap_at
            .checked_sub(self.heap_start)
            .ok_or(EncodeError::TooLarge)?;
        u32::try_from(offset)
            .map_err(|_| EncodeError::TooLarge)?
            .put(self)?;
        u32::try_from(bytes.len())
            .map_err(|_| EncodeError::TooLarge)?
            .put(self)?;
        self.heap_at = copy(self.out, self.heap_at, bytes)?;
        self.heap_at = copy(self.out, self.heap_at, &[0])?;
        Ok(())
    }
}

fn copy(out: &mut [u8], at: usize, bytes: &[u8]) -> Result<usize, EncodeError> {
    let end = at.checked_add(bytes.len()).ok_or(EncodeError::TooLarge)?;
    out.get_mut(at..end)
        .ok_or(EncodeError::TooLarge)?
        .copy_from_slice(bytes);
    Ok(end)
}

macro_rules! number {
    ($($type:ty: $bytes:literal),*) => {$(
        impl<'a> Field<'a> for $type {
            const BYTES: usize = $bytes;
            fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
                writer.put(&self.to_le_bytes())
            }
            #[inline(never)]
            fn take(reader: &mut Reader<'a>) -> Self {
                Self::from_le_bytes(reader.bytes())
            }
        }
    )*};
}

number!(u16: 2, u32: 4, u64: 8);

impl<'a> Field<'a> for [u8; 16] {
    const BYTES: usize = 16;
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.put(self)
    }
    #[inline(never)]
    fn take(reader: &mut Reader<'a>) -> Self {
        reader.bytes()
    }
}

impl<'a> Field<'a> for [u8; 32] {
    const BYTES: usize = 32;
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.put(self)
    }
    #[inline(never)]
    fn take(reader: &mut Reader<'a>) -> Self {
        reader.bytes()
    }
}

impl<'a> Field<'a> for [u64; 6] {
    const BYTES: usize = 48;
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.iter().try_for_each(|number| number.put(writer))
    }
    fn take(reader: &mut Reader<'a>) -> Self {
        [0; 6].map(|_: u64| u64::take(reader))
    }
}

/// A text: offset and length of bytes in the heap that hold no NUL and are followed by one.
impl<'a> Field<'a> for &'a CStr {
    const BYTES: usize = 8;
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.put_referenced(self.to_bytes())
    }
    #[inline(never)]
    fn take(reader: &mut Reader<'a>) -> Self {
        CStr::from_bytes_with_nul(reader.referenced()).unwrap_or_else(|_| {
            reader.fail(DecodeError::Text);
            c""
        })
    }
}

/// A blob: offset and length of bytes in the heap.
impl<'a> Field<'a> for &'a [u8] {
    const BYTES: usize = 8;
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.put_referenced(self)
    }
    fn take(reader: &mut Reader<'a>) -> Self {
        let with_nul = reader.referenced().split_last();
        with_nul.map_or(&[], |(_, bytes)| bytes)
    }
}
