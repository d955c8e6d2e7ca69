//! Whether a server asks for a second first message (RFC 8446, 4.1.4).

use super::message::{End, HEAD, MAX_HELLO, MAX_RECORD, message};

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const APPLICATION_DATA: u8 = 23;
const SERVER_HELLO: u8 = 2;

/// Encryption makes a record longer by this much at most (RFC 8446, 5.2; RFC 5246, 6.2.3).
const MAX_EXPANSION: usize = 2048;

/// The bytes of a record before its content.
const RECORD_HEAD: usize = 5;

/// The random number of a message that asks for a second first message (RFC 8446, 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What the first bytes of a server's answer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not enough yet.
    More,
    /// It asks for a second first message, in so many bytes.
    Retry(usize),
    /// It asks for none: what a client sends from here on names no server, or is encrypted.
    Final,
    /// It may ask for one, and cannot be read.
    Unreadable,
}

/// What the first handshake message of a server says.
pub fn answer(bytes: &[u8]) -> Answer {
    let Some(message) = message(bytes) else {
        return Answer::Final;
    };
    let more = if bytes.len() < MAX_HELLO {
        Answer::More
    } else {
        Answer::Unreadable
    };
    match message.bytes.first() {
        None => return more,
        Some(&SERVER_HELLO) => {}
        Some(_) => return Answer::Final,
    }
    // The random number stands behind the version.
    let random = message.bytes.get(HEAD + 2..).unwrap_or_default();
    match (random.first_chunk::<32>(), message.end) {
        (Some(random), _) if *random != RETRY => Answer::Final,
        (Some(_), End::At(length)) => Answer::Retry(length),
        (Some(_), End::Within) => Answer::Unreadable,
        (_, End::More) => more,
        (None, _) => Answer::Final,
    }
}

/// A record beside the handshake messages that are not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Not enough yet.
    More,
    /// A record of so many bytes: an alert, a change of keys, or what is encrypted.
    Record(usize),
    /// Something else.
    No,
}

/// Whether the next record is beside the handshake.
pub fn beside(bytes: &[u8]) -> Beside {
    match bytes {
        [kind, ..] if ![CHANGE_CIPHER_SPEC, ALERT, APPLICATION_DATA].contains(kind) => Beside::No,
        [_, major, ..] if *major != 3 => Beside::No,
        [_, _, _, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if length > MAX_RECORD + MAX_EXPANSION {
                return Beside::No;
            }
            Beside::Record(RECORD_HEAD + length)
        }
        _ => Beside::More,
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::{Answer, Beside, RETRY, answer, beside};
    use crate::tls::MAX_HELLO;

    fn server_hello(random: [u8; 32], rest: usize) -> Vec<u8> {
        let body = [vec![3, 3], random.to_vec(), vec![0; rest]].concat();
        let length = (body.len() as u32).to_be_bytes();
        [vec![2], length[1..].to_vec(), body].concat()
    }

    fn records(message: &[u8], size: usize) -> Vec<u8> {
        let record = |part: &[u8]| {
            let length = (part.len() as u16).to_be_bytes();
            [&[22, 3, 3], length.as_slice(), part].concat()
        };
        message.chunks(size).flat_map(record).collect()
    }

    #[test]
    fn a_retry_in_any_number_of_records() {
        for size in [1, 3, 7, 500] {
            let bytes = records(&server_hello(RETRY, 50), size);
            for cut in 0..bytes.len() {
                assert_eq!(answer(&bytes[..cut]), Answer::More, "{size} {cut}");
            }
            let more = [bytes.as_slice(), &[20, 3, 3, 0, 1, 1]].concat();
            assert_eq!(answer(&more), Answer::Retry(bytes.len()), "{size}");
        }
    }

    #[test]
    fn what_asks_for_nothing() {
        let mut other = RETRY;
        other[31] ^= 1;
        // The random number is enough.
        let bytes = records(&server_hello(other, 50), 60);
        assert_eq!(answer(&bytes[..43]), Answer::Final);
        assert_eq!(answer(&bytes[..42]), Answer::More);
        for bytes in [b"HTTP/1.1".as_slice(), &[22, 3, 1, 0, 1, 1], &[22, 2]] {
            assert_eq!(answer(bytes), Answer::Final);
        }
    }

    #[test]
    fn a_retry_that_cannot_be_read() {
        let retry = server_hello(RETRY, 50);
        let bytes = records(&[retry.as_slice(), &[2]].concat(), 1000);
        assert_eq!(answer(&bytes), Answer::Unreadable);
        // It has no end.
        let mut bytes = records(&server_hello(RETRY, MAX_HELLO - 34), 1);
        bytes.truncate(MAX_HELLO);
        assert_eq!(answer(&bytes), Answer::Unreadable);
    }

    #[test]
    fn records_beside_the_handshake() {
        assert_eq!(beside(&[20, 3, 3, 0, 1, 1]), Beside::Record(6));
        assert_eq!(beside(&[23, 3, 3, 0x40, 0]), Beside::Record(0x4005));
        assert_eq!(beside(&[21, 3]), Beside::More);
        assert_eq!(beside(&[]), Beside::More);
        for bytes in [[22, 3, 3, 0, 1], [23, 2, 0, 0, 1], [23, 3, 3, 0xff, 0xff]] {
            assert_eq!(beside(&bytes), Beside::No);
        }
    }
}
