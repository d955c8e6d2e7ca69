//! The `syscalls` section to numbers, for one architecture and those that it lists beside it.

mod absent;
mod alternatives;
mod arguments;
mod beside;
mod bind;
mod bypasses;
mod conditions;
mod constants;
mod denial;
mod elsewhere;
mod expression;
mod lists;
mod modes;
mod names;
mod notes;
mod ports;
mod resolver;
mod rules;
mod written;

pub(crate) use beside::is_of_the_guard;
pub(crate) use denial::{is_of_the_fallback, names_no_error};
pub(crate) use modes::{SetId, forbid_set_id};
pub(super) use names::offered;
pub(crate) use ports::{Listed, beyond_the_ports, keep_to_ports};

use purple_policy::Syscalls;

use crate::diagnostics::Sink;
use crate::ir::syscalls::{Action, Meaning};
use crate::parse::Document;
use crate::source::Span;
use crate::syscalls::Arch;
use resolver::{Resolver, bare};

/// What a `syscalls` section means on `native`. Absent: everything but the hardened baseline.
///
/// Always gives a meaning, so that later stages can report more; where the sink got an error, it
/// is not to be sealed.
pub fn resolve(
    section: Option<&Syscalls>,
    native: Arch,
    document: &Document,
    sink: &mut Sink,
) -> Meaning {
    let absent = Syscalls {
        default_deny: false,
        ..Syscalls::default()
    };
    let policy = section.unwrap_or(&absent);
    let mut resolver = Resolver::new(policy, native, document, sink);
    resolver.open_interfaces();
    resolver.allow_list();
    resolver.deny_list();
    resolver.conflicts();
    resolver.rules();
    resolver.names_of_elsewhere();
    resolver.unreachable_rules();
    resolver.notes_on_allow_rules();
    resolver.hidden_clone();
    resolver.multiplexed();
    resolver.ring();
    resolver.entries_without_effect();
    resolver.opened_baseline();
    resolver.calls_with_fallback();
    resolver.guards_by_two();
    let mut interfaces = resolver.interfaces.into_iter();
    let native = interfaces
        .next()
        .unwrap_or_else(|| bare(native, Action::Errno(1), Span::default()));
    Meaning {
        native,
        compat: interfaces.collect(),
    }
}

#[cfg(test)]
mod effect_tests;
#[cfg(test)]
mod findings_tests;
#[cfg(test)]
mod language_tests;
#[cfg(test)]
mod lists_tests;
#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod tests;
