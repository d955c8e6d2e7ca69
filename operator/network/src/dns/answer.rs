//! Answers from outside.

use super::name;
use super::numbers::{A, AAAA, CNAME, Code, IN, Kind, MAX_ADDRESSES, MAX_TTL};
use crate::cursor::Cursor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest chain of names that is followed.
const MAX_CHAIN: usize = 16;

/// The most records that are read.
const MAX_RECORDS: usize = 512;

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does not belong to the question; another may come.
    Foreign,
    /// It is cut: ask again over TCP.
    Truncated,
    /// It says this and nothing else.
    Code(Code),
    /// It holds addresses, or a name to ask for instead, or nothing.
    Found(Found),
}

/// What an answer holds for the name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The addresses at the end of the chain of names.
    pub addresses: Vec<IpAddr>,
    /// For how many seconds they hold: the least on the way, at most [`MAX_TTL`].
    pub ttl: u32,
    /// The name at the end of the chain, where it is another one.
    pub instead: Option<String>,
}

enum Data {
    Address(IpAddr),
    Name(String),
}

struct Entry {
    owner: String,
    ttl: u32,
    data: Data,
}

/// Reads what answers the question with this id, name and type.
pub fn read_answer(message: &[u8], id: u16, asked: &str, kind: Kind) -> Answer {
    let mut cursor = Cursor::new(message);
    let Some((flags, count)) = head(message, &mut cursor, id, asked, kind) else {
        return Answer::Foreign;
    };
    if flags & 0x0200 != 0 {
        return Answer::Truncated;
    }
    let [_, low] = flags.to_be_bytes();
    let code = Code::of(low & 15);
    if code != Code::None {
        return Answer::Code(code);
    }
    let mut entries = Vec::new();
    if count > MAX_RECORDS {
        return Answer::Code(Code::Failure);
    }
    for _ in 0..count {
        match entry(message, &mut cursor, kind) {
            Some(entry) => entries.extend(entry),
            None => return Answer::Code(Code::Failure),
        }
    }
    follow(&entries, asked).map_or(Answer::Code(Code::Failure), Answer::Found)
}

/// The flags and the number of answers of a message that repeats the question.
fn head<'m>(
    message: &'m [u8],
    cursor: &mut Cursor<'m>,
    id: u16,
    asked: &str,
    kind: Kind,
) -> Option<(u16, usize)> {
    let own = cursor.u16()? == id;
    let flags = cursor.u16()?;
    let questions = cursor.u16()?;
    let count = usize::from(cursor.u16()?);
    let _others = cursor.take(4)?;
    let code = flags & 15;
    if !own || flags & 0xf800 != 0x8000 {
        return None;
    }
    // Some servers refuse a query without repeating what it was.
    if questions == 0 && code != 0 {
        return Some((flags, 0));
    }
    let same = questions == 1
        && name::read(message, cursor)? == asked
        && cursor.u16()? == kind.number()
        && cursor.u16()? == IN;
    same.then_some((flags, count))
}

/// One record; `Some` of nothing if it is of no interest.
#[expect(
    clippy::option_option,
    reason = "cut, of no interest, and read are three things"
)]
fn entry<'m>(message: &'m [u8], cursor: &mut Cursor<'m>, kind: Kind) -> Option<Option<Entry>> {
    let mut owner_at = *cursor;
    name::skip(cursor)?;
    let number = cursor.u16()?;
    let class = cursor.u16()?;
    let ttl = cursor.u32()?;
    let mut data_at = *cursor;
    let data = cursor.after_u16()?;
    let _length = data_at.u16()?;
    if class != IN {
        return Some(None);
    }
    let data = match number {
        A if kind == Kind::A => {
            Data::Address(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into())
        }
        AAAA if kind == Kind::Aaaa => {
            Data::Address(Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).into())
        }
        CNAME => {
            let name = name::read(message, &mut data_at)?;
            if data_at.position() != cursor.position() {
                return None;
            }
            Data::Name(name)
        }
        _ => return Some(None),
    };
    let owner = name::read(message, &mut owner_at)?;
    // A time with the highest bit set is none (RFC 2181, 8).
    let ttl = if ttl > u32::from(u16::MAX) << 15 {
        0
    } else {
        ttl
    };
    Some(Some(Entry { owner, ttl, data }))
}

/// Follows the names from `asked` to the addresses, in whatever order the records are.
fn follow(entries: &[Entry], asked: &str) -> Option<Found> {
    let mut name = asked;
    let mut ttl = MAX_TTL;
    for _ in 0..MAX_CHAIN {
        let mut addresses = Vec::new();
        let mut next = None;
        for entry in entries.iter().filter(|entry| entry.owner == name) {
            ttl = ttl.min(entry.ttl);
            match &entry.data {
                Data::Address(address) => {
                    if addresses.len() < MAX_ADDRESSES && !addresses.contains(address) {
                        addresses.push(*address);
                    }
                }
                Data::Name(target) => next = Some(target.as_str()),
            }
        }
        match next {
            Some(target) if addresses.is_empty() => name = target,
            _ => {
                return Some(Found {
                    instead: (addresses.is_empty() && name != asked).then(|| name.to_owned()),
                    addresses,
                    ttl,
                });
            }
        }
    }
    None
}
