//! The section while it is resolved: what is known so far, and where findings go.

use std::collections::{BTreeMap, BTreeSet};

use purple_policy::Syscalls;

use super::absent::Elsewhere;
use super::written::WrittenRule;
use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Guard, Unnamed};
use crate::parse::Document;
use crate::source::Span;
use crate::syscalls::{
    Arch, BASELINE, UnknownArch, baseline, beyond, errno_number, guarded, newest, syscall_number,
};

pub(super) struct Resolver<'a> {
    pub(super) policy: &'a Syscalls,
    pub(super) native: Arch,
    pub(super) document: &'a Document,
    pub(super) sink: &'a mut Sink,
    /// The native one first.
    pub(super) interfaces: Vec<ArchMeaning>,
    /// The calls that `allow` has only by a group: an interface's place, and a number.
    pub(super) allowed_by_group: BTreeSet<(usize, u32)>,
    /// What `deny` names, by itself or by a group, whether it exists here or not.
    pub(super) denied_names: BTreeMap<&'a str, Span>,
    /// What the rules name.
    pub(super) ruled_names: BTreeMap<&'a str, Span>,
    /// The rules, those of the lists first.
    pub(super) written: Vec<WrittenRule<'a>>,
    /// What the rules come to on the first interface that has their calls.
    pub(super) rule_count: usize,
    pub(super) condition_count: usize,
    /// Names that exist on other architectures only.
    pub(super) elsewhere: Elsewhere<'a>,
}

/// An interface about which a policy has said nothing yet.
pub(super) fn bare(arch: Arch, denial: Action, span: Span) -> ArchMeaning {
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
    pub(super) const fn new(
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
            elsewhere: Elsewhere::new(),
        }
    }

    pub(super) fn span(&self, pointer: &str) -> Span {
        self.document.span(pointer)
    }

    /// Reports what was found, unless an error is known at the same place: a value that was refused
    /// before says nothing new, nor does a second architecture that refuses it.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if !self.sink.has_error_at(diagnostic.span) {
            self.sink.push(diagnostic);
        }
    }

    /// The interfaces, each with its denial action, default, baseline and guards.
    pub(super) fn open_interfaces(&mut self) {
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
pub(super) fn call_mut<'a>(
    one: &'a mut ArchMeaning,
    name: &'static str,
    number: u32,
) -> &'a mut CallMeaning {
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

/// A condition that cannot be enforced as written; it was reported.
pub(super) struct Unsound;
