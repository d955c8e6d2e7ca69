//! Reads numbers and parts out of bytes that may say anything.

/// A place in bytes. Each read past the end is `None` and leaves the place where it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    /// At the start of `bytes`.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// At `at`, which may be past the end.
    pub(crate) fn at(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next read begins.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// The next bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        <[u8; N]>::try_from(self.take(N)?).ok()
    }

    /// One byte.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// Two bytes, the highest first.
    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, the highest first.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// As many bytes as the byte before them says.
    pub(crate) fn after_u8(&mut self) -> Option<&'b [u8]> {
        let mut ahead = *self;
        let count = ahead.u8()?;
        let taken = ahead.take(usize::from(count))?;
        *self = ahead;
        Some(taken)
    }

    /// As many bytes as the two bytes before them say.
    pub(crate) fn after_u16(&mut self) -> Option<&'b [u8]> {
        let mut ahead = *self;
        let count = ahead.u16()?;
        let taken = ahead.take(usize::from(count))?;
        *self = ahead;
        Some(taken)
    }
}
