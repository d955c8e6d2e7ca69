//! The server name in the first message of TLS (RFC 8446, 4.1.2; RFC 6066, 3).
//!
//! It is read from what has come so far, over as many records and segments as it takes. What a strict
//! server would not accept is taken as having no name, so that nothing is carried.

use crate::cursor::Cursor;

/// The most bytes in which the name must have come.
pub const MAX_HELLO: usize = 32 << 10;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;
/// The most bytes of a record (RFC 8446, 5.1).
const MAX_RECORD: usize = 1 << 14;

/// What the bytes so far say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// Not enough yet.
    More,
    /// The name, in lower case.
    Name(String),
    /// It is not TLS, or there is no name.
    None,
}

/// What the first bytes of a connection say.
pub fn server_name(bytes: &[u8]) -> Hello {
    match handshake(bytes) {
        Ok(message) => name(&message).map_or(Hello::None, Hello::Name),
        Err(cut) if cut && bytes.len() < MAX_HELLO => Hello::More,
        Err(_) => Hello::None,
    }
}

/// The first handshake message, put together from its records. The error says whether it is only cut.
fn handshake(bytes: &[u8]) -> Result<Vec<u8>, bool> {
    let mut records = Cursor::new(bytes);
    let mut message = Vec::new();
    loop {
        let kind = records.u8().ok_or(true)?;
        if kind != HANDSHAKE {
            return Err(false);
        }
        // The version of a record: 3.x in all of them.
        if records.u8().ok_or(true)? != 3 {
            return Err(false);
        }
        let _minor = records.u8().ok_or(true)?;
        let length = usize::from(records.u16().ok_or(true)?);
        // An empty fragment of a handshake is not allowed.
        if length == 0 || length > MAX_RECORD {
            return Err(false);
        }
        let part = records.rest();
        let part = part.get(..length).unwrap_or(part);
        message.extend_from_slice(part);
        if message.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return Err(false);
        }
        if let [_, a, b, c, body @ ..] = message.as_slice() {
            let wanted = u32::from_be_bytes([0, *a, *b, *c]);
            let wanted = usize::try_from(wanted).map_err(|_| false)?;
            if wanted > MAX_HELLO {
                return Err(false);
            }
            if let Some(body) = body.get(..wanted) {
                return Ok(body.to_vec());
            }
        }
        if records.take(length).is_none() {
            return Err(true);
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

    fn named(name: &str) -> Hello {
        Hello::Name(name.to_owned())
    }

    #[test]
    fn a_name_over_any_number_of_records_and_segments() {
        let message = message(&[extension(0x2b, &[2, 3, 4]), sni("API.example.org")]);
        for size in [1, 2, 3, 5, 50, 10_000] {
            let bytes = records(&message, size);
            for cut in 0..bytes.len() {
                assert_eq!(server_name(&bytes[..cut]), Hello::More, "{size} {cut}");
            }
            assert_eq!(server_name(&bytes), named("api.example.org"), "{size}");
            // What comes behind it does not matter.
            let more = [bytes, vec![23, 9, 9]].concat();
            assert_eq!(server_name(&more), named("api.example.org"));
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
            if let Hello::Name(name) = server_name(&bytes) {
                assert!(name.len() <= 253);
                names += 1;
            }
        }
        assert!(names > 100, "some survive: {names}");
    }
}
