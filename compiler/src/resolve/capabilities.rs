//! The `capabilities` section: names to bits.

use super::scope::{Placed, Scope};
use crate::diagnostics::{Diagnostic, nearest, quote};
use crate::syscalls::CAPABILITIES;
use purple_policy::{Capabilities, CapabilityEntry};

/// The capabilities to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptCapabilities {
    /// Their numbers, and the entries that name them first.
    pub numbers: Vec<Placed<usize>>,
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
    if !section.default_drop {
        scope.error(
            "capabilities-not-dropped",
            "/capabilities/default_drop",
            "`default_drop: false` would keep every capability".to_owned(),
            "leave it out or set it to `true`, and name under `add` the capabilities to keep",
        );
    }
    for (index, entry) in section.add.iter().enumerate() {
        let name = entry.name();
        if let Some(value) = CAPABILITIES.iter().position(|known| *known == name) {
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
    kept
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
