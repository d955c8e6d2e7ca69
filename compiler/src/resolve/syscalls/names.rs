//! The lists `allow` and `deny`.

use std::collections::BTreeMap;

use super::{Resolver, call_mut};
use crate::diagnostics::{Diagnostic, quote};
use crate::source::Span;
use crate::syscalls::{
    Arch, closest_name, exists_elsewhere, replaced, syscall, syscall_number_anywhere, variants,
};

impl Resolver<'_> {
    /// Every name of `allow`, on each interface that has it.
    pub(super) fn allow_list(&mut self) {
        let policy = self.policy;
        let mut seen = BTreeMap::new();
        for (at, name) in policy.allow.iter().enumerate() {
            let span = self.span(&format!("/syscalls/allow/{at}"));
            if self.duplicate(&mut seen, name, span, "allow") {
                continue;
            }
            let mut known = false;
            for one in &mut self.interfaces {
                if let Some((name, number)) = syscall(one.arch, name) {
                    call_mut(one, name, number).allowed = Some(span);
                    known = true;
                }
            }
            if known {
                continue;
            }
            if is_known(name) {
                self.elsewhere(name, span, "allowing it has no effect");
            } else {
                self.unknown(name, span);
            }
        }
    }

    /// Every name of `deny`, on each interface that has it, and on the others the calls that do
    /// its job: a deny list must not leak.
    pub(super) fn deny_list(&mut self) {
        let policy = self.policy;
        let mut seen = BTreeMap::new();
        for (at, name) in policy.deny.iter().enumerate() {
            let span = self.span(&format!("/syscalls/deny/{at}"));
            if self.duplicate(&mut seen, name, span, "deny") {
                continue;
            }
            if !is_known(name) {
                if policy.default_deny {
                    let message = format!(
                        "no system call is called {}: there is nothing to deny",
                        quote(name)
                    );
                    self.report(self.with_guess(
                        Diagnostic::warning("syscall-unknown-denied", span, message),
                        name,
                    ));
                } else {
                    self.unknown(name, span);
                }
                continue;
            }
            self.deny_known(name, span);
        }
    }

    fn deny_known(&mut self, name: &str, span: Span) {
        let (mut exists, mut replacements) = (false, Vec::new());
        for one in &mut self.interfaces {
            let others = if let Some((name, number)) = syscall(one.arch, name) {
                call_mut(one, name, number).denied = Some(span);
                exists = true;
                variants(one.arch, name)
            } else {
                replaced(name).map(|known| known.by(one.arch)).unwrap_or_default()
            };
            for instead in others {
                if let Some((instead, number)) = syscall(one.arch, instead) {
                    call_mut(one, instead, number).denied.get_or_insert(span);
                    replacements.push((one.arch, instead));
                }
            }
        }
        let listed = |other: &str| self.policy.deny.iter().any(|denied| denied == other);
        replacements.retain(|(_, instead)| !listed(instead));
        if !replacements.is_empty() {
            self.report_replaced(name, span, &replacements);
        } else if !exists && replaced(name).is_none_or(|known| known.by(self.native).is_empty()) {
            self.elsewhere(name, span, "there is nothing to deny");
        }
    }

    /// The warning that other calls were taken for a name.
    pub(super) fn report_replaced(
        &mut self,
        name: &str,
        span: Span,
        replacements: &[(Arch, &'static str)],
    ) {
        let Some(&(arch, _)) = replacements.first() else { return };
        let mut instead: Vec<_> =
            replacements.iter().map(|(_, name)| format!("`{name}`")).collect();
        let mut seen = std::collections::BTreeSet::new();
        instead.retain(|name| seen.insert(name.clone()));
        let instead = instead.join(", ");
        let message = match syscall(arch, name) {
            Some(_) => {
                format!("{arch} has more calls for the job of `{name}`; denied too: {instead}")
            }
            None => format!("{arch} has no `{name}`; denied instead, for its job: {instead}"),
        };
        self.report(
            Diagnostic::warning("syscall-replaced", span, message)
                .with_help(format!("name {instead} beside it to say that you mean it")),
        );
    }

    /// The same name twice in a list.
    fn duplicate<'n>(
        &mut self,
        seen: &mut BTreeMap<&'n str, Span>,
        name: &'n str,
        span: Span,
        list: &str,
    ) -> bool {
        let Some(first) = seen.get(name).copied() else {
            seen.insert(name, span);
            return false;
        };
        self.report(
            Diagnostic::note("syscall-duplicate", span, format!("`{name}` is in `{list}` already"))
                .with_related(first, "first here")
                .with_item_removed(),
        );
        true
    }

    /// A name that no kernel and no library has.
    pub(super) fn unknown(&mut self, name: &str, span: Span) {
        let message = format!("no system call is called {}", quote(name));
        self.report(self.with_guess(Diagnostic::error("syscall-unknown", span, message), name));
    }

    fn with_guess(&self, diagnostic: Diagnostic, name: &str) -> Diagnostic {
        if !self.sink.has_room(diagnostic.code) {
            return diagnostic;
        }
        match closest_name(self.native, name) {
            Some(guess) => diagnostic.with_guess(name, guess),
            None => diagnostic,
        }
    }

    /// A name that exists, but on none of the interfaces in question.
    pub(super) fn elsewhere(&mut self, name: &str, span: Span, effect: &str) {
        let instead: Vec<_> = replaced(name).map(|known| known.by(self.native)).unwrap_or_default();
        let native = self.native;
        let message = match replaced(name).map(|known| known.what) {
            Some("never merged") => {
                format!("`{name}` was proposed for Linux and never merged; {effect}")
            }
            Some("library" | "other system") => {
                format!("`{name}` is no system call of Linux; {effect}")
            }
            _ => format!("{native} has no `{name}`; {effect}"),
        };
        let mut diagnostic = Diagnostic::warning("syscall-elsewhere", span, message);
        if !instead.is_empty() {
            let instead = instead.join("`, `");
            diagnostic = diagnostic.with_help(format!("its job on {native}: `{instead}`"));
        }
        self.report(diagnostic);
    }
}

/// Whether the name means anything on Linux, on whatever architecture.
pub(super) fn is_known(name: &str) -> bool {
    syscall_number_anywhere(name) || exists_elsewhere(name).is_some() || replaced(name).is_some()
}
