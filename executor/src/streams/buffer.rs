//! Bytes that were read and are not written yet.

use purple_sys::memory;
use rustix::fd::BorrowedFd;
use rustix::io::{Errno, read};

/// A buffer that is filled when it is empty, and emptied from its start.
#[derive(Debug)]
pub(super) struct Buffer {
    memory: &'static mut [u8],
    start: usize,
    end: usize,
    /// Whether what it is written to takes no more for now.
    pub(super) is_held: bool,
}

impl Buffer {
    /// An empty one. Its memory stays for the rest of the process's life.
    pub(super) fn new(bytes: usize) -> Result<Self, Errno> {
        let memory = match bytes {
            0 => Default::default(),
            bytes => memory::pages(bytes)?,
        };
        Ok(Self {
            memory,
            start: 0,
            end: 0,
            is_held: false,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// What is to be written.
    pub(super) fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..self.end).unwrap_or(&[])
    }

    /// Reads as much as there is and fits, in place of what was there. 0 at the end.
    pub(super) fn fill(&mut self, from: BorrowedFd<'_>) -> Result<usize, Errno> {
        self.clear();
        let count = read(from, &mut *self.memory)?;
        self.end = count;
        Ok(count)
    }

    /// Takes what was written off the start.
    pub(super) fn drop_first(&mut self, count: usize) {
        self.start = self.start.saturating_add(count);
    }

    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }
}
