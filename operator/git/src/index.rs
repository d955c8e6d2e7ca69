//! The paths in an index (gitformat-index(5)). git checks none of them when it reads the file, and writes what they name when it
//! checks out, also `../x` and files of the repository itself.

mod marks;
mod name;
mod number;
mod untracked;

pub(crate) use marks::{Mark, Marks};

use name::is_name;
use number::{number, varint};

/// The bytes of an entry before the name of its object.
const BEFORE_OBJECT: usize = 40;

/// The bytes of an object's name: SHA-1, and SHA-256.
pub(crate) const OBJECT_NAMES: [usize; 2] = [20, 32];

/// The flag that two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;

/// The flags of an entry whose changes are not shown: the first of them, and one of the two more bytes.
const ASSUMED: u16 = 0x8000;
const SKIPPED: u16 = 0x4000;

/// The longest path that Linux has, with its NUL (`PATH_MAX` of limits.h).
const LONGEST: usize = 4096;

/// The part of the flags that is the length of the path; a longer path has all bits.
const LENGTH: u16 = 0x0fff;

/// Whether all its entries name files of the working tree, and each version of git reads these entries and no other ones.
/// `object_name` is the number of bytes of an object's name, and `may_hide` says of a file whose changes are hidden whether it may be.
pub(crate) fn is_plain(
    bytes: &[u8],
    object_name: usize,
    may_hide: &mut dyn FnMut(Mark, &[u8]) -> bool,
) -> bool {
    let Some((version, entries)) = header(bytes) else {
        // git refuses it too.
        return true;
    };
    let found = read(bytes, (version, entries), object_name, may_hide);
    found.is_some_and(|entries| extensions_are_plain(bytes, &entries, object_name))
}

/// The version and the number of entries; `None` where it is no index.
fn header(bytes: &[u8]) -> Option<(u32, u32)> {
    let known = bytes.get(..4)? == b"DIRC";
    let (version, entries) = (number(bytes, 4)?, number(bytes, 8)?);
    (known && (2..=4).contains(&version)).then_some((version, entries))
}

/// Where entries begin.
struct Entries {
    starts: Vec<usize>,
    /// Those of version 4 that take nothing from the path before.
    whole: Vec<bool>,
    /// Where the last one ends.
    end: usize,
}

/// Goes through the entries. `None` where one names no file of the working tree, or is written otherwise than git writes it: git
/// could read something else there.
fn read(
    bytes: &[u8],
    (version, entries): (u32, u32),
    object_name: usize,
    may_hide: &mut dyn FnMut(Mark, &[u8]) -> bool,
) -> Option<Entries> {
    let mut found = Entries {
        starts: Vec::new(),
        whole: Vec::new(),
        end: 12,
    };
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..entries {
        let start = found.end;
        let mode = number(bytes, start.checked_add(24)?)?;
        let flags_at = start.checked_add(BEFORE_OBJECT)?.checked_add(object_name)?;
        let flags = u16::from_be_bytes(*bytes.get(flags_at..)?.first_chunk()?);
        let more = match flags & EXTENDED {
            0 => 0,
            // Only later versions have more flags, and each git reads them.
            _ if version == 2 => return None,
            _ => 2,
        };
        let more_at = flags_at.checked_add(2)?;
        let name_at = more_at.checked_add(more)?;
        let is_skipped = more > 0 && {
            let flags = u16::from_be_bytes(*bytes.get(more_at..)?.first_chunk()?);
            flags & SKIPPED != 0
        };
        let mut rest = bytes.get(name_at..)?;
        let mut strip = path.len();
        if version == 4 {
            (strip, rest) = varint(rest)?;
        }
        found.starts.push(start);
        found.whole.push(strip == path.len());
        let kept = path.len().checked_sub(strip)?;
        path.truncate(kept);
        let length = rest.iter().position(|&byte| byte == 0)?;
        let (name, after) = rest.split_at_checked(length)?;
        path.extend_from_slice(name);
        if path.len() >= LONGEST {
            return None;
        }
        // git takes the length from the flags where it fits there.
        let said = usize::from(flags & LENGTH);
        let is_said = path.len().min(usize::from(LENGTH)) == said;
        let name_end = bytes.len().checked_sub(after.len())?;
        found.end = if version == 4 {
            name_end.checked_add(1)?
        } else {
            // One to eight NULs, up to a multiple of eight.
            let length = name_end.checked_sub(start)?;
            start.checked_add(length.checked_add(8)? & !7)?
        };
        let padding = bytes.get(name_end..found.end)?;
        let is_filled = padding.iter().all(|&byte| byte == 0);
        // The names before were looked at with the path that they come from.
        let slash = path.get(..kept)?.iter().rposition(|&byte| byte == b'/');
        let new = path.get(slash.map_or(0, |at| at.saturating_add(1))..)?;
        (is_said && is_filled && is_of_the_tree(new, mode)).then_some(())?;
        let marks = [
            (flags & ASSUMED != 0, Mark::Assumed),
            (is_skipped, Mark::Skipped),
        ];
        let mut marks = marks.into_iter().filter(|(is_set, _)| *is_set);
        marks.all(|(_, mark)| may_hide(mark, &path)).then_some(())?;
    }
    Some(found)
}

