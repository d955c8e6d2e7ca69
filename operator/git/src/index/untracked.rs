//! The untracked cache in an index (gitformat-index(5)): names of directories that git opens, and of files that it lists.

use super::name::is_name;
use super::number::varint;

/// The bytes of what is known of a file.
const STAT: usize = 36;

/// Whether all its names are names of entries of a directory.
pub(super) fn is_plain(cache: &[u8], object_name: usize) -> bool {
    has_plain_names(cache, object_name).unwrap_or(false)
}

fn has_plain_names(cache: &[u8], object_name: usize) -> Option<bool> {
    let (length, rest) = varint(cache)?;
    let rest = rest.get(length..)?;
    // What is known of two files of names that are ignored, flags, and the objects of both files.
    let fixed = STAT
        .checked_mul(2)?
        .checked_add(4)?
        .checked_add(object_name.checked_mul(2)?)?;
    let (ignored, rest) = text(rest.get(fixed..)?)?;
    let (directories, mut rest) = varint(rest)?;
    // There is a directory in each of those, but for the first.
    let mut below = 0_usize;
    for number in 0..directories {
        let (untracked, after) = varint(rest)?;
        let (inner, after) = varint(after)?;
        below = below.checked_add(inner)?;
        let (name, mut after) = text(after)?;
        if !(is_one_name(name) || (number == 0 && name.is_empty())) {
            return Some(false);
        }
        for _ in 0..untracked {
            let (name, next) = text(after)?;
            if !is_one_name(name.strip_suffix(b"/").unwrap_or(name)) {
                return Some(false);
            }
            after = next;
        }
        rest = after;
    }
    let is_whole = directories == 0 || directories.checked_sub(1) == Some(below);
    Some(is_whole && ignored == b".gitignore" && cache.ends_with(b"\0"))
}

fn is_one_name(name: &[u8]) -> bool {
    !name.contains(&b'/') && is_name(name)
}

/// A text up to a NUL, and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = bytes.iter().position(|&byte| byte == 0)?;
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((text, rest.get(1..)?))
}
