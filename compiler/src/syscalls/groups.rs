//! Groups of system calls, `@file-read` and the like, from `data/syscalls/groups.txt`.
//!
//! Each call is in exactly one *primary* group. *Composite* groups are made of groups and calls,
//! and of exclusions, which win wherever they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::Arch;
use super::baseline;
use super::table::syscall_number;
use crate::diagnostics::nearest;

/// The group of this name, which begins with `@`.
pub fn group(name: &str) -> Option<&'static Group> {
    groups().iter().find(|group| group.name == name)
}

/// All groups, primary ones first, each kind in the order of the table.
pub fn groups() -> &'static [Group] {
    &table().groups
}

/// The primary group of a call, such as `@file-read` for `openat`; `None` for a name that is in no
/// table.
pub fn primary_group(syscall: &str) -> Option<&'static str> {
    let primary = table().primary.get_or_init(|| {
        let groups = groups().iter().filter(|group| group.primary);
        groups
            .flat_map(|group| group.calls().map(|call| (call, group.name)))
            .collect()
    });
    primary.get(syscall).copied()
}

/// The group that somebody who wrote `name` most likely meant: the one that other tools call so, or
/// the one whose name looks most like it. `name` may lack its `@`.
pub fn closest_group(name: &str) -> Option<&'static str> {
    let table = table();
    let bare = name
        .trim_start_matches(['@', '!'])
        .to_ascii_lowercase()
        .replace(['_', ' '], "-");
    let full = format!("@{bare}");
    if let Some(known) = group(&full) {
        return Some(known.name);
    }
    if let Some(meant) = table.aliases.get(full.as_str()) {
        return Some(meant);
    }
    nearest(&full, groups().iter().map(|group| group.name)).or_else(|| {
        nearest(&full, table.aliases.keys().copied())
            .and_then(|alias| table.aliases.get(alias).copied())
    })
}

/// The names that other tools use, with the group of ours that comes nearest.
pub fn aliases() -> impl Iterator<Item = (&'static str, &'static str)> {
    table().aliases.iter().map(|(name, meant)| (*name, *meant))
}

/// A set of calls with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, with the `@`.
    pub name: &'static str,
    /// What its calls do, in one line.
    pub about: &'static str,
    /// Whether it is one of the groups that each call is in exactly once.
    pub primary: bool,
    /// What the table says it is made of: calls, groups and, after `!`, what is left out.
    pub written: Vec<&'static str>,
    /// Put together when they are asked for: a policy names few groups.
    calls: OnceLock<BTreeSet<&'static str>>,
}

impl Group {
    /// All its calls, of any architecture, in alphabetical order.
    pub fn calls(&self) -> impl Iterator<Item = &'static str> {
        self.all().iter().copied()
    }

    /// Its calls that an architecture has, in alphabetical order.
    pub fn members(&self, arch: Arch) -> impl Iterator<Item = &'static str> {
        self.calls()
            .filter(move |name| syscall_number(arch, name).is_some())
    }

    /// Whether a call is in it.
    pub fn contains(&self, syscall: &str) -> bool {
        self.all().contains(syscall)
    }

    /// The calls that allowing it opens: those of the hardened baseline only where it has no others.
    pub fn opened(&self) -> impl Iterator<Item = &'static str> {
        let whole = self.calls().all(|name| baseline(name).is_some());
        self.calls()
            .filter(move |name| whole || baseline(name).is_none())
    }

    fn all(&self) -> &BTreeSet<&'static str> {
        self.calls.get_or_init(|| {
            let (out, into): (Vec<&str>, Vec<&str>) = self
                .written
                .iter()
                .copied()
                .partition(|word| word.starts_with('!'));
            let mut calls: BTreeSet<&str> = into
                .into_iter()
                .flat_map(|word| self.expand(word))
                .collect();
            for word in out.into_iter().filter_map(|word| word.strip_prefix('!')) {
                for name in self.expand(word) {
                    calls.remove(name);
                }
            }
            calls
        })
    }

    /// The calls of a group that stands before this one in the table, or a call itself.
    fn expand(&self, word: &'static str) -> Vec<&'static str> {
        let mut before = groups().iter().take_while(|known| known.name != self.name);
        let group = || before.find(|known| known.name == word);
        match word.starts_with('@').then(group).flatten() {
            Some(known) => known.calls().collect(),
            None => vec![word],
        }
    }
}

struct Table {
    groups: Vec<Group>,
    primary: OnceLock<BTreeMap<&'static str, &'static str>>,
    aliases: BTreeMap<&'static str, &'static str>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("../../data/syscalls/groups.txt")))
}

/// Reads the table. A composite group may name only groups that stand before it, so that none can
/// contain itself; a test says that every name is known.
fn read(text: &'static str) -> Table {
    let mut found = Table {
        groups: Vec::new(),
        primary: OnceLock::new(),
        aliases: BTreeMap::new(),
    };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('@') {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(kind), Some(rest)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let about = rest.trim();
            if kind == "alias" {
                found.aliases.insert(name, about);
            } else {
                let primary = kind == "primary";
                let (written, calls) = (Vec::new(), OnceLock::new());
                found.groups.push(Group {
                    name,
                    about,
                    primary,
                    written,
                    calls,
                });
            }
        } else if let Some(group) = found.groups.last_mut() {
            group.written.extend(line.split_whitespace());
        }
    }
    found
}
