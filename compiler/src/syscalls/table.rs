//! Names and numbers, from `data/syscalls/numbers.tsv`.

use std::sync::OnceLock;

use super::Arch;

/// The number of a call on an architecture, as a filter sees it; `None` where it has no such call.
pub fn syscall_number(arch: Arch, name: &str) -> Option<u32> {
    syscall(arch, name).map(|(_, number)| number)
}

/// The call of this name on an architecture, with its number.
pub fn syscall(arch: Arch, name: &str) -> Option<(&'static str, u32)> {
    let (name, row) = tables().by_name.first(name)?;
    number(row, arch).map(|number| (name, number))
}

/// The name of a number on an architecture. Where two names share a number, the first in order.
pub fn syscall_name(arch: Arch, number: u32) -> Option<&'static str> {
    let table = by_number(arch);
    let at = table.partition_point(|&(nr, _)| nr < number);
    table
        .get(at)
        .filter(|&&(nr, _)| nr == number)
        .map(|&(_, name)| name)
}

/// Whether some architecture with a table here has a call of this name.
pub fn syscall_number_anywhere(name: &str) -> bool {
    tables().by_name.first(name).is_some()
}

/// The architectures without a table here that have a call of this name, such as `alpha,sparc`.
pub fn exists_elsewhere(name: &str) -> Option<&'static str> {
    tables().foreign.first(name).map(|(_, archs)| archs)
}

/// All names of an architecture with their numbers, by number and then name.
pub fn names(arch: Arch) -> impl Iterator<Item = (&'static str, u32)> {
    by_number(arch).iter().map(|&(number, name)| (name, number))
}

/// The newest number that we know of in the range where new calls appear. Any higher one that the
/// table lacks is a call of a newer kernel, or none.
pub fn newest(arch: Arch) -> u32 {
    let before = names(arch)
        .map(|(_, number)| number)
        .filter(|&nr| nr < arch.private_start());
    before.max().unwrap_or(0)
}

/// The numbers above [`newest`] that the architecture has for calls of its own, in order.
pub fn beyond(arch: Arch) -> Vec<u32> {
    let mut found: Vec<u32> = names(arch)
        .map(|(_, number)| number)
        .filter(|&nr| nr >= arch.private_start())
        .collect();
    found.dedup();
    found
}

/// Every name that some architecture here has.
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    tables().by_name.iter().map(|(name, _)| name)
}

struct Tables {
    by_name: Lines,
    /// Read for one architecture at a time, when it is asked for.
    by_number: [OnceLock<Vec<(u32, &'static str)>>; Arch::ALL.len()],
    foreign: Lines,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables {
        by_name: Lines::of(include_str!("../../data/syscalls/numbers.tsv")),
        by_number: Default::default(),
        foreign: Lines::of(include_str!("../../data/syscalls/foreign.tsv")),
    })
}

/// A call's number in its line.
fn number(row: &str, arch: Arch) -> Option<u32> {
    row.split('\t').nth(arch as usize)?.parse().ok()
}

fn by_number(arch: Arch) -> &'static [(u32, &'static str)] {
    let tables = tables();
    let Some(list) = tables.by_number.get(arch as usize) else {
        return &[];
    };
    list.get_or_init(|| {
        let all = tables.by_name.iter();
        let mut list: Vec<(u32, &str)> = all
            .filter_map(|(name, row)| Some((number(row, arch)?, name)))
            .collect();
        list.sort_unstable();
        list
    })
}

/// A table's lines by their first column, and what stands behind it. A line is read no further before
/// it is asked for: most are not.
pub(super) struct Lines(Vec<(&'static str, &'static str)>);

impl Lines {
    pub(super) fn of(text: &'static str) -> Self {
        let mut all = Vec::with_capacity(text.len() / 24);
        all.extend(lines(text).filter_map(|line| cut(line, b'\t')));
        // The tables are in this order, so that it takes no time.
        all.sort_by_key(|(name, _)| *name);
        Self(all)
    }

    /// The lines of a name, in the table's order.
    pub(super) fn all(&self, name: &str) -> &[(&'static str, &'static str)] {
        let from = self.0.partition_point(|(one, _)| *one < name);
        let rest = self.0.get(from..).unwrap_or_default();
        rest.get(..rest.iter().take_while(|(one, _)| *one == name).count())
            .unwrap_or_default()
    }

    /// The line of a name that has one.
    pub(super) fn first(&self, name: &str) -> Option<(&'static str, &'static str)> {
        let at = self.0.partition_point(|(one, _)| *one < name);
        self.0.get(at).copied().filter(|(one, _)| *one == name)
    }

    /// Adds a line, in place of one of the same name.
    pub(super) fn put(&mut self, name: &'static str, rest: &'static str) {
        match self.0.binary_search_by_key(&name, |(one, _)| *one) {
            Ok(at) => {
                if let Some(line) = self.0.get_mut(at) {
                    line.1 = rest;
                }
            }
            Err(at) => self.0.insert(at, (name, rest)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.0.iter().copied()
    }
}

/// The lines of a table that are not comments.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = text;
    let all = std::iter::from_fn(move || {
        let (line, behind) = cut(rest, b'\n').or((!rest.is_empty()).then_some((rest, "")))?;
        rest = behind;
        Some(line)
    });
    all.filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// What stands before a character of ASCII, and what behind it. Lines are short: this takes less
/// time than a search that is made for long texts.
fn cut(text: &'static str, at: u8) -> Option<(&'static str, &'static str)> {
    let place = text.bytes().position(|one| one == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}
