//! A policy held against what a host can enforce.

use super::description::{Controller, NetworkPart, Target, User};
use crate::diagnostics::{Diagnostic, Sink};
use crate::ir::Namespace;
use crate::ir::network::Link;
use crate::ir::syscalls::{Action as Verdict, ArchMeaning, Meaning, Rule, Strength};
use crate::ir::{Action, Ir};
use crate::parse::Document;
use crate::resolve::Resolved;
use crate::source::Span;
use crate::syscalls::{Arch, since};
use std::collections::BTreeSet;

/// What does not depend on a line of the policy is said at its name.
const WHOLE: &str = "/name";

/// What the mounts, limits and filters of a policy need and a target does not have. A policy with
/// an error has to be fixed first.
pub fn check(target: &Target, resolved: &Resolved, ir: &Ir, document: &Document, sink: &mut Sink) {
    if sink.has_errors() {
        return;
    }
    let check = Check {
        target,
        resolved,
        ir,
        document,
        whole: document.span(WHOLE),
    };
    check.architectures(sink);
    check.namespaces(sink);
    check.landlock(sink);
    check.controllers(sink);
    check.id_maps(sink);
    check.notification(sink);
    check.network(sink);
    check.calls(sink);
}

struct Check<'a> {
    target: &'a Target,
    resolved: &'a Resolved,
    ir: &'a Ir,
    /// For the places of keys alone.
    document: &'a Document,
    whole: Span,
}

