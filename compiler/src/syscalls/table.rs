//! Names and numbers, from `data/syscalls/numbers.tsv`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Arch;

/// The number of a call on an architecture, as a filter sees it; `None` where it has no such call.
pub fn syscall_number(arch: Arch, name: &str) -> Option<u32> {
    tables().by_name.get(name).and_then(|row| row.get(arch as usize).copied().flatten())
}

/// The call of this name on an architecture, with its number.
pub fn syscall(arch: Arch, name: &str) -> Option<(&'static str, u32)> {
    let (name, row) = tables().by_name.get_key_value(name)?;
    row.get(arch as usize).copied().flatten().map(|number| (*name, number))
}

/// The name of a number on an architecture. Where two names share a number, the first in order.
pub fn syscall_name(arch: Arch, number: u32) -> Option<&'static str> {
    let table = tables().by_number.get(arch as usize)?;
    let at = table.partition_point(|&(nr, _)| nr < number);
    table.get(at).filter(|&&(nr, _)| nr == number).map(|&(_, name)| name)
}

/// Whether some architecture with a table here has a call of this name.
pub fn syscall_number_anywhere(name: &str) -> bool {
    tables().by_name.contains_key(name)
}

/// The architectures without a table here that have a call of this name, such as `alpha,sparc`.
pub fn exists_elsewhere(name: &str) -> Option<&'static str> {
    tables().foreign.get(name).copied()
}

/// All names of an architecture with their numbers, by number and then name.
pub fn names(arch: Arch) -> impl Iterator<Item = (&'static str, u32)> {
    tables()
        .by_number
        .get(arch as usize)
        .into_iter()
        .flatten()
        .map(|&(number, name)| (name, number))
}

/// The newest number that we know of in the range where new calls appear. Any higher one that the
/// table lacks is a call of a newer kernel, or none.
pub fn newest(arch: Arch) -> u32 {
    let before = names(arch).map(|(_, number)| number).filter(|&nr| nr < arch.private_start());
    before.max().unwrap_or(0)
}

/// The numbers above [`newest`] that the architecture has for calls of its own, in order.
pub fn beyond(arch: Arch) -> Vec<u32> {
    let mut found: Vec<u32> =
        names(arch).map(|(_, number)| number).filter(|&nr| nr >= arch.private_start()).collect();
    found.dedup();
    found
}

/// Every name that some architecture here has.
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    tables().by_name.keys().copied()
}

type Row = [Option<u32>; Arch::ALL.len()];

struct Tables {
    by_name: BTreeMap<&'static str, Row>,
    by_number: [Vec<(u32, &'static str)>; Arch::ALL.len()],
    foreign: BTreeMap<&'static str, &'static str>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut by_name = BTreeMap::new();
        let mut by_number: [Vec<(u32, &str)>; Arch::ALL.len()] = Default::default();
        for line in lines(include_str!("../../data/syscalls/numbers.tsv")) {
            let mut columns = line.split('\t');
            let Some(name) = columns.next() else { continue };
            let mut row: Row = [None; Arch::ALL.len()];
            for ((cell, list), column) in row.iter_mut().zip(&mut by_number).zip(columns) {
                *cell = column.parse().ok();
                list.extend(cell.map(|number| (number, name)));
            }
            by_name.insert(name, row);
        }
        for list in &mut by_number {
            list.sort_unstable();
        }
        let foreign = lines(include_str!("../../data/syscalls/foreign.tsv"))
            .filter_map(|line| line.split_once('\t'))
            .collect();
        Tables { by_name, by_number, foreign }
    })
}

/// The lines of a table that are not comments.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}
