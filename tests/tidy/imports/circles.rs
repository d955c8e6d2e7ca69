//! Circles in a graph of imports.

use std::collections::{BTreeMap, BTreeSet};

use super::references::Imports;

/// The groups of files of which each reaches all others, with every import that ties them.
pub(super) fn circles(imports: &Imports) -> Vec<String> {
    let mut to: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (user, owner) in imports.keys() {
        to.entry(user).or_default().insert(owner);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        to.keys().map(|file| (*file, reach(&to, file))).collect();
    let mut found = Vec::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for (file, all) in &reached {
        if !all.contains(file) || done.contains(file) {
            continue;
        }
        let back = |other: &&str| reached.get(other).is_some_and(|it| it.contains(file));
        let members: BTreeSet<&str> = all.iter().copied().filter(back).collect();
        done.extend(&members);
        found.push(described(&members, imports));
    }
    found
}

/// All files that one leads to.
fn reach<'g>(to: &BTreeMap<&'g str, BTreeSet<&'g str>>, from: &str) -> BTreeSet<&'g str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(file) = open.pop() {
        for next in to.get(file).into_iter().flatten() {
            if found.insert(*next) {
                open.push(next);
            }
        }
    }
    found
}

fn described(members: &BTreeSet<&str>, imports: &Imports) -> String {
    let files: Vec<&str> = members.iter().copied().collect();
    let mut text = format!(
        "a circle of imports between {}; move what both sides need to a file of its own:",
        files.join(", ")
    );
    for ((user, owner), names) in imports {
        if members.contains(user.as_str()) && members.contains(owner.as_str()) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            text.extend([
                "\n    ",
                user,
                " takes ",
                &names.join(", "),
                " from ",
                owner,
            ]);
        }
    }
    text
}