/// Whether git would take a path into an index on Linux (`verify_path` of git's read-cache.c; what file systems of macOS and Windows
/// take for `.git` is refused too, as `core.protectHFS` and `core.protectNTFS` do). An entry of a split index has none where it
/// replaces another one, and a directory of a sparse index ends with a slash.
fn is_of_the_tree(path: &[u8], mode: u32) -> bool {
    const DIRECTORY: u32 = 0o040_000;
    let path = match path.strip_suffix(b"/") {
        Some(path) if mode == DIRECTORY => path,
        _ => path,
    };
    path.is_empty() || path.split(|&byte| byte == b'/').all(is_name)
}

/// Whether the extensions fill what follows the entries, and the two by which git reads entries in several threads are where git
/// looks for them, once, and say the same.
fn extensions_are_plain(bytes: &[u8], entries: &Entries, object_name: usize) -> bool {
    let hash = bytes.len().saturating_sub(object_name);
    // Where git looks for the end of the entries (`read_eoie_extension`): four bytes, and a digest, before the digest of all.
    let fixed = hash.checked_sub(12_usize.saturating_add(object_name));
    let is_looked_for = fixed.is_some_and(|at| {
        bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(b"EOIE"))
    });
    let (mut ends, mut tables) = (0_u32, 0_u32);
    let mut at = entries.end;
    while at < hash {
        let name = bytes.get(at..at.saturating_add(4));
        let size = number(bytes, at.saturating_add(4));
        let (Some(name), Some(size)) = (name, size) else {
            return false;
        };
        let start = at.saturating_add(8);
        let next = usize::try_from(size).map_or(usize::MAX, |size| start.saturating_add(size));
        let Some(content) = bytes.get(start..next).filter(|_| next <= hash) else {
            return false;
        };
        let fits = match name {
            b"EOIE" => {
                ends = ends.saturating_add(1);
                let offset = number(content, 0).map(usize::try_from);
                Some(at) == fixed && offset == Some(Ok(entries.end))
            }
            b"IEOT" => {
                tables = tables.saturating_add(1);
                are_blocks(content, entries)
            }
            b"UNTR" => untracked::is_plain(content, object_name),
            _ => true,
        };
        if !fits {
            return false;
        }
        at = next;
    }
    at == hash && tables <= 1 && ends == u32::from(is_looked_for)
}

/// Whether a table of blocks has all entries, each block beginning with the one that it says, which takes nothing from the path
/// before it.
fn are_blocks(table: &[u8], entries: &Entries) -> bool {
    let mut starts = entries.starts.iter().zip(&entries.whole);
    let blocks = table.get(4..).unwrap_or_default();
    let (blocks, rest) = blocks.as_chunks::<8>();
    for block in blocks {
        let (Some(offset), Some(count)) = (number(block, 0), number(block, 4)) else {
            return false;
        };
        let Some((&start, &is_whole)) = starts.next() else {
            return false;
        };
        if usize::try_from(offset) != Ok(start) || !is_whole || count == 0 {
            return false;
        }
        for _ in 1..count {
            if starts.next().is_none() {
                return false;
            }
        }
    }
    rest.is_empty() && starts.next().is_none()
}