impl Check<'_> {
    /// The filters' meanings that the target's kernel uses.
    fn interfaces(&self) -> impl Iterator<Item = &ArchMeaning> {
        let here = self
            .ir
            .meanings()
            .filter(|one| self.target.runs(one.native.arch));
        here.flat_map(Meaning::interfaces)
    }

    fn architectures(&self, sink: &mut Sink) {
        let runs: Vec<&str> = self
            .target
            .architectures
            .iter()
            .map(String::as_str)
            .collect();
        if self.interfaces().next().is_none() {
            let made: Vec<_> = self
                .ir
                .meanings()
                .map(|one| one.native.arch.name())
                .collect();
            let message = format!(
                "the plan is for {}, and the target runs {}",
                list(&made),
                list(&runs)
            );
            sink.push(
                Diagnostic::error("target-architecture-missing", self.whole, message)
                    .with_help("name the target's architecture with `--arch`"),
            );
        }
        for interface in self.interfaces().filter(|one| !self.target.runs(one.arch)) {
            let (arch, span) = (interface.arch, self.listed(interface.arch));
            let message = format!("the target runs no programs for `{arch}`");
            sink.push(
                Diagnostic::warning("target-interface-missing", span, message)
                    .with_help("leave it out: an interface that the kernel lacks needs no rules"),
            );
        }
    }

    /// The place of an entry of `architectures`.
    fn listed(&self, arch: Arch) -> Span {
        let mut listed = self.resolved.architectures.iter();
        listed
            .find(|one| one.value == arch)
            .map_or(self.whole, |one| one.span)
    }

    fn namespaces(&self, sink: &mut Sink) {
        let has = |kind: &Namespace| self.target.namespaces.contains(kind);
        let missing: Vec<_> = self
            .ir
            .process
            .namespaces
            .iter()
            .filter(|kind| !has(kind))
            .map(|kind| kind.name())
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "every policy needs namespaces of the kind {}, and the target has none",
                list(&missing)
            );
            sink.push(
                Diagnostic::error("target-namespace-missing", self.whole, message)
                    .with_help("run `purple doctor` there; it says why they cannot be created"),
            );
        }
    }

    fn landlock(&self, sink: &mut Sink) {
        let Some(least) = self.ir.landlock.levels.first() else {
            return;
        };
        let has = self.target.landlock;
        if has >= least.abi {
            return;
        }
        let needs = match least.span {
            Some(_) => "a list of TCP ports",
            None => "every policy",
        };
        let has = if has == 0 {
            "none".to_owned()
        } else {
            format!("version {has}")
        };
        let message = format!(
            "{needs} needs version {} of Landlock, and the target has {has}",
            least.abi
        );
        let help = match least.span {
            Some(_) => "leave the ports out, or run it under Linux 6.7 or newer",
            None => "it needs Linux 5.19 or newer, with `landlock` among the kernel's `lsm=`",
        };
        let span = least.span.unwrap_or(self.whole);
        sink.push(Diagnostic::error("target-landlock-too-old", span, message).with_help(help));
    }

    fn controllers(&self, sink: &mut Sink) {
        let has = &self.target.controllers;
        for value in &self.ir.cgroup {
            let name = value.file.split('.').next().unwrap_or_default();
            let needed = Controller::ALL.into_iter().find(|one| one.name() == name);
            if needed.is_none_or(|needed| has.contains(&needed)) {
                continue;
            }
            let given: Vec<_> = has.iter().map(|one| one.name()).collect();
            let given = if given.is_empty() {
                "none".to_owned()
            } else {
                list(&given)
            };
            let message = format!(
                "this limit needs the controller `{name}`, and the target delegates {given}"
            );
            let help = match self.target.user {
                User::Root => "run `purple doctor` there; it says how to turn the controller on",
                User::Ordinary => {
                    "start it with `systemd-run --user --scope -p Delegate=yes`; root sets the controllers of a \
                     user, and `purple doctor` says how"
                }
            };
            sink.push(
                Diagnostic::error("target-controller-missing", value.span, message).with_help(help),
            );
        }
    }

    fn id_maps(&self, sink: &mut Sink) {
        if self.target.user == User::Ordinary || self.target.id_mapped_mounts {
            return;
        }
        for step in &self.ir.steps {
            if matches!(step.action, Action::Bind { owned: true, .. }) {
                let span = step.span.unwrap_or(self.whole);
                let message = "root's output path needs id-mapped mounts, and the target has none";
                sink.push(
                    Diagnostic::error("target-id-mapping-missing", span, message)
                        .with_help("start it as an ordinary user, who needs none"),
                );
            }
        }
    }

    /// Everything for which a filter notifies a supervisor: rules, the denial action, the record.
    fn notification(&self, sink: &mut Sink) {
        if self.target.user_notification {
            return;
        }
        let mut report = |span, what: &str, help: &str| {
            let message =
                format!("{what} notifies a supervisor, which filters on the target cannot");
            sink.push(
                Diagnostic::error("target-notification-missing", span, message).with_help(help),
            );
        };
        let calls = self.interfaces().flat_map(|one| one.calls.values());
        // A `deny` rule has the denial action, which has a place of its own.
        let notifies = |rule: &&Rule| rule.strength == Strength::Notify;
        let rules: BTreeSet<Span> = calls
            .flat_map(|call| &call.rules)
            .filter(notifies)
            .map(|rule| rule.span)
            .collect();
        for span in rules {
            let help =
                "write `action: deny`, or run it where no filter with a supervisor is in force";
            report(span, "this rule", help);
        }
        if self.interfaces().any(|one| one.denial == Verdict::Notify) {
            let help = "write `on_deny: {errno: EPERM}`, or run it where no filter with a supervisor is in force";
            report(
                self.document.span("/syscalls/on_deny"),
                "`on_deny: notify`",
                help,
            );
        }
        if let Some(span) = self.ir.audit.as_ref().and_then(|audit| audit.syscall) {
            let help = "leave `syscall` out: then runs are recorded, and not their denied calls";
            report(span, "the record of denied calls", help);
        }
    }

    /// What a filtered network takes. What was not tried for want of another part is not said to be missing.
    fn network(&self, sink: &mut Sink) {
        if self.ir.network.link != Link::Filtered {
            return;
        }
        let span = self.resolved.network.mode_span.unwrap_or(self.whole);
        let has = |part: &NetworkPart| self.target.filtered_network.contains(part);
        let mut missing: Vec<NetworkPart> = NetworkPart::ALL.into_iter().collect();
        missing.retain(|part| !has(part));
        for first in [NetworkPart::Routes, NetworkPart::NfTables] {
            if missing.contains(&first) {
                missing.retain(|&part| part <= first || part == NetworkPart::PurpleNet);
            }
        }
        for part in missing {
            let message = format!(
                "a filtered network needs {}, which the target does not have",
                part.name()
            );
            sink.push(
                Diagnostic::error("target-network-missing", span, message).with_help(part.fix()),
            );
        }
    }

    fn calls(&self, sink: &mut Sink) {
        let Some(kernel) = self.target.kernel_version() else {
            return;
        };
        for interface in self.interfaces() {
            for call in interface.calls.values() {
                let Some(first) = since(interface.arch, call.name).filter(|it| *it > kernel) else {
                    continue;
                };
                let rules = call
                    .rules
                    .iter()
                    .filter(|rule| rule.strength == Strength::Allow);
                let named = call.allowed.into_iter().chain(rules.map(|rule| rule.span));
                // A group is written to hold what newer kernels have.
                for span in named.filter(|&span| !self.resolved.groups.contains(&span)) {
                    let message = format!(
                        "`{}` was added in Linux {first}, and the target has {kernel}: there it fails with ENOSYS",
                        call.name
                    );
                    sink.push(Diagnostic::note("target-call-newer", span, message));
                }
            }
        }
    }
}

/// Names for a message: `` `a`, `b` and `c` ``.
fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}
