//! The server name in a client's messages of TLS that are not encrypted (RFC 8446, 4.1.2; RFC 6066, 3).
//!
//! It is read from what has come so far, over as many records and segments as it takes. What a strict
//! server would not accept is taken as having no name, so that nothing is carried.
//!
//! A server may ask for a second such message (RFC 8446, 4.1.4), and uses the name in that one. So what the
//! server answers is read too ([`answer`]).

mod answer;
mod message;

pub use answer::{Answer, Beside, answer, beside};
pub use message::MAX_HELLO;

use crate::cursor::Cursor;
use message::{End, HEAD, message};

const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// What the bytes so far say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// Not enough yet.
    More,
    /// The message is whole.
    Name {
        /// The name, in lower case.
        name: String,
        /// The bytes of the records that the message is in. No other message is in them.
        length: usize,
    },
    /// It is not TLS, or there is no name.
    None,
}

/// What the first bytes of a connection say.
pub fn server_name(bytes: &[u8]) -> Hello {
    let Some(message) = message(bytes) else {
        return Hello::None;
    };
    let is_other = message
        .bytes
        .first()
        .is_some_and(|kind| *kind != CLIENT_HELLO);
    match message.end {
        _ if is_other => Hello::None,
        End::More if bytes.len() < MAX_HELLO => Hello::More,
        End::More | End::Within => Hello::None,
        End::At(length) => {
            let name = message.bytes.get(HEAD..).and_then(name);
            name.map_or(Hello::None, |name| Hello::Name { name, length })
        }
    }
}

/// The name in the body of a client's first message.
fn name(body: &[u8]) -> Option<String> {
    let mut hello = Cursor::new(body);
    let _version_and_random = hello.take(34)?;
    let _session = hello.after_u8()?;
    let _suites = hello.after_u16()?;
    let _compressions = hello.after_u8()?;
    let mut extensions = Cursor::new(hello.after_u16()?);
    if !hello.rest().is_empty() {
        return None;
    }
    let mut found = None;
    while !extensions.rest().is_empty() {
        let kind = extensions.u16()?;
        let value = extensions.after_u16()?;
        if kind == SERVER_NAME {
            // Twice: which one counts is the server's choice.
            if found.is_some() {
                return None;
            }
            found = Some(host_name(value)?);
        }
    }
    found
}

fn host_name(extension: &[u8]) -> Option<String> {
    let mut extension = Cursor::new(extension);
    let mut list = Cursor::new(extension.after_u16()?);
    if list.u8()? != HOST_NAME {
        return None;
    }
    let name = list.after_u16()?;
    // One name and nothing behind it.
    if !list.rest().is_empty() || !extension.rest().is_empty() || name.len() > 253 {
        return None;
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (!name.is_empty() && name.iter().all(plain))
        .then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::{Hello, MAX_HELLO, server_name};
    use crate::noise::Noise;

    fn extension(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend((value.len() as u16).to_be_bytes());
        bytes.extend(value);
        bytes
    }

    fn sni(name: &str) -> Vec<u8> {
        let length = name.len() as u16;
        let mut value = (length + 3).to_be_bytes().to_vec();
        value.push(0);
        value.extend(length.to_be_bytes());
        value.extend(name.as_bytes());
        extension(0, &value)
    }

    fn message(extensions: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0]);
        let extensions = extensions.concat();
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        let mut message = vec![1, 0];
        message.extend((body.len() as u16).to_be_bytes());
        message.extend(body);
        message
    }

    fn records(message: &[u8], size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in message.chunks(size) {
            bytes.extend([22, 3, 1]);
            bytes.extend((part.len() as u16).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }

    fn named(name: &str, length: usize) -> Hello {
        let name = name.to_owned();
        Hello::Name { name, length }
    }

    #[test]
    fn a_name_over_any_number_of_records_and_segments() {
        let message = message(&[extension(0x2b, &[2, 3, 4]), sni("API.example.org")]);
        for size in [1, 2, 3, 5, 50, 10_000] {
            let bytes = records(&message, size);
            for cut in 0..bytes.len() {
                assert_eq!(server_name(&bytes[..cut]), Hello::More, "{size} {cut}");
            }
            let name = named("api.example.org", bytes.len());
            assert_eq!(server_name(&bytes), name, "{size}");
            // What comes behind its records does not matter.
            let more = [bytes, vec![23, 9, 9]].concat();
            assert_eq!(server_name(&more), name);
        }
    }

    #[test]
    fn no_name() {
        for extensions in [
            vec![],
            vec![extension(1, b"x")],
            vec![sni("a.org"), sni("b.org")],
            vec![sni("a.org\0.b.org")],
            vec![sni("")],
            vec![sni(&"a".repeat(254))],
            vec![extension(0, &[0, 5, 1, 0, 2, b'a', b'b'])],
            vec![extension(0, &[0, 5, 0, 0, 2, b'a', b'b', 0])],
        ] {
            let bytes = records(&message(&extensions), 1000);
            assert_eq!(server_name(&bytes), Hello::None, "{extensions:?}");
        }
        for bytes in [
            b"GET / HTTP/1.1\r\n\r\n".as_slice(),
            b"\x80\x2e\x01\x03\x01",
            b"\x16\x02\x00",
            b"\x16\x03\x01\x00\x00",
            b"\x16\x03\x01\xff\xff",
            b"\x16\x03\x01\x00\x01\x02",
        ] {
            assert_eq!(server_name(bytes), Hello::None, "{bytes:?}");
        }
    }

    #[test]
    fn a_second_message_in_the_same_record_is_refused() {
        let two = [message(&[sni("a.org")]), message(&[sni("b.org")])].concat();
        let bytes = records(&two, 1000);
        assert_eq!(server_name(&bytes), Hello::None);
        // The record's length says so before the second one has come.
        assert_eq!(server_name(&bytes[..bytes.len() / 2 + 10]), Hello::None);
    }

    #[test]
    fn a_message_without_end_is_given_up() {
        let endless = vec![1, 0, 0x7f, 0xff];
        let mut bytes = records(&[endless, vec![0; MAX_HELLO]].concat(), 100);
        assert_eq!(server_name(&bytes[..MAX_HELLO - 1]), Hello::More);
        bytes.truncate(MAX_HELLO);
        assert_eq!(server_name(&bytes), Hello::None);
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        let mut noise = Noise::new(3);
        let whole = records(
            &message(&[sni("api.example.org"), extension(5, b"abc")]),
            40,
        );
        let mut names = 0;
        for _ in 0..50_000 {
            let mut bytes = whole.clone();
            noise.spoil(&mut bytes);
            if let Hello::Name { name, length } = server_name(&bytes) {
                assert!(name.len() <= 253 && length <= bytes.len());
                names += 1;
            }
        }
        assert!(names > 100, "some survive: {names}");
    }
}
