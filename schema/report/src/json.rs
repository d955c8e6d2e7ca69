//! Writing JSON piece by piece: what is written is never held as a whole.

use crate::sink::Sink;
use crate::time::civil;
use crate::visible::{Piece, pieces, push_digits, push_json_escape};
use core::time::Duration;

/// JSON on its way to a sink. Each value that is written knows what stands before it: a comma, and in an object its key.
pub struct Json<'s> {
    sink: &'s mut dyn Sink,
    separate: bool,
    /// The keys of the values that come next, a NUL behind each.
    keys: &'static str,
}

impl<'s> Json<'s> {
    /// At the beginning of a value.
    pub fn new(sink: &'s mut dyn Sink) -> Self {
        Self {
            sink,
            separate: false,
            keys: "",
        }
    }

    /// An object, whose members' values the function writes: in the order of these keys, with a NUL behind each.
    /// Where there are none it names each member by [`Json::key`].
    pub fn object(&mut self, keys: &'static str, members: impl FnOnce(&mut Self)) {
        let outer = self.open("{", keys);
        members(self);
        self.close("}", outer);
    }

    /// A list, whose items the function writes.
    pub fn list(&mut self, items: impl FnOnce(&mut Self)) {
        let outer = self.open("[", "");
        items(self);
        self.close("]", outer);
    }

    /// The key of an object's next member.
    pub fn key(&mut self, name: &[u8]) {
        self.text("", name);
        self.push(":");
        self.separate = false;
    }

    /// Returns the keys that come behind.
    fn open(&mut self, mark: &str, keys: &'static str) -> &'static str {
        self.begin();
        self.push(mark);
        self.separate = false;
        core::mem::replace(&mut self.keys, keys)
    }

    fn close(&mut self, mark: &str, keys: &'static str) {
        self.push(mark);
        self.separate = true;
        self.keys = keys;
    }

    /// What stands before a value.
    fn begin(&mut self) {
        if self.separate {
            self.push(",");
        }
        self.separate = true;
        if let Some((key, rest)) = self.keys.split_once('\0') {
            self.keys = rest;
            self.push("\"");
            self.push(key);
            self.push("\":");
        }
    }

    /// `null`, `true` or `false`.
    pub fn literal(&mut self, word: &'static str) {
        self.begin();
        self.push(word);
    }

    /// A string. Bytes that are not UTF-8 become U+FFFD; what is hidden ([`crate::is_hidden`]) is escaped.
    pub fn text(&mut self, before: &str, bytes: &[u8]) {
        self.begin();
        self.push("\"");
        self.push(before);
        for piece in pieces(bytes) {
            match piece {
                Piece::Plain(text) => self.plain(text),
                Piece::Hidden(character) => push_json_escape(character, self.sink),
                Piece::Invalid(_) => self.push("\u{fffd}"),
            }
        }
        self.push("\"");
    }

    /// Text with nothing hidden in it.
    fn plain(&mut self, text: &str) {
        for part in text.split_inclusive(['"', '\\']) {
            match part.strip_suffix(['"', '\\']) {
                Some(before) => {
                    self.push(before);
                    self.push("\\");
                    self.push(part.get(before.len()..).unwrap_or_default());
                }
                None => self.push(part),
            }
        }
    }

    /// A string of hexadecimal digits, behind a word.
    pub fn hexadecimal(&mut self, before: &'static str, bytes: &[u8]) {
        self.begin();
        self.push("\"");
        self.push(before);
        self.digits(bytes);
        self.push("\"");
    }

    fn digits(&mut self, bytes: &[u8]) {
        for byte in bytes {
            push_digits(u32::from(*byte), 2, self.sink);
        }
    }

    /// A number.
    pub fn number(&mut self, number: u64) {
        self.begin();
        self.decimal(number, 1);
    }

    /// A number's digits, with zeroes before it up to so many.
    fn decimal(&mut self, number: u64, digits: usize) {
        let mut room = [b'0'; 20];
        let (mut rest, mut used) = (number, 0_usize);
        for slot in room.iter_mut().rev() {
            if rest == 0 && used >= digits.max(1) {
                break;
            }
            let digit = u8::try_from(rest % 10).unwrap_or(0);
            (*slot, rest, used) = (b'0'.wrapping_add(digit), rest / 10, used.saturating_add(1));
        }
        let text = room.get(room.len().saturating_sub(used)..);
        self.push(core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default());
    }

    /// A number of seconds with six decimals.
    pub fn seconds(&mut self, time: Duration) {
        self.begin();
        self.decimal(time.as_secs(), 1);
        self.push(".");
        self.decimal(u64::from(time.subsec_micros()), 6);
    }

    /// A time since 1970 as a time of day in UTC (RFC 3339).
    pub fn time(&mut self, time: Duration) {
        const DAY: u64 = 86400;
        self.begin();
        let (days, seconds) = (time.as_secs() / DAY, time.as_secs() % DAY);
        let (year, month, day) = civil(days);
        self.push("\"");
        self.decimal(year, 4);
        for (mark, number) in [
            ("-", month),
            ("-", day),
            ("T", seconds / 3600),
            (":", seconds / 60 % 60),
            (":", seconds % 60),
        ] {
            self.push(mark);
            self.decimal(number, 2);
        }
        self.push(".");
        self.decimal(u64::from(time.subsec_millis()), 3);
        self.push("Z\"");
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.sink.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Sink};
    use core::time::Duration;
    use std::string::String;

    impl Sink for String {
        fn push(&mut self, text: &str) {
            self.push_str(text);
        }
    }

    fn written(write: impl FnOnce(&mut Json<'_>)) -> String {
        let mut text = String::new();
        write(&mut Json::new(&mut text));
        text
    }

    #[test]
    fn numbers() {
        for (number, digits, text) in [
            (0, 1, "0"),
            (0, 0, "0"),
            (7, 3, "007"),
            (1000, 3, "1000"),
            (u64::MAX, 1, "18446744073709551615"),
        ] {
            assert_eq!(written(|json| json.decimal(number, digits)), text);
        }
    }

    #[test]
    fn times() {
        let time = Duration::from_millis(951_868_799_123);
        assert_eq!(
            written(|json| json.time(time)),
            "\"2000-02-29T23:59:59.123Z\""
        );
        assert_eq!(
            written(|json| json.seconds(Duration::from_micros(1_000_042))),
            "1.000042"
        );
    }

    #[test]
    fn any_bytes_are_one_string_without_control_characters() {
        let bytes = b"a\n\"\\\x1b\x7f\xc2\x9b\xe2\x80\xae\xff\xfe\xc3";
        assert_eq!(
            written(|json| json.text("", bytes)),
            "\"a\\u000a\\\"\\\\\\u001b\\u007f\\u009b\\u202e\u{fffd}\u{fffd}\u{fffd}\""
        );
    }

    #[test]
    fn commas_stand_between_members_and_items() {
        let text = written(|json| {
            json.object("a\0b\0c\0", |json| {
                json.list(|json| {
                    json.number(1);
                    json.list(|_| ());
                    json.literal("null");
                    json.object("d\0", |json| json.number(2));
                });
                json.hexadecimal("0x", &[0, 0xaf]);
                json.object("", |json| {
                    json.key(b"e\"");
                    json.number(3);
                    json.key(b"f");
                    json.text("", b"g");
                });
            });
        });
        let expected = r#"{"a":[1,[],null,{"d":2}],"b":"0x00af","c":{"e\"":3,"f":"g"}}"#;
        assert_eq!(text, expected);
    }
}
