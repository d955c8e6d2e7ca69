//! The `syscalls` section to numbers, for one architecture and those that it lists beside it.

mod conditions;
mod denial;
mod modes;
mod names;
mod rules;

pub(crate) use modes::forbid_set_id;

use std::collections::BTreeMap;

use purple_policy::Syscalls;

use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Guard, Meaning, Strength, Unnamed};
use crate::lint::has_finding_of_its_own;
use crate::parse::Document;
use crate::source::Span;
use crate::syscalls::{
    Arch, BASELINE, UnknownArch, baseline, beyond, errno_number, guarded, newest, parts_of,
    syscall_number,
};

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
    let absent = Syscalls { default_deny: false, ..Syscalls::default() };
    let policy = section.unwrap_or(&absent);
    let mut resolver = Resolver { policy, native, document, sink, interfaces: Vec::new() };
    resolver.open_interfaces();
    resolver.allow_list();
    resolver.deny_list();
    resolver.conflicts();
    resolver.rules();
    resolver.hidden_clone();
    resolver.multiplexed();
    resolver.ring();
    resolver.opened_baseline();
    let mut interfaces = resolver.interfaces.into_iter();
    let native =
        interfaces.next().unwrap_or_else(|| bare(native, Action::Errno(1), Span::default()));
    Meaning { native, compat: interfaces.collect() }
}

struct Resolver<'a> {
    policy: &'a Syscalls,
    native: Arch,
    document: &'a Document,
    sink: &'a mut Sink,
    /// The native one first.
    interfaces: Vec<ArchMeaning>,
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

