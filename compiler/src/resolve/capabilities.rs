//! The `capabilities` section: names to bits.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, nearest, quote};
use crate::syscalls::CAPABILITIES;
use purple_policy::{Capabilities, CapabilityEntry};

/// The capabilities to keep, bit N for capability N.
pub(super) fn resolve(section: Option<&Capabilities>, scope: &mut Scope<'_>) -> u64 {
    let Some(section) = section else {
        return 0;
    };
    if !section.default_drop {
        scope.error(
            "capabilities-not-dropped",
            "/capabilities/default_drop",
            "`default_drop: false` would keep every capability".to_owned(),
            "leave it out or set it to `true`, and name under `add` the capabilities to keep",
        );
    }
    let mut kept = 0;
    for (index, entry) in section.add.iter().enumerate() {
        let name = entry.name();
        if let Some(number) = CAPABILITIES.iter().position(|known| *known == name) {
            kept |= 1 << number;
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
