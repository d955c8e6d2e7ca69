//! Calls by which a program would get past what the policy says of others.

use super::resolver::{Resolver, call_mut};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{CallMeaning, Strength};
use crate::syscalls::{parts_of, syscall_number};

impl Resolver<'_> {
    /// clone3 takes its flags in memory, where no filter looks.
    pub(super) fn hidden_clone(&mut self) {
        let mut first = None;
        for one in &mut self.interfaces {
            let (Some(clone), Some(clone3)) = (
                syscall_number(one.arch, "clone"),
                syscall_number(one.arch, "clone3"),
            ) else {
                continue;
            };
            let rules = one
                .calls
                .get(&clone)
                .map(|call| call.rules.as_slice())
                .unwrap_or_default();
            let Some(span) = rules
                .iter()
                .find(|rule| !rule.conditions.is_empty())
                .map(|rule| rule.span)
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
                .with_help("clone3 reads its flags from memory, which a filter cannot see; libc uses clone instead"),
            );
        }
    }

    /// socketcall and ipc carry other calls past what the policy says of them.
    pub(super) fn multiplexed(&mut self) {
        let mut found = Vec::new();
        // On some interfaces a part has no number of its own, so the policy is asked by name too.
        let (denied, ruled) = (&self.denied_names, &self.ruled_names);
        let restricted = |part: &str| denied.get(part).or_else(|| ruled.get(part)).copied();
        for one in &mut self.interfaces {
            for carrier in ["socketcall", "ipc"] {
                let Some(number) = syscall_number(one.arch, carrier) else {
                    continue;
                };
                let part = parts_of(carrier).iter().find_map(|part| {
                    let call = syscall_number(one.arch, part).and_then(|nr| one.calls.get(&nr));
                    let rule = call
                        .and_then(|call| call.rules.first())
                        .map(|rule| rule.span);
                    let why = rule
                        .or(call.and_then(|call| call.denied))
                        .or(restricted(part));
                    why.map(|span| (*part, span))
                });
                let default_deny = one.default.deny;
                let arch = one.arch;
                let call = call_mut(one, carrier, number);
                let rule = call
                    .rules
                    .iter()
                    .find(|rule| rule.strength >= Strength::Log);
                let named = rule
                    .map(|rule| rule.span)
                    .or(call.allowed.filter(|_| call.denied.is_none()));
                let open = !default_deny && !call.baseline && call.denied.is_none();
                match (part, named) {
                    (Some((part, why)), Some(span)) => found.push(
                        Diagnostic::error(
                            "syscall-multiplexed",
                            span,
                            format!("`{carrier}` on {arch} can make the call `{part}`, and the rules on `{part}` do not apply \
                        to it"),
                        )
                        .with_related(why, format!("`{part}` is restricted here"))
                        .with_help("a filter cannot see which call it makes: leave it out"),
                    ),
                    (Some((part, why)), None) if open => {
                        call.denied = Some(why);
                        found.push(Diagnostic::warning(
                            "syscall-multiplexed-denied",
                            why,
                            format!("`{carrier}` on {arch} is denied too: it could make the call `{part}`"),
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
    pub(super) fn ring(&mut self) {
        let passes = |call: &CallMeaning| {
            let mut rules = call.rules.iter().take_while(|rule| {
                !(rule.conditions.is_empty() && rule.strength <= Strength::Deny)
            });
            let reached = rules.clone().count() == call.rules.len();
            let rule = rules.find(|rule| rule.strength >= Strength::Log);
            let allowed = call.allowed.filter(|_| call.denied.is_none() && reached);
            rule.map(|rule| rule.span).or(allowed)
        };
        let found = self.interfaces.iter().find_map(|one| {
            passes(
                one.calls
                    .get(&syscall_number(one.arch, "io_uring_setup")?)?,
            )
        });
        if let Some(span) = found {
            let message =
                "`io_uring_setup` bypasses the filter, which does not see the operations of a ring";
            self.report(
                Diagnostic::warning("io-uring-bypasses-filter", span, message).with_help(
                    "leave it out: through a ring a program can open and create files and use sockets, even if \
                     the policy denies these calls",
                ),
            );
        }
    }
}
