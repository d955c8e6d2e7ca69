//! The lists `allow` and `deny`: names, groups, exclusions, and calls with a condition.

mod effect;
mod entry;

use std::collections::{BTreeMap, BTreeSet};

use purple_policy as policy;

use super::absent::Place;
use super::names::{is_known, offered};
use super::resolver::{Resolver, call_mut};
use super::written::WrittenRule;
use crate::diagnostics::{Applicability, Diagnostic, quote, respelt};
use crate::ir::syscalls::ArchMeaning;
use crate::source::Span;
use crate::syscalls::groups::{Group, closest_group};
use crate::syscalls::{baseline, replaced, syscall, variants};
use entry::{Entry, EntryKind, List};

impl<'a> Resolver<'a> {
    /// `allow`, on each interface.
    pub(super) fn allow_list(&mut self) {
        let entries = self.entries(List::Allow);
        let excluded = self.excluded(&entries, List::Allow);
        let rules = self
            .policy
            .advanced_rules
            .iter()
            .map(|rule| rule.syscall.as_str());
        let named = entries
            .iter()
            .filter(|entry| matches!(entry.kind, EntryKind::Call));
        let named: BTreeSet<&str> = named.map(|entry| entry.text).chain(rules).collect();
        let mut seen = BTreeMap::new();
        for entry in &entries {
            if entry.when.is_conditional() {
                self.conditional(entry, List::Allow);
                continue;
            }
            if self.duplicate(&mut seen, entry, List::Allow) {
                continue;
            }
            match entry.kind {
                EntryKind::Call => self.allow_call(entry),
                EntryKind::Group(Some(group)) => {
                    self.allow_group(group, entry.span, &excluded, &named);
                }
                EntryKind::Group(None) => self.unknown_group(entry, List::Allow),
                EntryKind::Exclusion(_) => {}
            }
        }
    }

    fn allow_call(&mut self, entry: &Entry<'a>) {
        let (name, span) = (entry.text, entry.name_span);
        let mut known = false;
        for (at, one) in self.interfaces.iter_mut().enumerate() {
            if let Some((name, number)) = syscall(one.arch, name) {
                call_mut(one, name, number).allowed = Some(span);
                self.allowed_by_group.remove(&(at, number));
                known = true;
            }
        }
        if known {
        } else if is_known(name) {
            self.elsewhere(name, span, Place::Allow);
        } else {
            self.unknown(name, span);
        }
    }

    /// The calls of a group. Those of the hardened baseline stay denied, unless the group has no
    /// others: naming `@mount` is naming its calls, and naming `@debug` is not naming `ptrace`.
    ///
    /// `named` is what the policy names itself.
    fn allow_group(
        &mut self,
        group: &'static Group,
        span: Span,
        excluded: &Excluded<'_>,
        named: &BTreeSet<&str>,
    ) {
        let opens = group.calls().all(|name| baseline(name).is_some());
        let mut left_out = BTreeSet::new();
        for (at, one) in self.interfaces.iter_mut().enumerate() {
            for name in group.members(one.arch) {
                if excluded.contains(at, name) {
                    continue;
                }
                if !opens && baseline(name).is_some() {
                    left_out.insert(name);
                    continue;
                }
                let Some((name, number)) = syscall(one.arch, name) else {
                    continue;
                };
                let call = call_mut(one, name, number);
                if call.allowed.is_none() {
                    call.allowed = Some(span);
                    self.allowed_by_group.insert((at, number));
                }
            }
        }
        left_out.retain(|name| !named.contains(name));
        self.check_group(group, span);
        if !left_out.is_empty() {
            let shown = some_of(&left_out);
            let message = format!(
                "`{}` leaves calls denied that are denied unless named: {shown}",
                group.name
            );
            self.report(Diagnostic::note("group-leaves-baseline", span, message).with_help(
                "name those that the program needs; exclude the others with `!` to say that you mean it",
            ));
        }
    }

    /// `deny`, on each interface. A name that an interface lacks stands for the calls that do its
    /// job there: a deny list must not leak.
    pub(super) fn deny_list(&mut self) {
        let entries = self.entries(List::Deny);
        let excluded = self.excluded(&entries, List::Deny);
        let mut seen = BTreeMap::new();
        for entry in &entries {
            if entry.when.is_conditional() {
                self.conditional(entry, List::Deny);
                continue;
            }
            if self.duplicate(&mut seen, entry, List::Deny) {
                continue;
            }
            match entry.kind {
                EntryKind::Call => self.deny_call(entry, &entries),
                EntryKind::Group(Some(group)) => self.deny_group(group, entry.span, &excluded),
                EntryKind::Group(None) => self.unknown_group(entry, List::Deny),
                EntryKind::Exclusion(_) => {}
            }
        }
    }

