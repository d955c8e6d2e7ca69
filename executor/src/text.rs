//! Text without an allocator: a bounded buffer, and cutting what files hold into lines and words.

use core::ffi::CStr;
use core::str::FromStr;
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
        self.bytes.fill(0);
        self.used = 0;
    }

    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(slot) = self.bytes.get_mut(self.used) {
                *slot = *byte;
                self.used = self.used.saturating_add(1);
            }
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Adds bytes with all but printable characters written as `\xNN`, so that nothing a terminal
    /// obeys gets out; a long text is cut.
    pub(crate) fn push_visible(&mut self, bytes: &[u8]) {
        const LONGEST: usize = 256;
        let shown = bytes.get(..LONGEST).unwrap_or(bytes);
        for chunk in shown.utf8_chunks() {
            for character in chunk.valid().chars() {
                let mut room = [0; 4];
                let text = character.encode_utf8(&mut room);
                if character.is_control() || character == '\\' || is_direction(character) {
                    self.push_escaped(text.as_bytes());
                } else {
                    self.push(text);
                }
            }
            self.push_escaped(chunk.invalid());
        }
        if shown.len() < bytes.len() {
            self.push("...");
        }
    }

    fn push_escaped(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.push("\\x");
            self.push_hex(&[*byte]);
        }
    }

    /// Adds bytes as two hexadecimal digits each.
    pub(crate) fn push_hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                let base = if digit < 10 {
                    b'0'
                } else {
                    b'a'.wrapping_sub(10)
                };
                self.push_bytes(&[base.wrapping_add(digit)]);
            }
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

/// Whether a character changes the order in which others are shown (Unicode's bidirectional marks).
const fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
pub(crate) fn number<N: FromStr>(text: &[u8]) -> Option<N> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Text;
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
    fn control_bytes_are_visible() {
        let mut text = Text::<64>::new();
        text.push_visible(b"a\x1b[31m\nb\\");
        assert_eq!(text.bytes(), b"a\\x1b[31m\\x0ab\\x5c");
    }

    #[test]
    fn other_bytes_are_visible_and_letters_stay() {
        let mut text = Text::<64>::new();
        text.push_visible("é\u{9b}\u{202e}".as_bytes());
        text.push_visible(b"\xff");
        assert_eq!(text.bytes(), "é\\xc2\\x9b\\xe2\\x80\\xae\\xff".as_bytes());
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
