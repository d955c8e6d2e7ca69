//! Text without an allocator: a bounded buffer, and cutting what files hold into lines and words.

use core::ffi::CStr;
use purple_report::Sink;
use rustix::io::Errno;

/// A text of bounded length. What does not fit is left out, from the end, and then it is no C string.
#[derive(Debug)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    used: usize,
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Text<N> {
    /// An empty text.
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            used: 0,
        }
    }

    /// What fits of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut text = Self::new();
        text.push_bytes(bytes);
        text
    }

    /// Empties it, and takes what `write` writes, which returns how much that is.
    pub(crate) fn fill<E>(
        &mut self,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        self.clear();
        self.used = write(&mut self.bytes)?.min(N);
        Ok(())
    }

    /// A number in decimal.
    pub(crate) fn of_number(number: u64) -> Self {
        let mut text = Self::new();
        text.push_number(number);
        text
    }

    /// What has been written.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or(&[])
    }

    /// What has been written as a C string; an error when it holds a NUL or fills the space.
    pub(crate) fn c_str(&self) -> Result<&CStr, Errno> {
        let text = self.bytes.get(..=self.used).ok_or(Errno::NAMETOOLONG)?;
        CStr::from_bytes_with_nul(text).map_err(|_| Errno::NAMETOOLONG)
    }

    /// Empties it.
    pub(crate) fn clear(&mut self) {
        self.truncate(0);
    }

    /// Keeps no more than the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        if let Some(rest) = self.bytes.get_mut(length..self.used) {
            rest.fill(0);
            self.used = length;
        }
    }

    /// Empties it, and takes what fits of these bytes.
    pub(crate) fn replace(&mut self, bytes: &[u8]) {
        self.clear();
        self.push_bytes(bytes);
    }

    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.used..).unwrap_or(&mut []);
        let fitting = bytes.len().min(room.len());
        if let (Some(room), Some(bytes)) = (room.get_mut(..fitting), bytes.get(..fitting)) {
            room.copy_from_slice(bytes);
            self.used = self.used.saturating_add(fitting);
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Adds bytes with nothing hidden in them, so that nothing a terminal obeys gets out; a long text
    /// is cut.
    pub(crate) fn push_visible(&mut self, bytes: &[u8]) {
        const LONGEST: usize = 256;
        let shown = bytes.get(..LONGEST).unwrap_or(bytes);
        purple_report::push_visible(shown, self);
        if shown.len() < bytes.len() {
            self.push("...");
        }
    }

    /// Adds a number in decimal.
    pub(crate) fn push_number(&mut self, number: u64) {
        self.push_padded(number, 1);
    }

    /// Adds a number in decimal with at least `digits` digits.
    pub(crate) fn push_padded(&mut self, number: u64, digits: usize) {
        if number >= 10 || digits > 1 {
            self.push_padded(number / 10, digits.saturating_sub(1));
        }
        let digit = u8::try_from(number % 10).unwrap_or(0);
        self.push_bytes(&[b'0'.wrapping_add(digit)]);
    }
}

impl<const N: usize> Sink for Text<N> {
    fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }
}

/// The lines of a text that have something in them.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
}

/// The words of a text, between which there is white space.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// A decimal number, as files hold it.
pub(crate) fn number<N: TryFrom<u64>>(text: &[u8]) -> Option<N> {
    N::try_from(decimal(text)?).ok()
}

/// Digits, at least one; there may be a plus before them.
#[inline(never)]
fn decimal(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    let (first, rest) = digits.split_first()?;
    let digit = |byte: &u8| char::from(*byte).to_digit(10).map(u64::from);
    rest.iter().try_fold(digit(first)?, |number, byte| {
        number.checked_mul(10)?.checked_add(digit(byte)?)
    })
}

#[cfg(test)]
mod tests {
    use super::{Text, number};
    use rustix::io::Errno;

    #[test]
    fn numbers() {
        let mut text = Text::<64>::new();
        text.push_number(0);
        text.push(" ");
        text.push_number(u64::MAX);
        text.push(" ");
        text.push_padded(7, 3);
        assert_eq!(text.bytes(), b"0 18446744073709551615 007");
    }

    #[test]
    fn numbers_in_files() {
        assert_eq!(number(b"0"), Some(0_u64));
        assert_eq!(number(b"007"), Some(7_u8));
        assert_eq!(number(b"+7"), Some(7_u64));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number::<u64>(b"18446744073709551616"), None);
        assert_eq!(number(b"2147483647"), Some(i32::MAX));
        assert_eq!(number::<i32>(b"2147483648"), None);
        assert_eq!(number::<u8>(b"256"), None);
        for text in [
            &b""[..],
            b"+",
            b"-",
            b"-1",
            b"++1",
            b" 1",
            b"1 ",
            b"0x1",
            b"1\0",
            b"\xb2",
        ] {
            assert_eq!(number::<u64>(text), None, "{text:?}");
        }
    }

    #[test]
    fn nothing_is_hidden_and_letters_stay() {
        let mut text = Text::<128>::new();
        text.push_visible(b"a\x1b[31m\nb\\");
        text.push_visible("é\u{9b}\u{202e}".as_bytes());
        text.push_visible(b"\xff");
        let expected = "a\\u{1b}[31m\\u{a}b\\é\\u{9b}\\u{202e}\\xff";
        assert_eq!(text.bytes(), expected.as_bytes());
    }

    #[test]
    fn a_long_name_leaves_room_for_the_reason() {
        let mut text = Text::<4096>::new();
        text.push_visible(&[b'a'; 3000]);
        assert_eq!(text.bytes().len(), 259);
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut text = Text::<4>::new();
        text.push("abc");
        assert_eq!(text.c_str(), Ok(c"abc"));
        text.push("def");
        assert_eq!(text.bytes(), b"abcd");
        assert_eq!(text.c_str(), Err(Errno::NAMETOOLONG));
    }
}
