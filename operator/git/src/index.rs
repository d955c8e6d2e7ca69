//! The paths in an index (gitformat-index(5)). git does not check them when it reads the file, and writes what they name when
//! it checks out: `../x`, and files of the repository itself.

/// The bytes of an entry before its path, without the object's name.
const FIXED: usize = 42;

/// The bytes of an object's name: SHA-1, and SHA-256.
pub(crate) const OBJECT_NAMES: [usize; 2] = [20, 32];

/// The flag that two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;

/// Whether all its entries name files of the working tree, and git reads no other ones. `object_name` is the number of bytes of an
/// object's name. What git itself refuses is not looked at further.
pub(crate) fn is_plain(bytes: &[u8], object_name: usize) -> bool {
    let Some((version, entries)) = header(bytes) else {
        return true;
    };
    let Some(paths) = read(bytes, version, entries, object_name) else {
        // git stops there too, or reads something else than this.
        return false;
    };
    paths.plain && extensions_are_plain(bytes, &paths.starts, object_name)
}

/// The version and the number of entries; `None` where it is no index.
fn header(bytes: &[u8]) -> Option<(u32, u32)> {
    let known = bytes.get(..4)? == b"DIRC";
    let (version, entries) = (number(bytes, 4)?, number(bytes, 8)?);
    (known && (2..=4).contains(&version)).then_some((version, entries))
}

struct Paths {
    plain: bool,
    /// Where each entry begins, and where what follows them does.
    starts: Vec<usize>,
}

fn read(bytes: &[u8], version: u32, entries: u32, object_name: usize) -> Option<Paths> {
    let mut paths = Paths {
        plain: true,
        starts: Vec::new(),
    };
    let mut path = Vec::new();
    let mut at = 12_usize;
    for _ in 0..entries {
        paths.starts.push(at);
        let mode = number(bytes, at.checked_add(24)?)?;
        let flags_at = at.checked_add(FIXED - 2)?.checked_add(object_name)?;
        let flags = u16::from_be_bytes(*bytes.get(flags_at..)?.first_chunk()?);
        let more = if version > 2 && flags & EXTENDED != 0 {
            2
        } else {
            0
        };
        let start = flags_at.checked_add(2)?.checked_add(more)?;
        let mut rest = bytes.get(start..)?;
        if version == 4 {
            let (strip, after) = varint(rest)?;
            path.truncate(path.len().checked_sub(strip)?);
            rest = after;
        } else {
            path.clear();
        }
        let end = rest.iter().position(|&byte| byte == 0)?;
        let (name, after) = rest.split_at_checked(end)?;
        path.extend_from_slice(name);
        let after = bytes.len().checked_sub(after.len())?;
        at = if version == 4 {
            after.checked_add(1)?
        } else {
            // One to eight NULs, up to a multiple of eight.
            let length = after.checked_sub(at)?;
            at.checked_add(length.checked_add(8)? & !7)?
        };
        paths.plain &= is_of_the_tree(&path, mode);
    }
    paths.starts.push(at);
    (at <= bytes.len()).then_some(paths)
}

/// Whether git would take a path into an index (`verify_path` of git's read-cache.c). An entry of a split index has none where
/// it replaces another one, and a directory of a sparse index ends with a slash.
fn is_of_the_tree(path: &[u8], mode: u32) -> bool {
    const DIRECTORY: u32 = 0o040_000;
    let path = match path.strip_suffix(b"/") {
        Some(path) if mode == DIRECTORY => path,
        _ => path,
    };
    let is_name =
        |name: &[u8]| !matches!(name, b"" | b"." | b"..") && !name.eq_ignore_ascii_case(b".git");
    path.is_empty() || path.split(|&byte| byte == b'/').all(is_name)
}

/// Whether the extensions lie where the entries end, and the one by which git reads the entries in several threads names the same
/// entries.
fn extensions_are_plain(bytes: &[u8], starts: &[usize], object_name: usize) -> bool {
    let Some((&end, starts)) = starts.split_last() else {
        return false;
    };
    let mut at = end;
    let hash = bytes.len().saturating_sub(object_name);
    while at < hash {
        let (Some(name), Some(size)) = (
            bytes.get(at..at.saturating_add(4)),
            number(bytes, at.saturating_add(4)),
        ) else {
            return false;
        };
        let start = at.saturating_add(8);
        let next = usize::try_from(size).map_or(usize::MAX, |size| start.saturating_add(size));
        let Some(content) = bytes.get(start..next) else {
            return false;
        };
        let fits = match name {
            b"EOIE" => number(content, 0).is_some_and(|offset| usize::try_from(offset) == Ok(end)),
            b"IEOT" => are_blocks(content, starts),
            _ => true,
        };
        if !fits {
            return false;
        }
        at = next;
    }
    at == hash
}

/// Whether a table of blocks has all entries, each block beginning with the one that it says.
fn are_blocks(table: &[u8], starts: &[usize]) -> bool {
    let mut left = starts;
    let blocks = table.get(4..).unwrap_or_default();
    let (blocks, rest) = blocks.as_chunks::<8>();
    let all = blocks.iter().all(|block| {
        let (Some(offset), Some(count)) = (number(block, 0), number(block, 4)) else {
            return false;
        };
        let begins = left
            .first()
            .is_some_and(|&start| usize::try_from(offset) == Ok(start));
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        match left.get(count..) {
            Some(rest) => left = rest,
            None => return false,
        }
        begins
    });
    all && rest.is_empty() && left.is_empty()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_be_bytes)
}

/// A number of several bytes (`decode_varint` of git's varint.c), and what follows.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut byte = first;
    let mut value = usize::from(byte & 127);
    while byte & 128 != 0 {
        (byte, rest) = rest.split_first().map(|(&byte, rest)| (byte, rest))?;
        value = value
            .checked_add(1)?
            .checked_mul(128)?
            .checked_add(usize::from(byte & 127))?;
    }
    Some((value, rest))
}
