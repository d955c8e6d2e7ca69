//! A handshake message that is not encrypted, out of its records (RFC 8446, 5.1).

use crate::cursor::Cursor;

/// The most bytes in which a message must have come.
pub const MAX_HELLO: usize = 32 << 10;

const HANDSHAKE: u8 = 22;

/// The most bytes of a record (RFC 8446, 5.1).
pub(super) const MAX_RECORD: usize = 1 << 14;

/// A handshake message as far as it has come, put together from its records.
pub(super) struct Message {
    /// The kind, three bytes with the length of the body, and the body.
    pub(super) bytes: Vec<u8>,
    pub(super) end: End,
}

/// Where a message ends.
pub(super) enum End {
    /// Not yet.
    More,
    /// With a record, after so many bytes of records.
    At(usize),
    /// Within a record, in which another message follows.
    Within,
}

/// The bytes before the body of a message.
pub(super) const HEAD: usize = 4;

/// The message that begins with `bytes`; `None` if that is no handshake, or the message is too long.
pub(super) fn message(bytes: &[u8]) -> Option<Message> {
    let mut records = Cursor::new(bytes);
    let mut message = Vec::new();
    let mut declared: usize = 0;
    let more = |bytes| {
        let end = End::More;
        Some(Message { bytes, end })
    };
    loop {
        let header = records.rest();
        // The version of a record is 3.x in all of them.
        if header.first().is_some_and(|kind| *kind != HANDSHAKE)
            || header.get(1).is_some_and(|major| *major != 3)
        {
            return None;
        }
        let Some([_, _, _, high, low]) = records.array() else {
            return more(message);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        // An empty fragment of a handshake is not allowed.
        if length == 0 || length > MAX_RECORD {
            return None;
        }
        declared = declared.saturating_add(length);
        let part = records.rest();
        message.extend_from_slice(part.get(..length).unwrap_or(part));
        if let [_, a, b, c, ..] = message.as_slice() {
            let body = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).ok()?;
            let whole = body.saturating_add(HEAD);
            if body > MAX_HELLO {
                return None;
            }
            if message.len() >= whole {
                let end = if declared == whole {
                    End::At(records.position().saturating_add(length))
                } else {
                    End::Within
                };
                message.truncate(whole);
                return Some(Message {
                    bytes: message,
                    end,
                });
            }
        }
        if records.take(length).is_none() {
            return more(message);
        }
    }
}
