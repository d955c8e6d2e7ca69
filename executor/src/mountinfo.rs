//! The mounts of this process as the kernel lists them (`proc_pid_mountinfo(5)`).

use crate::files::read_whole;
use crate::text::{Text, lines, number};
use purple_sys::memory;
use rustix::io::Errno;

/// The most that is read. A mount takes a line of some hundred bytes.
const MOST_BYTES: usize = 4 << 20;

/// Lends the lines of this process's mounts to `use_them`.
pub(crate) fn lend<T>(use_them: impl FnOnce(&[u8]) -> T) -> Result<T, Errno> {
    memory::lend(MOST_BYTES, |memory| {
        let text = read_whole(c"/proc/self/mountinfo", memory)?;
        Ok(use_them(text))
    })?
}

/// The same, kept for the rest of the run.
pub(crate) fn keep() -> Result<&'static [u8], Errno> {
    let memory = memory::pages(MOST_BYTES)?;
    read_whole(c"/proc/self/mountinfo", memory)
}

/// The mount with this number, out of the lines of many.
pub(crate) fn find(mounts: &[u8], id: u64) -> Option<Entry<'_>> {
    lines(mounts)
        .filter(|line| line.split(|&byte| byte == b' ').next().and_then(number) == Some(id))
        .find_map(Entry::of)
}

/// Where a whole file system of this type is mounted.
pub(crate) fn find_type(kind: &[u8]) -> Result<Text<4096>, Errno> {
    lend(|text| {
        let mut entries = lines(text).filter_map(Entry::of);
        let found = entries.find(|entry| entry.kind == kind && entry.root == b"/");
        let path = unescaped(found.ok_or(Errno::NOENT)?.point);
        // What does not fit was left out, and is no path.
        let _whole = path.c_str()?;
        Ok(path)
    })?
}

/// What a line says of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'l> {
    pub(crate) id: u64,
    /// The mount that it hangs on.
    pub(crate) parent: u64,
    /// Major and minor number, with a colon between them.
    pub(crate) device: &'l [u8],
    /// The part of the file system that it shows, escaped.
    pub(crate) root: &'l [u8],
    /// Its place, as seen from the root, escaped.
    pub(crate) point: &'l [u8],
    /// Its attributes, with commas between them.
    options: &'l [u8],
    /// Whether what is mounted on it or its like is mounted there too: it is of a peer group, or follows
    /// one (`mount_namespaces(7)`).
    pub(crate) is_propagated: bool,
    /// The type of the file system.
    pub(crate) kind: &'l [u8],
}

impl<'l> Entry<'l> {
    /// Reads a line. `None` for a line that the kernel does not write.
    pub(crate) fn of(line: &'l [u8]) -> Option<Self> {
        let mut fields = line.split(|&byte| byte == b' ');
        let id = number(fields.next()?)?;
        let parent = number(fields.next()?)?;
        let device = fields.next()?;
        let root = fields.next()?;
        let point = fields.next()?;
        let options = fields.next()?;
        // Any number of tags follows, and a hyphen ends them.
        let mut is_propagated = false;
        while let tag = fields.next()?
            && tag != b"-"
        {
            is_propagated |= tag.starts_with(b"shared:") || tag.starts_with(b"master:");
        }
        let kind = fields.next()?;
        Some(Self {
            id,
            parent,
            device,
            root,
            point,
            options,
            is_propagated,
            kind,
        })
    }

    /// Whether it has an attribute, by the name that it has in mountinfo.
    pub(crate) fn has(&self, attribute: &[u8]) -> bool {
        let mut options = self.options.split(|&byte| byte == b',');
        options.any(|option| option == attribute)
    }
}

/// How one path lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Same,
    Below,
    Neither,
}

/// How a mount point lies to a path.
pub(crate) fn relation(point: &[u8], path: &[u8]) -> Relation {
    // The root's path is the only one that ends in a slash.
    let point = point.strip_suffix(b"/").unwrap_or(point);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    // Most paths differ in this byte: the others need not be compared.
    let last = path.len().wrapping_sub(1);
    if path.get(last) != point.get(last) {
        return Relation::Neither;
    }
    match point.strip_prefix(path) {
        Some([]) => Relation::Same,
        Some([b'/', ..]) => Relation::Below,
        Some(_) | None => Relation::Neither,
    }
}

/// A field without its escapes: space, tab, newline and backslash stand in it as `\` and three octal
/// digits.
pub(crate) fn unescaped(mut field: &[u8]) -> Text<4096> {
    let digit = |byte: &u8| byte.checked_sub(b'0').filter(|digit| *digit < 8);
    let mut text = Text::new();
    while let [first, rest @ ..] = field {
        let mut byte = *first;
        field = rest;
        if byte == b'\\'
            && let [a, b, c, after @ ..] = rest
            && let (Some(a), Some(b), Some(c)) = (digit(a), digit(b), digit(c))
        {
            byte = a.wrapping_shl(6) | b.wrapping_shl(3) | c;
            field = after;
        }
        text.push_bytes(&[byte]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Entry, Relation, relation, unescaped};

    #[test]
    fn relations() {
        for (point, path, expected) in [
            ("/", c"/", Relation::Same),
            ("/", c"/usr", Relation::Neither),
            ("/usr", c"/", Relation::Below),
            ("/usr", c"/usr", Relation::Same),
            ("/usr/lib", c"/usr", Relation::Below),
            ("/usrlib", c"/usr", Relation::Neither),
            ("/us", c"/usr", Relation::Neither),
            (r"/a\040b", c"/a b", Relation::Same),
            (r"/a\134b/c", c"/a\\b", Relation::Below),
        ] {
            let found = relation(unescaped(point.as_bytes()).bytes(), path.to_bytes());
            assert_eq!(found, expected, "{point} {path:?}");
        }
    }

    #[test]
    fn fields() {
        let line = b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw";
        let expected = Entry {
            id: 36,
            parent: 35,
            device: b"98:0",
            root: b"/mnt1",
            point: b"/mnt2",
            options: b"rw,noatime",
            is_propagated: true,
            kind: b"ext3",
        };
        let found = Entry::of(line);
        assert_eq!(found, Some(expected));
        assert!(found.is_some_and(|entry| entry.has(b"noatime") && !entry.has(b"no")));
        let private = Entry::of(b"36 35 98:0 / / rw - ext3 /dev/root rw");
        assert!(private.is_some_and(|entry| !entry.is_propagated));
    }
}
