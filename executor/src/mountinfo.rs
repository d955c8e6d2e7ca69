//! The mounts of this process as the kernel lists them (`proc_pid_mountinfo(5)`).

use crate::files::open;
use crate::files::read_all;
use crate::text::{Text, number};
use core::ffi::CStr;
use purple_sys::memory;
use rustix::fs::OFlags;
use rustix::io::Errno;

/// The most that a list and its table take. A mount takes a line of some hundred bytes, and as much in
/// the table.
pub(crate) const MOST_BYTES: usize = 8 << 20;

/// Lends the list of this process's mounts to `use_them`.
pub(crate) fn lend<T>(use_them: impl FnOnce(&[Entry<'_>]) -> T) -> Result<T, Errno> {
    memory::lend(MOST_BYTES, |memory| {
        let used = read(memory)?;
        Ok(use_them(take_apart(memory, used)?))
    })?
}

/// Reads the list of this process's mounts as the kernel writes it, and returns how long it is.
pub(crate) fn read(memory: &mut [u8]) -> Result<usize, Errno> {
    let used = read_all(open(c"/proc/self/mountinfo", OFlags::RDONLY)?, memory)?;
    if used == memory.len() {
        return Err(Errno::FBIG); // It may go on.
    }
    Ok(used)
}

/// Takes a list of this length apart, in its place, into a table behind it.
pub(crate) fn take_apart(memory: &mut [u8], used: usize) -> Result<&[Entry<'_>], Errno> {
    let (lines, table) = memory.split_at_mut_checked(used).ok_or(Errno::FBIG)?;
    let mut is_known = true;
    let entries = lines
        .split_mut(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map_while(|line| {
            let entry = Entry::of(line);
            is_known &= entry.is_some();
            entry
        });
    let table = memory::place(table, entries)?;
    if is_known {
        Ok(table)
    } else {
        Err(Errno::BADMSG)
    }
}

/// The mount with this number.
pub(crate) fn find<'e, 'l>(mounts: &'e [Entry<'l>], id: u64) -> Option<&'e Entry<'l>> {
    mounts.iter().find(|entry| entry.id == id)
}

/// Where a whole file system of this type is mounted.
pub(crate) fn find_type(kind: &[u8]) -> Result<Text<4096>, Errno> {
    lend(|mounts| {
        let is_whole = |entry: &&Entry<'_>| entry.kind == kind && entry.root == c"/";
        let found = mounts.iter().find(is_whole).ok_or(Errno::NOENT)?;
        let path = Text::of(found.point.to_bytes());
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
    /// The part of the file system that it shows.
    pub(crate) root: &'l CStr,
    /// Its place, as seen from the root.
    pub(crate) point: &'l CStr,
    /// Its attributes, with commas between them.
    options: &'l [u8],
    /// Whether what is mounted on it or its like is mounted there too: it is of a peer group, or follows
    /// one (`mount_namespaces(7)`).
    pub(crate) is_propagated: bool,
    /// The type of the file system.
    pub(crate) kind: &'l [u8],
}

impl<'l> Entry<'l> {
    /// Takes a line apart, in its place. `None` for a line that the kernel does not write.
    #[inline(never)]
    pub(crate) fn of(line: &'l mut [u8]) -> Option<Self> {
        let (id, line) = field(line)?;
        let (parent, line) = field(line)?;
        let (device, line) = field(line)?;
        let (root, line) = path(line)?;
        let (point, line) = path(line)?;
        let (options, mut line) = field(line)?;
        // Any number of tags follows, and a hyphen ends them.
        let mut is_propagated = false;
        loop {
            let (tag, rest) = field(line)?;
            line = rest;
            if tag == b"-" {
                break;
            }
            is_propagated |= tag.starts_with(b"shared:") || tag.starts_with(b"master:");
        }
        let (kind, _) = field(line)?;
        Some(Self {
            id: number(id)?,
            parent: number(parent)?,
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

/// How a mount point lies to a path. A start asks this more than a thousand times.
#[inline]
pub(crate) fn relation(point: &[u8], path: &[u8]) -> Relation {
    let (point, path) = (without_slash(point), without_slash(path));
    // Most paths end here: the others need not be compared.
    let relation = match point.get(path.len()) {
        Some(b'/') => Relation::Below,
        None if point.len() == path.len() => Relation::Same,
        _ => return Relation::Neither,
    };
    let start = point.get(..path.len()).unwrap_or_default();
    if start == path {
        relation
    } else {
        Relation::Neither
    }
}

/// The root's path is the only one that ends in a slash.
const fn without_slash(path: &[u8]) -> &[u8] {
    match path {
        [rest @ .., b'/'] => rest,
        _ => path,
    }
}

/// The first field of a line with the space behind it, and the rest.
fn split(line: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    let space = line.iter().position(|&byte| byte == b' ')?;
    line.split_at_mut_checked(space.wrapping_add(1))
}

/// The first field of a line, and the rest.
fn field(line: &mut [u8]) -> Option<(&[u8], &mut [u8])> {
    let (field, rest) = split(line)?;
    Some((field.strip_suffix(b" ")?, rest))
}

/// The first field of a line without its escapes, and the rest: space, tab, newline and backslash stand in
/// it as `\` and three octal digits. It ends in a NUL where the line has a space.
fn path(line: &mut [u8]) -> Option<(&CStr, &mut [u8])> {
    let digit = |byte: u8| byte.checked_sub(b'0').filter(|digit| *digit < 8);
    let (field, rest) = split(line)?;
    let mut used = 0_usize;
    let mut next = 0_usize;
    while let Some(&first) = field.get(next) {
        let mut byte = first;
        next = next.wrapping_add(1);
        if first == b'\\'
            && let Some(&[a, b, c]) = field.get(next..).and_then(<[u8]>::first_chunk)
            && let (Some(a), Some(b), Some(c)) = (digit(a), digit(b), digit(c))
        {
            byte = a.wrapping_shl(6) | b.wrapping_shl(3) | c;
            next = next.wrapping_add(3);
        }
        *field.get_mut(used)? = byte;
        used = used.wrapping_add(1);
    }
    let path = field.get_mut(..used)?;
    *path.last_mut()? = 0;
    Some((CStr::from_bytes_with_nul(path).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::{Entry, Relation, relation};
    use std::vec::Vec;

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
            let mut line: Vec<u8> = std::format!("36 35 98:0 / {point} rw - ext3 a rw").into();
            let entry = Entry::of(&mut line).map(|entry| entry.point.to_bytes());
            let found = entry.map(|point| relation(point, path.to_bytes()));
            assert_eq!(found, Some(expected), "{point} {path:?}");
        }
    }

    #[test]
    fn fields() {
        let mut line = *b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw";
        let expected = Entry {
            id: 36,
            parent: 35,
            device: b"98:0",
            root: c"/mnt1",
            point: c"/mnt2",
            options: b"rw,noatime",
            is_propagated: true,
            kind: b"ext3",
        };
        let found = Entry::of(&mut line);
        assert_eq!(found, Some(expected));
        assert!(found.is_some_and(|entry| entry.has(b"noatime") && !entry.has(b"no")));
        let mut line = *b"36 35 98:0 / / rw - ext3 /dev/root rw";
        let private = Entry::of(&mut line);
        assert!(private.is_some_and(|entry| !entry.is_propagated));
        for line in [
            "",
            "36",
            "36 35 98:0 / / rw",
            "36 35 98:0 / / rw -",
            "a 35 98:0 / / rw - ext3 a rw",
        ] {
            assert_eq!(Entry::of(&mut Vec::from(line)), None, "{line}");
        }
    }
}
