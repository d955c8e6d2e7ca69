//! Queries: those from inside are read, those to outside are written.

use super::name;
use super::numbers::{A, AAAA, Code, IN, Kind};
use crate::cursor::Cursor;

/// A query from inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// What the answer must repeat.
    pub id: u16,
    /// Whether the resolver is asked to ask others; repeated.
    pub recursion: bool,
    /// The question as it was written, for names are repeated letter by letter.
    pub question: Vec<u8>,
    /// The name in lower case, without the dot at the end.
    pub name: String,
    /// What is asked for.
    pub kind: Kind,
}

/// A query that cannot be answered with more than a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadQuery {
    /// It is not even a query: nothing is answered.
    Silent,
    /// This is answered, with the id that it has.
    Answer(u16, Code),
}

/// Bits of the second word (RFC 1035, 4.1.1).
const RESPONSE: u16 = 0x8000;
const OPERATION: u16 = 0x7800;
const RECURSION: u16 = 0x0100;

/// Reads a query. What follows the question (EDNS, for the most part) is not looked at.
pub fn read_query(message: &[u8]) -> Result<Query, BadQuery> {
    let mut cursor = Cursor::new(message);
    let header = (|| Some((cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.take(6)?)))();
    let Some((id, flags, questions, _)) = header else {
        return Err(BadQuery::Silent);
    };
    if flags & RESPONSE != 0 {
        return Err(BadQuery::Silent);
    }
    if flags & OPERATION != 0 {
        return Err(BadQuery::Answer(id, Code::NotImplemented));
    }
    if questions != 1 {
        return Err(BadQuery::Answer(id, Code::Format));
    }
    let start = cursor;
    let mut skipped = cursor;
    let malformed = BadQuery::Answer(id, Code::Format);
    name::skip(&mut skipped).ok_or(malformed.clone())?;
    // The name is in the first bytes of the message: it has nothing to point to.
    let Some(name) = name::read(message, &mut cursor) else {
        return Err(BadQuery::Answer(id, Code::Refused));
    };
    let (Some(kind), Some(class)) = (cursor.u16(), cursor.u16()) else {
        return Err(malformed);
    };
    if class != IN {
        return Err(BadQuery::Answer(id, Code::NotImplemented));
    }
    let length = cursor.position().saturating_sub(start.position());
    Ok(Query {
        id,
        recursion: flags & RECURSION != 0,
        question: start.rest().get(..length).unwrap_or_default().to_vec(),
        name,
        kind: match kind {
            A => Kind::A,
            AAAA => Kind::Aaaa,
            _ => Kind::Other,
        },
    })
}

/// The most bytes of an answer by datagram that we ask for (the DNS flag day of 2020).
const DATAGRAM: u16 = 1232;

/// A query to a resolver outside, by itself or with EDNS (RFC 6891).
pub fn ask(id: u16, name: &str, kind: Kind, edns: bool) -> Option<Vec<u8>> {
    let mut message = Vec::with_capacity(300);
    message.extend(id.to_be_bytes());
    message.extend(RECURSION.to_be_bytes());
    message.extend([0, 1, 0, 0, 0, 0, 0, u8::from(edns)]);
    name::write(name, &mut message)?;
    message.extend(kind.number().to_be_bytes());
    message.extend(IN.to_be_bytes());
    if edns {
        // The root's name, OPT, the size; no flags, no options.
        message.extend([0, 0, 41]);
        message.extend(DATAGRAM.to_be_bytes());
        message.extend([0; 6]);
    }
    Some(message)
}
