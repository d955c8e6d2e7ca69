//! Names that not every architecture has, and the calls that do their job instead, from
//! `data/syscalls/replaced.tsv`; and calls that do one job side by side, from
//! `data/syscalls/variants.tsv`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Arch;
use super::table::{lines, syscall_number};

/// What is known of a name besides its numbers; `None` where nothing is.
pub fn replaced(name: &str) -> Option<Replaced> {
    index().get(name).copied()
}

/// A name whose job another call does where the name does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    by: &'static str,
    /// Whether the name is a library's or another system's, or was never merged into Linux, so
    /// that no kernel has it.
    pub what: &'static str,
}

impl Replaced {
    /// The first of the calls that the table lists, wherever it exists.
    #[cfg(test)]
    pub(super) fn first(self) -> &'static str {
        self.by.split(',').next().unwrap_or("")
    }

    /// The calls that an architecture has for this name's job: those listed and, where it lacks
    /// one of them too, what replaces that one.
    pub fn by(self, arch: Arch) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut seen = Vec::new();
        let mut open: Vec<&'static str> = self.by.split(',').rev().collect();
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            if syscall_number(arch, name).is_some() {
                found.push(name);
            } else if let Some(next) = index().get(name) {
                open.extend(next.by.split(','));
            }
        }
        found
    }
}

/// The other calls of an architecture that do the same job as `name`, which it has too: `setuid32`
/// for `setuid` and `setuid` for `setuid32`. Denying one of them alone would leak. Where `a` is a
/// variant of `b`, `b` is one of `a`.
pub fn variants(arch: Arch, name: &str) -> Vec<&'static str> {
    let sets = lines(include_str!("../../data/syscalls/variants.tsv"));
    sets.filter(|line| line.split('\t').any(|one| one == name))
        .flat_map(|line| line.split('\t'))
        .filter(|one| *one != name && syscall_number(arch, one).is_some())
        .collect()
}

/// All names of the table.
pub(super) fn replaced_names() -> impl Iterator<Item = &'static str> {
    index().keys().copied()
}

fn index() -> &'static BTreeMap<&'static str, Replaced> {
    static INDEX: OnceLock<BTreeMap<&'static str, Replaced>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let rows = lines(include_str!("../../data/syscalls/replaced.tsv"));
        rows.filter_map(|line| {
            let mut columns = line.split('\t');
            let (name, by, what) = (columns.next()?, columns.next()?, columns.next()?);
            Some((name, Replaced { by, what }))
        })
        .collect()
    })
}
