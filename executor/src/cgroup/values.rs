//! What the files of a control group hold (Documentation/admin-guide/cgroup-v2.rst).

use crate::text::number;
use core::ffi::CStr;

/// Pages are what memory is limited in.
const PAGE: u64 = 4096;

/// The controller that a group's file belongs to: the word before the first dot.
pub(crate) fn controller(file: &CStr) -> &[u8] {
    let mut words = file.to_bytes().split(|&byte| byte == b'.');
    words.next().unwrap_or(&[])
}

/// Whether a line of a file says what was written to it: the same; for a disk, which has more limits
/// than are set here, the same at its start; for memory, the same in whole pages.
pub(crate) fn is_in_force(file: &CStr, wanted: &[u8], found: &[u8]) -> bool {
    match controller(file) {
        b"memory" => match (number::<u64>(wanted), number::<u64>(found)) {
            (Some(wanted), Some(found)) => found <= wanted && wanted.saturating_sub(found) < PAGE,
            _ => found == wanted,
        },
        b"io" => match found.strip_prefix(wanted) {
            Some(rest) => rest.starts_with(b" "),
            None => false,
        },
        _ => found == wanted,
    }
}

/// The first number of a text; 0 where it begins with something else.
pub(crate) fn first_number(text: &[u8]) -> u64 {
    words(text).next().and_then(number).unwrap_or(0)
}

/// The sum of the numbers that stand behind a word.
pub(crate) fn sum_behind(text: &[u8], word: &[u8]) -> u64 {
    let followers = words(text).skip(1);
    words(text)
        .zip(followers)
        .filter(|(before, _)| *before == word)
        .filter_map(|(_, behind)| number(behind))
        .fold(0, u64::saturating_add)
}

/// The words of a text, between which there are spaces, ends of lines and equals signs.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| b" \n=".contains(byte))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{first_number, is_in_force, sum_behind};

    #[test]
    fn numbers_behind_a_word() {
        let disks = b"7:0 rbytes=10 wbytes=1 rios=3\n254:16 rbytes=5 wbytes=2\n";
        assert_eq!(sum_behind(disks, b"rbytes"), 15);
        assert_eq!(sum_behind(disks, b"wbytes"), 3);
        let events = b"oom 4\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(sum_behind(events, b"oom_kill"), 2);
        assert_eq!(sum_behind(b"", b"max"), 0);
    }

    #[test]
    fn first_numbers() {
        assert_eq!(first_number(b"4096\n"), 4096);
        assert_eq!(first_number(b"max\n"), 0);
        assert_eq!(first_number(b""), 0);
    }

    #[test]
    fn values_in_force() {
        for (file, wanted, found, expected) in [
            (c"pids.max", "20", "20", true),
            (c"pids.max", "20", "19", false),
            (c"pids.max", "20", "max", false),
            (c"memory.max", "5000", "4096", true),
            (c"memory.max", "5000", "5001", false),
            (c"memory.max", "8192", "4096", false),
            (c"memory.max", "8192", "max", false),
            (c"memory.high", "max", "max", true),
            (c"io.max", "7:0 rbps=1", "7:0 rbps=1 wbps=max", true),
            (c"io.max", "7:0 rbps=1", "7:0 rbps=10 wbps=max", false),
        ] {
            let found_is = is_in_force(file, wanted.as_bytes(), found.as_bytes());
            assert_eq!(found_is, expected, "{file:?}: {wanted} and {found}");
        }
    }
}
