//! Netlink messages and their attributes, taken apart (netlink(7), linux/netlink.h), and whether one that was
//! read has in it what was sent.

use rustix::io::Errno;

/// `NLMSG_ERROR` and `NLMSG_DONE` (linux/netlink.h).
pub(crate) const ERROR: u16 = 2;
pub(crate) const DONE: u16 = 3;

/// The size of `struct nlmsghdr`.
pub(crate) const HEADER: usize = 16;
/// The size of `struct nlattr`.
const ATTRIBUTE_HEADER: usize = 4;
/// The bits of an attribute's type that are its number (`NLA_TYPE_MASK`), and the one that says that there are
/// attributes in it (`NLA_F_NESTED`).
const NUMBER: u16 = 0x3fff;
const NESTED: u16 = 0x8000;

/// How deep attributes may stand in each other: a rule's constant is four deep.
const DEEPEST: u8 = 8;

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    /// What is behind the header.
    pub(crate) body: &'a [u8],
}

/// The messages of a batch or of an answer. What is not whole is the end, and stays behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages<'a>(pub(crate) &'a [u8]);

#[expect(
    clippy::copy_iterator,
    reason = "a copy is another place in the same bytes"
)]
impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Message<'a>> {
        let length = usize::try_from(u32_at(self.0, 0)?).ok()?;
        let message = Message {
            kind: u16_at(self.0, 4)?,
            flags: u16_at(self.0, 6)?,
            sequence: u32_at(self.0, 8)?,
            body: self.0.get(HEADER..length)?,
        };
        self.0 = self.0.get(aligned(length)..).unwrap_or(&[]);
        Some(message)
    }
}

impl Messages<'_> {
    /// Whether there is nothing behind those that were read.
    pub(crate) const fn are_read(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Message<'a> {
    /// The structure of a family's own that stands before the attributes, and the attributes.
    pub(crate) fn split(&self, head: usize) -> Option<(&'a [u8], &'a [u8])> {
        self.body.split_at_checked(head)
    }

    /// The error that an answer brings, if it is one; 0 for none.
    pub(crate) fn error(&self) -> Option<Result<(), Errno>> {
        if self.kind != ERROR {
            return None;
        }
        let number = u32_at(self.body, 0).map_or(i32::MIN, u32::cast_signed);
        Some(match number {
            0 => Ok(()),
            -4095..=-1 => Err(Errno::from_raw_os_error(number.saturating_neg())),
            _ => Err(Errno::BADMSG),
        })
    }
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Attribute<'a> {
    kind: u16,
    nested: bool,
    value: &'a [u8],
}

/// Attributes, one behind the other. What is not whole is the end, and stays behind it.
#[derive(Debug, Clone, Copy)]
struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    fn next(&mut self) -> Option<Attribute<'a>> {
        let length = usize::from(u16_at(self.0, 0)?);
        let kind = u16_at(self.0, 2)?;
        let value = self.0.get(ATTRIBUTE_HEADER..length)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or(&[]);
        Some(Attribute {
            kind: kind & NUMBER,
            nested: kind & NESTED != 0,
            value,
        })
    }

    /// The next one of a kind.
    #[inline(never)]
    fn next_of(&mut self, kind: u16) -> Option<Attribute<'a>> {
        loop {
            let found = self.next()?;
            if found.kind == kind {
                return Some(found);
            }
        }
    }

    fn are_whole(mut self) -> bool {
        while self.next().is_some() {}
        self.0.is_empty()
    }
}

/// The value of the first attribute of a kind.
pub(crate) fn value_of(attributes: &[u8], kind: u16) -> Option<&[u8]> {
    let found = Attributes(attributes).next_of(kind);
    found.map(|attribute| attribute.value)
}

/// Whether every attribute that was sent was read with its value. Of each kind that was sent there are as many,
/// in the same order, so an expression of a rule that is missing, added or moved is noticed. Kinds that
/// were not sent may be there, anywhere: the kernel adds some.
pub(crate) fn is_within(sent: &[u8], read: &[u8], left_out: Option<u16>) -> bool {
    is_part(sent, read, left_out, DEEPEST)
}

fn is_part(sent: &[u8], read: &[u8], left_out: Option<u16>, depth: u8) -> bool {
    let (sent, read) = (Attributes(sent), Attributes(read));
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let mut all = sent;
    let mut is_part = sent.are_whole() && read.are_whole();
    while let Some(Attribute { kind, value, .. }) = all.next() {
        // All of a kind are compared where the first of them stands.
        let is_first = value_of(sent.0, kind).is_some_and(|first| first.as_ptr() == value.as_ptr());
        if is_first && left_out != Some(kind) {
            is_part &= are_alike(sent, read, kind, depth);
        }
    }
    is_part
}

/// Whether the attributes of a kind are the same ones in the same order.
fn are_alike(mut sent: Attributes<'_>, mut read: Attributes<'_>, kind: u16, depth: u8) -> bool {
    loop {
        let is_same = match (sent.next_of(kind), read.next_of(kind)) {
            (None, None) => return true,
            (Some(sent), Some(read)) if sent.nested => is_part(sent.value, read.value, None, depth),
            (Some(sent), Some(read)) => sent.value == read.value,
            _ => false,
        };
        if !is_same {
            return false;
        }
    }
}

/// A number in the order of the processor, as netlink's own headers have it.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*bytes))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_ne_bytes(*bytes))
}

/// Messages and attributes begin at multiples of 4 (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`).
const fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

#[cfg(test)]
mod tests;
