//! The groups that come with the compiler.

use std::sync::OnceLock;

/// The table.
const TABLE: &str = include_str!("../../data/hosts/groups.txt");

/// A group of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedGroup {
    /// Its name, without `@`.
    pub name: &'static str,
    /// Where its owner says which names it takes: the document, and the date when it was looked up.
    pub sources: Vec<(&'static str, &'static str)>,
    /// Destinations as a policy writes them.
    pub hosts: Vec<&'static str>,
}

/// All of them, in the order of the table.
pub fn shipped_groups() -> &'static [ShippedGroup] {
    static GROUPS: OnceLock<Vec<ShippedGroup>> = OnceLock::new();
    GROUPS.get_or_init(|| {
        let mut groups: Vec<ShippedGroup> = Vec::new();
        for line in TABLE.lines() {
            if let Some(name) = line.strip_prefix('@') {
                groups.push(ShippedGroup {
                    name,
                    sources: Vec::new(),
                    hosts: Vec::new(),
                });
            } else if let (Some(text), Some(group)) = (line.strip_prefix("  "), groups.last_mut()) {
                match text.strip_prefix("source: ") {
                    Some(source) => group
                        .sources
                        .push(source.split_once(' ').unwrap_or((source, ""))),
                    None => group.hosts.push(text),
                }
            }
        }
        groups
    })
}

/// The group of this name, without `@`.
pub fn shipped(name: &str) -> Option<&'static ShippedGroup> {
    shipped_groups().iter().find(|group| group.name == name)
}
