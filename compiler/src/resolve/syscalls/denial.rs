//! The denial action and error names.

use purple_policy::OnDeny;

use super::modes::may_pass;
use super::resolver::{Resolver, call_mut};
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Meaning, Rule, Strength};
use crate::source::Span;
use crate::syscalls::{Arch, closest_errno, errno_name, errno_number, syscall, with_fallback};

impl Resolver<'_> {
    /// What a denied call gets on an architecture. A name that is no error was reported before.
    pub(super) fn denial(&self, arch: Arch) -> Action {
        match &self.policy.on_deny {
            None => Action::Errno(errno_number(arch, "EPERM").unwrap_or(1)),
            Some(OnDeny::Errno(name)) => Action::Errno(errno_number(arch, name).unwrap_or(1)),
            Some(OnDeny::Kill) => Action::KillProcess,
            Some(OnDeny::KillThread) => Action::KillThread,
            Some(OnDeny::Trap) => Action::Trap,
            Some(OnDeny::Notify) => Action::Notify,
            Some(OnDeny::Log) => Action::Log,
        }
    }

    /// What a call of this name gets where the policy denies it and names no error: ENOSYS, where libraries fall back
    /// after nothing else.
    pub(super) fn denial_of(&self, arch: Arch, name: &str) -> Action {
        match errno_number(arch, "ENOSYS") {
            Some(enosys) if self.policy.on_deny.is_none() && with_fallback().contains(&name) => {
                Action::Errno(enosys)
            }
            _ => self.denial(arch),
        }
    }

    /// Gives ENOSYS for the calls after which libraries fall back, where the policy denies them altogether and names no
    /// error. Every such call gets a rule, because a denial by a list or by default has one error for all calls.
    pub(super) fn calls_with_fallback(&mut self) {
        if self.policy.on_deny.is_some() {
            return;
        }
        for one in &mut self.interfaces {
            let (action, default) = (Action::Errno(one.enosys), one.default.span);
            for name in with_fallback() {
                let Some((name, number)) = syscall(one.arch, name) else {
                    continue;
                };
                if may_pass(one, name).is_some() {
                    continue;
                }
                let call = call_mut(one, name, number);
                let is_whole =
                    |rule: &Rule| rule.strength <= Strength::Deny && rule.conditions.is_empty();
                if call.hidden.is_some() || call.rules.iter().any(is_whole) {
                    continue;
                }
                let rule = Rule {
                    strength: Strength::Deny,
                    action,
                    conditions: Vec::new(),
                    span: call.denied.unwrap_or(default),
                };
                // Behind the policy's own: they may name an error for some arguments.
                let at = call
                    .rules
                    .partition_point(|other| other.strength <= Strength::Deny);
                call.rules.insert(at, rule);
            }
        }
    }

    /// Reports what is wrong with `on_deny`.
    pub(super) fn check_denial(&mut self) {
        match &self.policy.on_deny {
            Some(OnDeny::Errno(name)) => {
                let span = self.span("/syscalls/on_deny/errno");
                self.check_errno(name, span);
            }
            Some(OnDeny::Log) => {
                let span = self.span("/syscalls/on_deny");
                let message = "`on_deny: log` lets every denied call through: nothing is confined";
                self.report(Diagnostic::warning("denial-logs-only", span, message).with_help(
                    "use it to learn which calls a program makes, and `errno: EPERM` or `kill` to confine it",
                ));
            }
            Some(OnDeny::Kill | OnDeny::KillThread | OnDeny::Trap | OnDeny::Notify) | None => {}
        }
    }

    /// Reports a name that is no error.
    pub(super) fn check_errno(&mut self, name: &str, span: Span) {
        if errno_number(self.native, name).is_some() {
            return;
        }
        let number = name.parse::<u16>().ok();
        if number == Some(0) {
            let message = "errno 0 means success: the program would assume that the call succeeded";
            self.report(
                Diagnostic::error("errno-zero", span, message)
                    .with_help("name the error that it should get, such as `EPERM`"),
            );
            return;
        }
        let message = format!("no error is called {}", quote(name));
        let known = number.and_then(|number| errno_name(self.native, number));
        let mut diagnostic = Diagnostic::error("errno-unknown", span, message);
        let guess = || {
            self.sink
                .has_room("errno-unknown")
                .then(|| closest_errno(name))
                .flatten()
        };
        if let Some(meant) = known.or_else(guess) {
            diagnostic = diagnostic.with_guess(name, meant);
        }
        self.report(diagnostic);
    }
}

/// Whether a rule is the one that gives ENOSYS for a call after which libraries fall back, and not one of the policy's.
pub(crate) fn is_of_the_fallback(one: &ArchMeaning, call: &CallMeaning, rule: &Rule) -> bool {
    with_fallback().contains(&call.name)
        && may_pass(one, call.name).is_none()
        && rule.strength == Strength::Deny
        && rule.action == Action::Errno(one.enosys)
        && rule.conditions.is_empty()
        && rule.span == call.denied.unwrap_or(one.default.span)
}

/// Whether a meaning is that of a policy that names no error for denied calls: they get EPERM, and those after which
/// libraries fall back ENOSYS.
pub(crate) fn names_no_error(meaning: &Meaning) -> bool {
    meaning.interfaces().all(|one| {
        let eperm = errno_number(one.arch, "EPERM").map(Action::Errno);
        let has_an_error = |name: &str| {
            let Some((name, number)) = syscall(one.arch, name) else {
                return true;
            };
            let Some(call) = one.calls.get(&number) else {
                return may_pass(one, name).is_some();
            };
            may_pass(one, name).is_some()
                || call.hidden.is_some()
                || call.rules.iter().any(|rule| rule.conditions.is_empty())
        };
        Some(one.denial) == eperm && with_fallback().iter().all(|name| has_an_error(name))
    })
}
