//! The records of one section, checked once and read again whenever they are asked for.

use crate::error::DecodeError;
use crate::field::{Reader, Record};
use core::marker::PhantomData;

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

/// Checks the sections' records one section after the other, and that together they refer to
/// every byte of the heap once, in order.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    /// One for all sections: it knows where the next heap reference must point.
    reader: Reader<'a>,
}

impl<'a> Checker<'a> {
    /// Starts at the first section. `sources` is the last source that a source line may name.
    pub(crate) const fn new(heap: &'a [u8], sources: u8) -> Self {
        Self {
            reader: Reader::in_order(&[], heap, 0, sources),
        }
    }

    /// A section with any number of records: each is read once, in order, so that reading it again
    /// cannot fail.
    pub(crate) fn table<R: Record<'a>>(
        &mut self,
        records: &'a [u8],
        mut check: impl FnMut(&R) -> Result<(), DecodeError>,
    ) -> Result<Table<'a, R>, DecodeError> {
        self.reader.go_to(records);
        while !self.reader.is_at_end() {
            check(&R::take(&mut self.reader)?)?;
        }
        Ok(Table {
            records,
            heap: self.reader.heap(),
            record: PhantomData,
        })
    }

    /// The record of a section that has one.
    pub(crate) fn one<R: Record<'a>>(
        &mut self,
        records: &'a [u8],
        mut check: impl FnMut(&R) -> Result<(), DecodeError>,
    ) -> Result<R, DecodeError> {
        self.reader.go_to(records);
        let record = R::take(&mut self.reader)?;
        check(&record)?;
        if self.reader.is_at_end() {
            Ok(record)
        } else {
            Err(DecodeError::Sections)
        }
    }

    /// Checks that the heap ends behind the last reference.
    pub(crate) fn end(self) -> Result<(), DecodeError> {
        if self.reader.expected() == Some(self.reader.heap().len()) {
            Ok(())
        } else {
            Err(DecodeError::Length)
        }
    }
}
