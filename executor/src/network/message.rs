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

/// The messages of a batch or of an answer. What is not whole is an error, and the end.
#[derive(Debug, Clone)]
pub(crate) struct Messages<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let message = self.cut();
        if message.is_none() {
            self.0 = &[];
        }
        Some(message.ok_or(Errno::BADMSG))
    }
}

impl<'a> Messages<'a> {
    fn cut(&mut self) -> Option<Message<'a>> {
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
pub(crate) struct Attribute<'a> {
    pub(crate) kind: u16,
    nested: bool,
    pub(crate) value: &'a [u8],
}

/// Attributes, one behind the other. What is not whole is an attribute of its own, `None`, and the end.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = Option<Attribute<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let attribute = self.cut();
        if attribute.is_none() {
            self.0 = &[];
        }
        Some(attribute)
    }
}

impl<'a> Attributes<'a> {
    fn cut(&mut self) -> Option<Attribute<'a>> {
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

    /// Those of one kind, in their order.
    fn of_kind(self, kind: u16) -> impl Iterator<Item = Attribute<'a>> {
        self.flatten().filter(move |found| found.kind == kind)
    }

    fn are_whole(mut self) -> bool {
        self.all(|attribute| attribute.is_some())
    }
}

/// The value of the first attribute of a kind.
pub(crate) fn value_of(attributes: &[u8], kind: u16) -> Option<&[u8]> {
    let found = Attributes(attributes).of_kind(kind).next();
    found.map(|attribute| attribute.value)
}

/// The values of all attributes of a kind.
pub(crate) fn values_of(attributes: &[u8], kind: u16) -> impl Iterator<Item = &[u8]> + Clone {
    let all = Attributes(attributes).flatten();
    all.filter(move |found| found.kind == kind)
        .map(|found| found.value)
}

/// Whether every attribute that was sent was read with its value. Of each kind that was sent there are as many,
/// in the same order, so an expression of a rule that is missing, added or moved is noticed. Kinds that
/// were not sent may be there, anywhere: the kernel adds some.
pub(crate) fn is_within(sent: &[u8], read: &[u8], left_out: Option<u16>) -> bool {
    let are_whole = Attributes(sent).are_whole() && Attributes(read).are_whole();
    are_whole && is_part(sent, read, left_out, DEEPEST)
}

fn is_part(sent: &[u8], read: &[u8], left_out: Option<u16>, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let mut rest = Attributes(sent);
    let mut before = 0_usize;
    while let Some(next) = rest.next() {
        let Some(Attribute {
            kind,
            nested,
            value,
        }) = next
        else {
            return false;
        };
        before = before.saturating_add(1);
        if left_out == Some(kind) {
            continue;
        }
        let place = Attributes(sent)
            .take(before.saturating_sub(1))
            .flatten()
            .filter(|earlier| earlier.kind == kind)
            .count();
        let mut found = Attributes(read).of_kind(kind).skip(place);
        let is_same = found.next().is_some_and(|found| {
            if nested {
                Attributes(found.value).are_whole() && is_part(value, found.value, None, depth)
            } else {
                value == found.value
            }
        });
        let is_last = rest.clone().of_kind(kind).next().is_none();
        if !is_same || (is_last && found.next().is_some()) {
            return false;
        }
    }
    true
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
