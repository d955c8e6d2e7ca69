//! The `syscalls` section to numbers, for one architecture and those that it lists beside it.

mod alternatives;
mod arguments;
mod bind;
mod bypasses;
mod conditions;
mod constants;
mod denial;
mod expression;
mod lists;
mod modes;
mod names;
mod notes;
mod ports;
mod rules;

pub(crate) use modes::forbid_set_id;
pub(super) use names::offered;
pub(crate) use ports::{Listed, beyond_the_ports, keep_to_ports};

use std::collections::{BTreeMap, BTreeSet};

use purple_policy::Syscalls;

use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Guard, Meaning, Unnamed};
use crate::parse::Document;
use crate::source::Span;
use crate::syscalls::{
    Arch, BASELINE, UnknownArch, baseline, beyond, errno_number, guarded, newest, syscall_number,
};
use rules::Written;

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
    resolver.unreachable_rules();
    resolver.notes_on_allow_rules();
    resolver.hidden_clone();
    resolver.multiplexed();
    resolver.ring();
    resolver.opened_baseline();
    let mut interfaces = resolver.interfaces.into_iter();
    let native = interfaces
        .next()
        .unwrap_or_else(|| bare(native, Action::Errno(1), Span::default()));
    Meaning {
        native,
        compat: interfaces.collect(),
    }
}

struct Resolver<'a> {
    policy: &'a Syscalls,
    native: Arch,
    document: &'a Document,
    sink: &'a mut Sink,
    /// The native one first.
    interfaces: Vec<ArchMeaning>,
    /// The calls that `allow` has only by a group: an interface's place, and a number.
    allowed_by_group: BTreeSet<(usize, u32)>,
    /// What `deny` names, by itself or by a group, whether it exists here or not.
    denied_names: BTreeMap<&'a str, Span>,
    /// What the rules name.
    ruled_names: BTreeMap<&'a str, Span>,
    /// The rules, those of the lists first.
    written: Vec<Written<'a>>,
    /// What the rules come to on the first interface that has their calls.
    rule_count: usize,
    condition_count: usize,
}

/// An interface about which a policy has said nothing yet.
fn bare(arch: Arch, denial: Action, span: Span) -> ArchMeaning {
    ArchMeaning {
        arch,
        newest: newest(arch),
        beyond: beyond(arch),
        enosys: errno_number(arch, "ENOSYS").unwrap_or(38),
        denial,
        default: Unnamed { deny: true, span },
        calls: BTreeMap::new(),
    }
}

impl<'a> Resolver<'a> {
    const fn new(
        policy: &'a Syscalls,
        native: Arch,
        document: &'a Document,
        sink: &'a mut Sink,
    ) -> Self {
        Self {
            policy,
            native,
            document,
            sink,
            interfaces: Vec::new(),
            allowed_by_group: BTreeSet::new(),
            denied_names: BTreeMap::new(),
            ruled_names: BTreeMap::new(),
            written: Vec::new(),
            rule_count: 0,
            condition_count: 0,
        }
    }

    fn span(&self, pointer: &str) -> Span {
        self.document.span(pointer)
    }

    /// Tells what was found, unless an error is known at the same place: a value that was refused
    /// before says nothing new, nor does a second architecture that refuses it.
    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.sink.has_error_at(diagnostic.span) {
            self.sink.push(diagnostic);
        }
    }

    /// The interfaces, each with its denial action, default, baseline and guards.
    fn open_interfaces(&mut self) {
        let mut archs = vec![self.native];
        for (at, name) in self.policy.architectures.iter().enumerate() {
            let span = self.span(&format!("/syscalls/architectures/{at}"));
            match name.parse::<Arch>() {
                Err(UnknownArch(unknown)) => {
                    let message = format!("no architecture is called {}", quote(&unknown));
                    let found = Diagnostic::error("architecture-unknown", span, message);
                    let lower = unknown.to_ascii_lowercase();
                    self.report(if let Ok(meant) = lower.parse::<Arch>() {
                        found.with_guess(&lower, meant.name())
                    } else {
                        let known = Arch::ALL.map(Arch::name).join(", ");
                        found.with_help(format!("known ones: {known}"))
                    });
                }
                Ok(arch) if archs.contains(&arch) => {}
                Ok(arch) if self.native.compat().contains(&arch) => archs.push(arch),
                Ok(arch) => {
                    let message =
                        format!("a kernel for {} offers no {arch} system calls", self.native);
                    self.report(Diagnostic::note("architecture-not-here", span, message));
                }
            }
        }
        if let Some((_, rest)) = archs.split_first_mut() {
            rest.sort_unstable();
        }
        let span = self.span("/syscalls/default_deny");
        self.check_denial();
        for arch in archs {
            let mut one = bare(arch, self.denial(arch), span);
            one.default.deny = self.policy.default_deny;
            self.interfaces.push(one);
        }
        for one in &mut self.interfaces {
            for name in
                BASELINE
                    .iter()
                    .map(|entry| entry.name)
                    .chain(["socket", "socketpair", "ioctl"])
            {
                if let Some(number) = syscall_number(one.arch, name) {
                    call_mut(one, name, number);
                }
            }
        }
    }
}

/// The entry for a call, made where it is missing.
fn call_mut<'a>(one: &'a mut ArchMeaning, name: &'static str, number: u32) -> &'a mut CallMeaning {
    let arch = one.arch;
    one.calls.entry(number).or_insert_with(|| CallMeaning {
        name,
        rules: Vec::new(),
        hidden: None,
        denied: None,
        allowed: None,
        baseline: baseline(name).is_some(),
        guard: guarded(arch, name).map(|found| Guard {
            arg: found.arg,
            width: u64::from(u32::MAX),
            values: found.values,
            only: found.only,
            why: found.why,
        }),
    })
}

#[cfg(test)]
mod language_tests;
#[cfg(test)]
mod lists_tests;
#[cfg(test)]
mod tests;
