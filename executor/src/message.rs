//! What the executor says on standard error, one line at a time.

use crate::errno;
use crate::transfer::write_all;
use core::ffi::CStr;
use purple_plan::{Mount, SourceLine};
use purple_sys::descriptors;
use rustix::io::Errno;

/// A step has failed, its message is printed, and the run must end with this exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) struct Refused {
    pub(crate) status: u8,
}

/// The exit status of a run that was refused before the command started.
pub const SETUP_REFUSED: u8 = 125;

/// A piece of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    /// Words of ours.
    Text(&'a str),
    /// A path or a word of somebody else's: control bytes are made visible.
    Bytes(&'a [u8]),
    /// A number.
    Number(u64),
    /// An error, by name.
    Error(Errno),
    /// The place in the policy that asked for it; says nothing for none.
    Line(SourceLine),
}

/// A message out of its pieces, each of any type that a [`Part`] can be made from.
macro_rules! parts {
    ($($part:expr),+ $(,)?) => { &[$($crate::message::Part::from($part)),+] };
}

/// Makes a part of what it is made of.
macro_rules! part_from {
    ($($kind:ident $of:ty),+) => {$(
        impl<'a> From<$of> for Part<'a> {
            fn from(value: $of) -> Self {
                Self::$kind(value)
            }
        }
    )+};
}

part_from!(Text &'a str, Bytes &'a [u8], Number u64, Error Errno, Line SourceLine);

impl<'a> From<&'a CStr> for Part<'a> {
    fn from(name: &'a CStr) -> Self {
        Self::Bytes(name.to_bytes())
    }
}

/// Prints `purple-exec: STEP: PARTS` and gives the token that ends the run.
macro_rules! refuse {
    ($step:expr, $($part:expr),+ $(,)?) => {
        $crate::message::refused($step, $crate::message::parts![$($part),+])
    };
}

/// Prints `purple-exec: STEP: PARTS`.
macro_rules! say {
    ($step:expr, $($part:expr),+ $(,)?) => {
        $crate::message::print($step, $crate::message::parts![$($part),+])
    };
}

pub(crate) use {parts, refuse, say};

/// An error of the kernel's that ends the run.
pub(crate) trait OrRefuse<T> {
    /// Refuses the run for an error: STEP, and what failed.
    fn or_refuse(self, step: &str, what: &str) -> Result<T, Refused>;

    /// Refuses it for an error at the target of a mount.
    fn at(self, step: &Mount<'_>) -> Result<T, Refused>;
}

impl<T> OrRefuse<T> for Result<T, Errno> {
    fn or_refuse(self, step: &str, what: &str) -> Result<T, Refused> {
        self.map_err(|errno| refuse!(step, what, errno))
    }

    fn at(self, step: &Mount<'_>) -> Result<T, Refused> {
        self.map_err(|errno| refuse!("mount", step.target, errno, step.line))
    }
}

/// What [`refuse!`] does.
pub(crate) fn refused(step: &str, parts: &[Part<'_>]) -> Refused {
    print(step, parts);
    Refused {
        status: SETUP_REFUSED,
    }
}

/// What [`say!`] does.
pub(crate) fn print(step: &str, parts: &[Part<'_>]) {
    // Room for two names of which every byte is escaped.
    let mut line = Text::<2560>::new();
    line.push("purple-exec: ");
    line.push(step);
    line.push(": ");
    for part in parts {
        match *part {
            Part::Text(text) => line.push(text),
            Part::Bytes(bytes) => line.push_visible(bytes),
            Part::Number(number) => line.push_number(number),
            Part::Error(errno) => {
                line.push(": ");
                match errno::name(errno) {
                    Some(name) => line.push(name),
                    None => line.push_number(u64::from(errno.raw_os_error().unsigned_abs())),
                }
            }
            Part::Line(place) if place.is_some() => {
                line.push(" (");
                if place.source() == 0 {
                    line.push("policy ");
                }
                line.push("line ");
                line.push_number(u64::from(place.line()));
                if place.source() != 0 {
                    line.push(" of parent ");
                    line.push_number(u64::from(place.source()));
                }
                line.push(")");
            }
            Part::Line(_) => {}
        }
    }
    line.push("\n");
    if write_all(descriptors::error(), line.bytes()).is_err() {
        // There is nobody left to tell.
    }
}

/// A text of bounded length. What does not fit is left out, from the end, and then it is no C string.
#[derive(Debug)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    used: usize,
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
    fn push_visible(&mut self, bytes: &[u8]) {
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
