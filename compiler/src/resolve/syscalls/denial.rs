//! The denial action and error names.

use purple_policy::OnDeny;

use super::resolver::Resolver;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::syscalls::Action;
use crate::source::Span;
use crate::syscalls::{Arch, closest_errno, errno_name, errno_number};

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
                    "use it to learn what a program calls, and `errno: EPERM` or `kill` to confine it",
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
            let message = "the error 0 would tell the program that the call succeeded";
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
