//! Writing JSON to a file, a buffer at a time.

use crate::files::write_all;
use crate::text::Text;
use core::time::Duration;
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// What is being written. The first error stays.
#[derive(Debug)]
pub(crate) struct Json {
    file: OwnedFd,
    buffer: Text<2048>,
    separate: bool,
    error: Option<Errno>,
}

/// Something that JSON has a form for.
pub(crate) trait Value {
    /// Writes it behind what there is.
    fn write(self, json: &mut Json);
}

/// An object: the function writes its fields.
pub(crate) struct Object<F>(pub(crate) F);

/// An array of values.
pub(crate) struct List<I>(pub(crate) I);

/// A string of hexadecimal digits behind a word.
pub(crate) struct Hex<'b>(pub(crate) &'static str, pub(crate) &'b [u8]);

/// A number of seconds.
pub(crate) struct Seconds(pub(crate) Duration);

/// A time of day in UTC, as RFC 3339 writes it, from the time since 1970.
pub(crate) struct Time(pub(crate) Duration);

impl Json {
    /// Room that is always left behind a piece of text, for a number, a time or an escape.
    const ROOM: usize = 128;

    /// Writes one value to a file, and a line's end.
    pub(crate) fn write(file: OwnedFd, value: impl Value) -> Result<(), Errno> {
        let mut json = Self {
            file,
            buffer: Text::new(),
            separate: false,
            error: None,
        };
        value.write(&mut json);
        json.buffer.push("\n");
        json.flush();
        json.error.map_or(Ok(()), Err)
    }

    /// A field of an object.
    pub(crate) fn field(&mut self, name: &str, value: impl Value) {
        self.item(name);
        self.buffer.push(":");
        value.write(self);
    }

    fn item(&mut self, value: impl Value) {
        if self.separate {
            self.buffer.push(",");
        }
        value.write(self);
        self.separate = true;
    }

    fn enclose(&mut self, [open, close]: [&str; 2], inside: impl FnOnce(&mut Self)) {
        self.push(open);
        self.separate = false;
        inside(self);
        self.push(close);
        self.separate = true;
    }

    fn push(&mut self, text: &str) {
        self.buffer.push(text);
        if self.buffer.bytes().len() > 2048_usize.saturating_sub(Self::ROOM) {
            self.flush();
        }
    }

    fn character(&mut self, character: char) {
        if character.is_control() {
            let [.., high, low] = u32::from(character).to_be_bytes();
            self.push("\\u");
            return self.buffer.push_hex(&[high, low]);
        }
        if matches!(character, '"' | '\\') {
            self.push("\\");
        }
        self.push(character.encode_utf8(&mut [0; 4]));
    }

    fn flush(&mut self) {
        if self.error.is_none() {
            self.error = write_all(&self.file, self.buffer.bytes()).err();
        }
        self.buffer.clear();
    }
}

impl Value for u64 {
    fn write(self, json: &mut Json) {
        json.buffer.push_number(self);
    }
}

impl Value for bool {
    fn write(self, json: &mut Json) {
        json.push(if self { "true" } else { "false" });
    }
}

/// Bytes that are not UTF-8 become U+FFFD; control characters are escaped.
impl Value for &[u8] {
    fn write(self, json: &mut Json) {
        json.push("\"");
        for chunk in self.utf8_chunks() {
            for character in chunk.valid().chars() {
                json.character(character);
            }
            if !chunk.invalid().is_empty() {
                json.character(char::REPLACEMENT_CHARACTER);
            }
        }
        json.push("\"");
    }
}

impl Value for &str {
    fn write(self, json: &mut Json) {
        self.as_bytes().write(json);
    }
}

impl<V: Value> Value for Option<V> {
    fn write(self, json: &mut Json) {
        match self {
            Some(value) => value.write(json),
            None => json.push("null"),
        }
    }
}

impl<F: FnOnce(&mut Json)> Value for Object<F> {
    fn write(self, json: &mut Json) {
        json.enclose(["{", "}"], self.0);
    }
}

impl<I: Iterator<Item: Value>> Value for List<I> {
    fn write(self, json: &mut Json) {
        json.enclose(["[", "]"], |json| self.0.for_each(|value| json.item(value)));
    }
}

impl Value for Hex<'_> {
    fn write(self, json: &mut Json) {
        json.push("\"");
        json.push(self.0);
        json.buffer.push_hex(self.1);
        json.push("\"");
    }
}

impl Value for Seconds {
    fn write(self, json: &mut Json) {
        json.buffer.push_number(self.0.as_secs());
        json.buffer.push(".");
        json.buffer
            .push_padded(u64::from(self.0.subsec_micros()), 6);
    }
}

impl Value for Time {
    fn write(self, json: &mut Json) {
        push_time(&mut json.buffer, self.0);
    }
}

fn push_time<const N: usize>(out: &mut Text<N>, time: Duration) {
    const DAY: u64 = 86400;
    let (days, seconds) = (time.as_secs() / DAY, time.as_secs() % DAY);
    let (year, month, day) = civil(days);
    out.push("\"");
    out.push_padded(year, 4);
    for (mark, number) in [
        ("-", month),
        ("-", day),
        ("T", seconds / 3600),
        (":", seconds / 60 % 60),
        (":", seconds % 60),
    ] {
        out.push(mark);
        out.push_padded(number, 2);
    }
    out.push(".");
    out.push_padded(u64::from(time.subsec_millis()), 3);
    out.push("Z\"");
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let (mut year, mut month) = (1970_u64, 1_u64);
    loop {
        let leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
        let length = match month {
            2 => 28_u64.saturating_add(leap.into()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let Some(rest) = days.checked_sub(length) else {
            return (year, month, days.saturating_add(1));
        };
        days = rest;
        (year, month) = match month {
            12 => (year.saturating_add(1), 1),
            _ => (year, month.saturating_add(1)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{civil, push_time};
    use crate::text::Text;
    use core::time::Duration;

    #[test]
    fn dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(364), (1970, 12, 31));
        assert_eq!(civil(365), (1971, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_779), (2026, 11, 22));
    }

    #[test]
    fn times() {
        let mut text = Text::<64>::new();
        push_time(&mut text, Duration::from_millis(951_868_799_123));
        assert_eq!(text.bytes(), b"\"2000-02-29T23:59:59.123Z\"");
    }
}
