//! The `capabilities` section: names to bits.

use super::scope::{Placed, Scope};
use crate::diagnostics::{Diagnostic, nearest, quote};
use crate::source::Span;
use crate::syscalls::CAPABILITIES;
use purple_policy::{Capabilities, CapabilityEntry};
use std::collections::BTreeSet;

/// The capabilities to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptCapabilities {
    /// Their numbers, and the entries that name them first, or `default_drop`.
    pub numbers: Vec<Placed<usize>>,
    /// The place of `default_drop: false`.
    pub undropped: Option<Span>,
}

impl KeptCapabilities {
    /// Bit N for capability N.
    pub fn mask(&self) -> u64 {
        self.numbers
            .iter()
            .fold(0, |mask, one| mask | 1 << one.value)
    }
}

/// The capabilities to keep.
pub(super) fn resolve(section: Option<&Capabilities>, scope: &mut Scope<'_>) -> KeptCapabilities {
    let mut kept = KeptCapabilities::default();
    let Some(section) = section else {
        return kept;
    };
    let mut dropped = BTreeSet::new();
    for (index, name) in section.drop.iter().enumerate() {
        match number(name) {
            Some(value) => {
                dropped.insert(value);
            }
            None => unknown(scope, &format!("/capabilities/drop/{index}"), name),
        }
    }
    for (index, entry) in section.add.iter().enumerate() {
        let name = entry.name();
        if let Some(value) = number(name) {
            if kept.mask() >> value & 1 == 0 {
                let span = scope.span(&format!("/capabilities/add/{index}"));
                kept.numbers.push(Placed { value, span });
            }
        } else {
            let inner = match entry {
                CapabilityEntry::Name(_) => "",
                CapabilityEntry::Long(_) => "/capability",
            };
            unknown(scope, &format!("/capabilities/add/{index}{inner}"), name);
        }
    }
    if !section.default_drop {
        let span = scope.span("/capabilities/default_drop");
        kept.undropped = Some(span);
        let rest = (0..CAPABILITIES.len()).filter(|value| kept.mask() >> value & 1 == 0);
        let rest: Vec<_> = rest.map(|value| Placed { value, span }).collect();
        kept.numbers.extend(rest);
    }
    kept.numbers.retain(|one| !dropped.contains(&one.value));
    kept
}

/// The number of a capability.
fn number(name: &str) -> Option<usize> {
    CAPABILITIES.iter().position(|known| *known == name)
}

fn unknown(scope: &mut Scope<'_>, pointer: &str, name: &str) {
    let upper = name.to_ascii_uppercase();
    let full = if upper.starts_with("CAP_") {
        upper
    } else {
        format!("CAP_{upper}")
    };
    let room = scope.sink.has_room("unknown-capability");
    let span = scope.span(pointer);
    let message = format!("there is no capability {}", quote(name));
    let guess = || nearest(name, CAPABILITIES).or_else(|| nearest(&full, CAPABILITIES));
    let found = Diagnostic::error("unknown-capability", span, message);
    scope.report(match room.then(guess).flatten() {
        _ if full == "CAP_ALL" => found.with_help("name each capability that the program needs"),
        Some(near) => found.with_guess(&full, near),
        None => found,
    });
}
