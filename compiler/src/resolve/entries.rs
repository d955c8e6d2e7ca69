//! Entries of the `syscalls` section that later stages have to find again.

use super::scope::{Placed, Scope};
use crate::source::Span;
use crate::syscalls::Arch;
use purple_policy::{CallEntry, Policy};
use std::collections::BTreeSet;

/// The interfaces that the policy lists; a name that is none was refused.
pub(super) fn architectures(policy: &Policy, scope: &Scope<'_>) -> Vec<Placed<Arch>> {
    let section = policy.syscalls.iter();
    let names = section.flat_map(|section| section.architectures.iter().enumerate());
    let placed = names.filter_map(|(at, name)| {
        let span = scope.span(&format!("/syscalls/architectures/{at}"));
        let value = name.parse().ok()?;
        Some(Placed { value, span })
    });
    placed.collect()
}

/// The entries that name a group of calls.
pub(super) fn groups(policy: &Policy, scope: &Scope<'_>) -> BTreeSet<Span> {
    let mut found = BTreeSet::new();
    if let Some(section) = &policy.syscalls {
        for (key, list) in [("allow", &section.allow), ("deny", &section.deny)] {
            for (at, entry) in list.iter().enumerate() {
                let entry_at = format!("/syscalls/{key}/{at}");
                let (name, place) = match entry {
                    CallEntry::Name(name) => (Some(name), scope.span(&entry_at)),
                    CallEntry::Long(long) => (
                        Some(&long.syscall),
                        scope.span(&format!("{entry_at}/syscall")),
                    ),
                    CallEntry::When(pair) => {
                        let name = pair.keys().next();
                        let step = name.map_or("", String::as_str);
                        (name, scope.document.key_span(&format!("{entry_at}/{step}")))
                    }
                };
                if name.is_some_and(|name| name.starts_with('@')) {
                    found.insert(place);
                }
            }
        }
    }
    found
}

/// The key of the list of allowed calls, where it lists something.
pub(super) fn allow_list(policy: &Policy, scope: &Scope<'_>) -> Option<Span> {
    let section = policy.syscalls.as_ref();
    let listed = section.filter(|section| !section.allow.is_empty());
    listed.map(|_| scope.document.key_span("/syscalls/allow"))
}