    fn deny_call(&mut self, entry: &Entry<'a>, entries: &[Entry<'a>]) {
        let (name, span) = (entry.text, entry.name_span);
        self.denied_names.entry(name).or_insert(span);
        if is_known(name) {
            self.deny_known(name, span, entries);
        } else if self.policy.default_deny {
            let message = format!(
                "no system call is called {}: there is nothing to deny",
                quote(name)
            );
            let found = Diagnostic::warning("syscall-unknown-denied", span, message);
            self.report(self.with_guess(found, "", name));
        } else {
            self.unknown(name, span);
        }
    }

    fn deny_known(&mut self, name: &'a str, span: Span, entries: &[Entry<'a>]) {
        let (mut exists, mut replacements) = (false, Vec::new());
        for one in &mut self.interfaces {
            let others = if let Some((name, number)) = syscall(one.arch, name) {
                call_mut(one, name, number).denied = Some(span);
                exists = true;
                variants(one.arch, name)
            } else {
                replaced(name)
                    .map(|known| known.by(one.arch))
                    .unwrap_or_default()
            };
            for instead in others {
                if let Some((instead, number)) = syscall(one.arch, instead) {
                    call_mut(one, instead, number).denied.get_or_insert(span);
                    replacements.push((one.arch, instead));
                }
            }
        }
        let listed = |other: &str| {
            entries.iter().any(|entry| match entry.kind {
                EntryKind::Call => entry.text == other,
                EntryKind::Group(group) => group.is_some_and(|group| group.contains(other)),
                EntryKind::Exclusion(_) => false,
            })
        };
        replacements.retain(|(_, instead)| !listed(instead));
        if !replacements.is_empty() {
            self.report_replaced(name, span, &replacements);
        } else if !exists && replaced(name).is_none_or(|known| known.by(self.native).is_empty()) {
            self.elsewhere(name, span, Place::Deny);
        }
    }

    /// The calls of a group, with those that do the same job with wider values.
    fn deny_group(&mut self, group: &'static Group, span: Span, excluded: &Excluded<'_>) {
        for (at, one) in self.interfaces.iter_mut().enumerate() {
            let arch = one.arch;
            for name in group
                .members(arch)
                .filter(|name| !excluded.contains(at, name))
            {
                let wider = variants(arch, name).into_iter();
                let wider = wider.filter(|name| !excluded.contains(at, name));
                for name in std::iter::once(name).chain(wider) {
                    if let Some((name, number)) = syscall(arch, name) {
                        call_mut(one, name, number).denied.get_or_insert(span);
                    }
                }
            }
        }
        // Without regard to the interfaces: a part of `socketcall` may have no number here.
        for name in group.calls().filter(|name| !excluded.contains(0, name)) {
            self.denied_names.entry(name).or_insert(span);
        }
        self.check_group(group, span);
    }

    /// Reports a group that no interface has a call of.
    fn check_group(&mut self, group: &'static Group, span: Span) {
        if !self
            .interfaces
            .iter()
            .any(|one| group.members(one.arch).next().is_some())
        {
            let native = self.native;
            let message = format!("{native} has no call of `{}`; it has no effect", group.name);
            self.report(Diagnostic::warning("group-empty", span, message));
        }
    }

    fn unknown_group(&mut self, entry: &Entry<'a>, list: List) {
        let name = entry.text;
        let message = format!("there is no group {}", quote(name));
        if matches!(name, "@all" | "@any" | "@everything" | "@*") {
            let help = match list {
                List::Allow => "to allow all that no list names, write `default_deny: false`",
                List::Deny => "to deny all that no list names, write `default_deny: true`",
            };
            let found = Diagnostic::error("group-unknown", entry.name_span, message);
            self.report(found.with_help(help));
            return;
        }
        let found = Diagnostic::error("group-unknown", entry.name_span, message);
        let guess = || {
            self.sink
                .has_room("group-unknown")
                .then(|| closest_group(name))
                .flatten()
        };
        let sign = if matches!(entry.kind, EntryKind::Exclusion(_)) {
            "!"
        } else {
            ""
        };
        self.report(match guess() {
            Some(near) => offered(found, sign, name, near, respelt(name, near)),
            None => found.with_help("groups are such as `@file-read`, `@network` and `@default`"),
        });
    }

    /// A call with a condition: a rule that allows, or one that denies.
    fn conditional(&mut self, entry: &Entry<'a>, list: List) {
        if !matches!(entry.kind, EntryKind::Call) {
            self.group_not_here(entry.name_span);
            return;
        }
        self.written.push(WrittenRule {
            syscall: entry.text,
            name_span: entry.name_span,
            action: match list {
                List::Allow => policy::Action::Allow,
                List::Deny => policy::Action::Deny,
            },
            errno: None,
            when: entry.when.clone(),
            span: entry.span,
        });
    }

    pub(super) fn group_not_here(&mut self, span: Span) {
        let message = "a condition is about one call, not about a group or an exclusion";
        self.report(
            Diagnostic::error("group-not-here", span, message)
                .with_help("write an entry for each call: their arguments differ"),
        );
    }

    /// The names that a list takes out of what its groups give; reports what has no effect.
    fn excluded(&mut self, entries: &[Entry<'a>], list: List) -> Excluded<'a> {
        let given: BTreeSet<&str> = entries
            .iter()
            .filter_map(|entry| match entry.kind {
                EntryKind::Group(group) => group,
                _ => None,
            })
            .flat_map(Group::calls)
            .collect();
        let named: BTreeMap<&str, Span> = entries
            .iter()
            .filter(|entry| matches!(entry.kind, EntryKind::Call) && !entry.when.is_conditional())
            .map(|entry| (entry.text, entry.name_span))
            .collect();
        let (mut names, mut seen) = (BTreeSet::<&'a str>::new(), BTreeSet::new());
        for entry in entries {
            let EntryKind::Exclusion(group) = entry.kind else {
                continue;
            };
            if !seen.insert(entry.text) {
                continue;
            }
            let (name, span) = (entry.text, entry.name_span);
            let calls: Vec<&'a str> = match group {
                Some(group) => group.calls().collect(),
                None if name.starts_with('@') => {
                    self.unknown_group(entry, list);
                    continue;
                }
                None if !is_known(name) => {
                    let message = format!("no system call is called {}", quote(name));
                    let found = Diagnostic::error("syscall-unknown", span, message);
                    self.report(self.with_guess(found, "!", name));
                    continue;
                }
                None => vec![name],
            };
            let taken = calls.iter().filter(|name| given.contains(*name)).count();
            let again = calls.iter().find_map(|name| named.get_key_value(name));
            let key = list.key();
            let unused = Diagnostic::warning(
                "exclusion-unused",
                span,
                match (taken, again) {
                    (0, _) => {
                        format!(
                            "no group of `{key}` has {}: this takes nothing out",
                            quote(name)
                        )
                    }
                    (_, Some((again, _))) => {
                        format!("`{again}` stays in `{key}`, which names it too")
                    }
                    _ => String::new(),
                },
            );
            match (taken, again) {
                (0, _) => self.report(unused.with_help(format!(
                    "an exclusion takes calls out of the groups in the same list; without it `{key}` is the same"
                ))),
                (_, Some((_, place))) => self.report(
                    unused.with_related(*place, "named here").with_help("keep one of the two"),
                ),
                _ => {}
            }
            names.extend(calls);
        }
        let of = |one: &ArchMeaning| {
            let wider = names.iter().flat_map(|name| variants(one.arch, name));
            names.iter().copied().chain(wider).collect()
        };
        Excluded(self.interfaces.iter().map(of).collect())
    }

    /// The same entry twice in a list.
    fn duplicate(
        &mut self,
        seen: &mut BTreeMap<(bool, &'a str), Span>,
        entry: &Entry<'a>,
        list: List,
    ) -> bool {
        let exclusion = matches!(entry.kind, EntryKind::Exclusion(_));
        let Some(first) = seen.get(&(exclusion, entry.text)).copied() else {
            seen.insert((exclusion, entry.text), entry.name_span);
            return false;
        };
        let sign = if exclusion { "!" } else { "" };
        let message = format!("`{sign}{}` is in `{}` already", entry.text, list.key());
        self.report(
            Diagnostic::note("syscall-duplicate", entry.name_span, message)
                .with_related(first, "first here")
                .with_item_removed(Applicability::Safe, entry.name_span),
        );
        true
    }
}

/// What a list takes out of its groups, on each interface: the calls that it names, and those that
/// do the same job beside them, as `setuid32` goes with `setuid`.
struct Excluded<'p>(Vec<BTreeSet<&'p str>>);

impl Excluded<'_> {
    /// Whether a call is taken out on the interface at a place.
    fn contains(&self, interface: usize, name: &str) -> bool {
        self.0
            .get(interface)
            .is_some_and(|names| names.contains(name))
    }
}

/// A few of many names.
fn some_of(names: &BTreeSet<&'static str>) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