impl Resolver<'_> {
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
                BASELINE.iter().map(|entry| entry.name).chain(["socket", "socketpair", "ioctl"])
            {
                if let Some(number) = syscall_number(one.arch, name) {
                    call_mut(one, name, number);
                }
            }
        }
    }

    /// A name in both lists.
    fn conflicts(&mut self) {
        let native = self.interfaces.first();
        let both: Vec<_> = native
            .into_iter()
            .flat_map(|one| one.calls.values())
            .filter_map(|call| Some((call.name, call.denied?, call.allowed?)))
            .collect();
        for (name, denied, allowed) in both {
            self.report(
                Diagnostic::warning(
                    "syscall-allowed-and-denied",
                    denied,
                    format!("`{name}` is both denied and allowed; it is denied"),
                )
                .with_related(allowed, "allowed here"),
            );
        }
    }

    /// clone3 takes its flags in memory, where no filter looks.
    fn hidden_clone(&mut self) {
        let mut first = None;
        for one in &mut self.interfaces {
            let (Some(clone), Some(clone3)) =
                (syscall_number(one.arch, "clone"), syscall_number(one.arch, "clone3"))
            else {
                continue;
            };
            let rules = one.calls.get(&clone).map(|call| call.rules.as_slice()).unwrap_or_default();
            let Some(span) =
                rules.iter().find(|rule| !rule.conditions.is_empty()).map(|rule| rule.span)
            else {
                continue;
            };
            call_mut(one, "clone3", clone3).hidden = Some(span);
            first = first.or(Some(span));
        }
        if let Some(span) = first {
            self.report(
                Diagnostic::note(
                    "clone3-hidden",
                    span,
                    "`clone3` gets ENOSYS because of this rule on `clone`",
                )
                .with_help("clone3 takes its flags in memory, which a filter cannot see; libc falls back to clone"),
            );
        }
    }

    /// socketcall and ipc carry other calls past what the policy says of them.
    fn multiplexed(&mut self) {
        let mut found = Vec::new();
        // On some interfaces a part has no number of its own, so the policy is asked by name too.
        let (policy, document) = (self.policy, self.document);
        let restricted = |part: &str| {
            let denied = policy.deny.iter().position(|name| name == part);
            let rule = policy.advanced_rules.iter().position(|rule| rule.syscall == part);
            denied
                .map(|at| format!("/syscalls/deny/{at}"))
                .or(rule.map(|at| format!("/syscalls/advanced_rules/{at}")))
                .map(|pointer| document.span(&pointer))
        };
        for one in &mut self.interfaces {
            for carrier in ["socketcall", "ipc"] {
                let Some(number) = syscall_number(one.arch, carrier) else { continue };
                let part = parts_of(carrier).iter().find_map(|part| {
                    let call = syscall_number(one.arch, part).and_then(|nr| one.calls.get(&nr));
                    let rule = call.and_then(|call| call.rules.first()).map(|rule| rule.span);
                    let why = rule.or(call.and_then(|call| call.denied)).or(restricted(part));
                    why.map(|span| (*part, span))
                });
                let default_deny = one.default.deny;
                let arch = one.arch;
                let call = call_mut(one, carrier, number);
                let rule = call.rules.iter().find(|rule| rule.strength >= Strength::Notify);
                let named =
                    rule.map(|rule| rule.span).or(call.allowed.filter(|_| call.denied.is_none()));
                let open = !default_deny && !call.baseline && call.denied.is_none();
                match (part, named) {
                    (Some((part, why)), Some(span)) => found.push(
                        Diagnostic::error(
                            "syscall-multiplexed",
                            span,
                            format!("`{carrier}` on {arch} carries `{part}` past what the policy says of it"),
                        )
                        .with_related(why, format!("`{part}` is restricted here"))
                        .with_help("a filter cannot see which call it carries: leave it out"),
                    ),
                    (Some((part, why)), None) if open => {
                        call.denied = Some(why);
                        found.push(Diagnostic::warning(
                            "syscall-multiplexed-denied",
                            why,
                            format!("`{carrier}` on {arch} is denied too: it would carry `{part}` past this"),
                        ));
                    }
                    (None, Some(span)) if carrier == "socketcall" => found.push(
                        Diagnostic::warning(
                            "socketcall-families",
                            span,
                            format!("`socketcall` on {arch} opens sockets of every family"),
                        )
                        .with_help("a filter cannot see the family it asks for; current programs use `socket`"),
                    ),
                    _ => {}
                }
            }
        }
        for diagnostic in found {
            self.report(diagnostic);
        }
    }

    /// What a ring of `io_uring` does is no system call, so that no filter sees it.
    fn ring(&mut self) {
        let passes = |call: &CallMeaning| {
            let mut rules = call.rules.iter().take_while(|rule| {
                !(rule.conditions.is_empty() && rule.strength <= Strength::Deny)
            });
            let reached = rules.clone().count() == call.rules.len();
            let rule = rules.find(|rule| rule.strength >= Strength::Notify);
            let allowed = call.allowed.filter(|_| call.denied.is_none() && reached);
            rule.map(|rule| rule.span).or(allowed)
        };
        let found = self
            .interfaces
            .iter()
            .find_map(|one| passes(one.calls.get(&syscall_number(one.arch, "io_uring_setup")?)?));
        if let Some(span) = found {
            let message =
                "`io_uring_setup` is a way past the filter: it does not see what a ring does";
            self.report(
                Diagnostic::warning("io-uring-bypasses-filter", span, message).with_help(
                    "leave it out: files are opened and made, and sockets used, whatever else the policy denies",
                ),
            );
        }
    }

    /// One note for all calls of the baseline that the policy allows by name.
    fn opened_baseline(&mut self) {
        let Some(native) = self.interfaces.first() else { return };
        let opened = native.calls.values().filter(|call| call.baseline && call.denied.is_none());
        let opened: Vec<_> =
            opened.filter(|call| call.allowed.is_some()).map(|call| call.name).collect();
        let opened: Vec<_> =
            opened.into_iter().filter(|name| !has_finding_of_its_own(name)).collect();
        if !opened.is_empty() {
            let message = match opened.as_slice() {
                [one] => format!("the policy opens a call that is denied unless named: `{one}`"),
                all => format!(
                    "the policy opens {} calls that are denied unless named: `{}`",
                    all.len(),
                    all.join("`, `")
                ),
            };
            let span = self.document.key_span("/syscalls/allow");
            self.report(Diagnostic::note("baseline-opened", span, message).with_help(
                "leave out what the program does not call: each widens what it can reach",
            ));
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
mod tests;
