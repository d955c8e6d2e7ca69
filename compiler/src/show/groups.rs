//! Names of calls folded back into the groups that are made of them.

use std::collections::BTreeSet;

use crate::ir::syscalls::Meaning;
use crate::syscalls::baseline;
use crate::syscalls::groups::{Group, groups};

/// The entries of a list that stand for these calls: groups first, then the calls that none has.
/// A group stands only for calls that are all there, on each interface; of a list that allows, it
/// stands for its calls outside of the baseline, as in a policy.
pub(super) fn folded(
    names: &BTreeSet<&'static str>,
    meaning: &Meaning,
    allows: bool,
) -> Vec<String> {
    let stands_for = |group: &'static Group| -> BTreeSet<&'static str> {
        let members = meaning.interfaces().flat_map(|one| group.members(one.arch));
        let opens = group.calls().all(|name| baseline(name).is_some());
        members
            .filter(|name| !allows || opens || baseline(name).is_none())
            .collect()
    };
    let whole = groups().iter().map(|group| (group.name, stands_for(group)));
    let mut whole: Vec<_> = whole.filter(|(_, calls)| calls.is_subset(names)).collect();
    let mut rest = names.clone();
    let mut entries = Vec::new();
    loop {
        let new = |calls: &BTreeSet<&str>| calls.intersection(&rest).count();
        // Of those that say the same, the first in the table: a primary one.
        let best = whole.iter().rev().max_by_key(|(_, calls)| new(calls));
        let Some((name, calls)) = best.filter(|(_, calls)| new(calls) > 1).cloned() else {
            break;
        };
        rest.retain(|name| !calls.contains(name));
        whole.retain(|one| one.0 != name);
        entries.push(format!("\"{name}\""));
    }
    entries.sort_unstable();
    entries.extend(rest.into_iter().map(str::to_owned));
    entries
}
