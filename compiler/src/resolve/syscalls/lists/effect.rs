//! Entries of the lists that change nothing: without them each call gets the verdict that it gets with them.
//!
//! An entry of `deny` for calls that are denied anyway is none: it holds against an `allow` of what extends the policy. Nor is
//! one that says again what a parent says. What is found here can go together.

use super::entry::{Entry, EntryKind, List};
use crate::diagnostics::{Applicability, Diagnostic, Edit, Fix, REMOVE_ITEM, Severity, Subjects};
use crate::ir::syscalls::Strength;
use crate::resolve::syscalls::Resolver;
use crate::syscalls::groups::Group;
use crate::syscalls::{baseline, replaced, syscall, variants};
use std::collections::{BTreeMap, BTreeSet};

/// An interface's place, and the number of a call there.
type Place = (usize, u32);

/// Why an entry changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// Exclusions take out all that a group gives, and nothing else.
    Emptied,
    /// Other entries of the list name the same calls.
    Covered,
    /// The calls get the same verdict without it.
    Same,
}

impl Resolver<'_> {
    /// Reports the policy's own entries that change nothing.
    pub(in crate::resolve::syscalls) fn entries_without_effect(&mut self) {
        // Fixing an error changes what has an effect.
        if self.sink.has_errors() {
            return;
        }
        // What is no longer excluded from `deny` is denied, so that `allow` does not decide about it.
        let mut released = BTreeSet::new();
        for list in [List::Deny, List::Allow] {
            let mut entries = Entries::of(self, list, released);
            let found = entries.without_effect();
            let own = entries.own().count();
            released = std::mem::take(&mut entries.released);
            for (why, each) in found {
                let is_all = each.len() == own;
                if let Some(found) = self.without_effect(list, why, &each, is_all) {
                    self.report(found);
                }
            }
        }
    }

    fn without_effect(
        &self,
        list: List,
        why: Why,
        each: &[Entry<'_>],
        is_all: bool,
    ) -> Option<Diagnostic> {
        let key = list.key();
        let why = match (why, list) {
            (Why::Emptied, _) => "exclusions exclude every call of the groups",
            (Why::Covered, _) => "other entries name the same calls",
            (Why::Same, List::Allow) if !self.policy.default_deny => {
                "`default_deny: false` allows calls that no list names"
            }
            (Why::Same, _) => "the calls get the same verdict without it",
        };
        let name = |entry: &Entry<'_>| match entry.kind {
            EntryKind::Exclusion(_) => format!("!{}", entry.text),
            _ => entry.text.to_owned(),
        };
        let mut places: Vec<_> = each.iter().map(|one| (name(one), one.name_span)).collect();
        places.sort_by_key(|(_, span)| *span);
        let edits = each.iter().map(|one| Edit {
            span: one.span,
            replacement: String::new(),
        });
        // A list without entries is none, and what an entry says besides its name stands on more lines.
        let fix = (!is_all && each.iter().all(|one| one.span == one.name_span)).then(|| Fix {
            message: REMOVE_ITEM.to_owned(),
            applicability: Applicability::Safe,
            edits: edits.collect(),
        });
        let subjects = Subjects {
            each: places,
            said: ["has", "have"].map(|have| format!("{have} no effect in `{key}`: {why}")),
            here: "has no effect either",
        };
        let found = Diagnostic::about(Severity::Note, "entry-without-effect", subjects)?;
        let help = if self.policy.default_deny || list == List::Deny {
            "remove the entries without effect: a reader may think that they matter"
        } else {
            "remove it; to allow only what the list names, write `default_deny: true`"
        };
        let found = found.with_help(help);
        Some(Diagnostic { fix, ..found })
    }
}

/// The entries of a list, what each gives, and what of that counts.
struct Entries<'r, 'p> {
    resolver: &'r Resolver<'p>,
    list: List,
    /// Without conditions and repetitions.
    all: Vec<Entry<'p>>,
    /// How many of the policy's own entries name a call.
    sources: BTreeMap<Place, usize>,
    /// How many exclusions take a name out, on each interface.
    excluded: Vec<BTreeMap<&'p str, usize>>,
    /// The groups that are left, by name.
    groups: BTreeMap<&'p str, &'static Group>,
    /// The calls that the list names.
    calls: BTreeSet<&'p str>,
    /// The calls that `deny` names without an exclusion that changes nothing.
    released: BTreeSet<Place>,
}

impl<'r, 'p> Entries<'r, 'p> {
    fn of(resolver: &'r Resolver<'p>, list: List, released: BTreeSet<Place>) -> Self {
        let mut seen = BTreeSet::new();
        let mut all = resolver.entries(list);
        all.retain(|entry| {
            let exclusion = matches!(entry.kind, EntryKind::Exclusion(_));
            !entry.when.is_conditional() && seen.insert((exclusion, entry.text))
        });
        let groups = all.iter().filter_map(|entry| match entry.kind {
            EntryKind::Group(Some(group)) => Some((entry.text, group)),
            _ => None,
        });
        let calls = all.iter().filter(|one| matches!(one.kind, EntryKind::Call));
        let calls = calls.map(|one| one.text).collect();
        let mut entries = Self {
            resolver,
            calls,
            released,
            list,
            sources: BTreeMap::new(),
            excluded: vec![BTreeMap::new(); resolver.interfaces.len()],
            groups: groups.collect(),
            all: Vec::new(),
        };
        for entry in &all {
            for (at, name) in entries.taken_out(entry) {
                if let Some(names) = entries.excluded.get_mut(at) {
                    *names.entry(name).or_default() += 1;
                }
            }
        }
        entries.all = all;
        let given: Vec<Place> = entries
            .own()
            .flat_map(|entry| entries.gives(entry))
            .collect();
        for place in given {
            *entries.sources.entry(place).or_default() += 1;
        }
        entries
    }

    /// Those that stand in the policy itself.
    fn own(&self) -> impl Iterator<Item = &Entry<'p>> {
        self.all.iter().filter(|entry| entry.span.file == 0)
    }

    /// The names that an exclusion takes out, by interface.
    fn taken_out(&self, entry: &Entry<'p>) -> BTreeSet<(usize, &'p str)> {
        let names: Vec<&'p str> = match entry.kind {
            EntryKind::Exclusion(Some(group)) => group.calls().collect(),
            EntryKind::Exclusion(None) => vec![entry.text],
            _ => Vec::new(),
        };
        let interfaces = self.resolver.interfaces.iter().enumerate();
        let each = interfaces.flat_map(|(at, one)| names.iter().map(move |name| (at, one, *name)));
        each.flat_map(|(at, one, name)| {
            let wider = variants(one.arch, name);
            std::iter::once(name)
                .chain(wider)
                .map(move |name| (at, name))
        })
        .collect()
    }

    /// The calls that an entry names, but for those that are taken out.
    fn gives(&self, entry: &Entry<'p>) -> BTreeSet<Place> {
        let mut given = BTreeSet::new();
        for (at, one) in self.resolver.interfaces.iter().enumerate() {
            let mut add =
                |name| given.extend(syscall(one.arch, name).map(|(_, number)| (at, number)));
            match (entry.kind, self.list) {
                (EntryKind::Call, List::Allow) => add(entry.text),
                (EntryKind::Call, List::Deny) => {
                    let wider = match syscall(one.arch, entry.text) {
                        Some((name, _)) => variants(one.arch, name),
                        None => replaced(entry.text)
                            .map(|known| known.by(one.arch))
                            .unwrap_or_default(),
                    };
                    add(entry.text);
                    wider.into_iter().for_each(add);
                }
                (EntryKind::Group(Some(group)), _) => {
                    let members = group.members(one.arch);
                    for name in members.filter(|name| self.is_given(group, at, name)) {
                        add(name);
                        if self.list == List::Deny {
                            let wider = variants(one.arch, name).into_iter();
                            wider
                                .filter(|name| !self.is_excluded(at, name))
                                .for_each(&mut add);
                        }
                    }
                }
                _ => {}
            }
        }
        given
    }

    fn is_excluded(&self, at: usize, name: &str) -> bool {
        let names = self.excluded.get(at);
        names.is_some_and(|names| names.get(name).is_some_and(|count| *count > 0))
    }

    /// Whether a group gives a member that it has.
    fn is_given(&self, group: &Group, at: usize, name: &str) -> bool {
        !self.is_excluded(at, name) && !self.is_left_out(group, name)
    }

    /// Whether a group leaves a member denied, unless it is named.
    fn is_left_out(&self, group: &Group, name: &str) -> bool {
        self.list == List::Allow
            && baseline(name).is_some()
            && group.opened().all(|one| one != name)
    }

    /// Whether it makes a difference that the list names a call.
    fn decides(&self, (at, number): Place) -> bool {
        if self.list == List::Allow && self.released.contains(&(at, number)) {
            return false;
        }
        let Some(one) = self.resolver.interfaces.get(at) else {
            return true;
        };
        let Some(call) = one.calls.get(&number) else {
            return one.default.deny == (self.list == List::Allow);
        };
        // These rules decide before the lists do, for any arguments.
        let mut rules = call.rules.iter();
        let before = call.hidden.is_some()
            || rules.any(|rule| rule.conditions.is_empty() || rule.strength == Strength::Allow);
        let denied = call.baseline || one.default.deny;
        !before
            && match self.list {
                List::Allow => call.denied.is_none() && denied,
                List::Deny => call.allowed.is_some() || !denied,
            }
    }

    /// Whether a finding says of an entry already that it changes nothing, or what comes before it.
    fn is_reported(&self, entry: &Entry<'p>, given: &BTreeSet<Place>) -> bool {
        let calls = given
            .iter()
            .filter_map(|(at, number)| self.resolver.interfaces.get(*at)?.calls.get(number));
        match (entry.kind, self.list) {
            // Of an interface that lacks it, or of both lists, or of a rule that narrows it.
            (EntryKind::Call, List::Allow) => {
                given.is_empty()
                    || calls.into_iter().any(|call| {
                        let rules = call.rules.iter();
                        let mut allows = rules.filter(|rule| rule.strength == Strength::Allow);
                        let is_open = allows.clone().any(|rule| rule.conditions.is_empty());
                        call.denied.is_some() || allows.next().is_some() && !is_open
                    })
            }
            (EntryKind::Call, List::Deny) => given.is_empty(),
            (EntryKind::Group(group), _) => {
                let interfaces = self.resolver.interfaces.iter();
                let mut members = group.into_iter().flat_map(|group| {
                    let each = interfaces.clone().flat_map(|one| group.members(one.arch));
                    each.map(move |name| (group, name))
                });
                // One without members here, and one whose members stay denied.
                given.is_empty() && members.all(|(group, name)| self.is_left_out(group, name))
            }
            (EntryKind::Exclusion(_), _) => false,
        }
    }

    /// The entries that change nothing, by the reason.
    fn without_effect(&mut self) -> BTreeMap<Why, Vec<Entry<'p>>> {
        let mut found: BTreeMap<Why, Vec<Entry<'p>>> = BTreeMap::new();
        // What names less comes first, so that `read` goes and `@file-read` stays.
        let size = |entry: &Entry<'p>| match entry.kind {
            EntryKind::Call => (0, 1),
            EntryKind::Group(group) => (1, group.map_or(0, |group| group.calls().count())),
            EntryKind::Exclusion(group) => (2, group.map_or(1, |group| group.calls().count())),
        };
        let mut own: Vec<Entry<'p>> = self.own().cloned().collect();
        own.sort_by_key(size);
        // What a policy says in a list that it inherits also changes what is inherited.
        let inherits = own.len() < self.all.len();
        for entry in own {
            let why = if matches!(entry.kind, EntryKind::Exclusion(_)) {
                (!inherits).then(|| self.exclusion(&entry)).flatten()
            } else {
                self.naming(&entry)
            };
            let is_safe = |why: &Why| !inherits || *why == Why::Same && self.list == List::Allow;
            if let Some(why) = why.filter(is_safe) {
                found.entry(why).or_default().push(entry);
            }
        }
        found
    }

    /// Why a call or a group changes nothing; it is taken out of the list then.
    fn naming(&mut self, entry: &Entry<'p>) -> Option<Why> {
        let given = self.gives(entry);
        if self.is_reported(entry, &given) {
            return None;
        }
        let again = |place: &Place| self.sources.get(place).is_some_and(|count| *count > 1);
        let why = if given.is_empty() {
            Why::Emptied
        } else if given.iter().all(again) {
            Why::Covered
        } else if self.list == List::Allow
            && given
                .iter()
                .all(|place| again(place) || !self.decides(*place))
        {
            Why::Same
        } else {
            return None;
        };
        for place in given {
            if let Some(count) = self.sources.get_mut(&place) {
                *count = count.saturating_sub(1);
            }
        }
        self.groups.remove(entry.text);
        Some(why)
    }

    /// The same of an exclusion.
    fn exclusion(&mut self, entry: &Entry<'p>) -> Option<Why> {
        let names = self.taken_out(entry);
        let is_in = |groups: &mut dyn Iterator<Item = &'static Group>| {
            let mut groups: Vec<&Group> = groups.collect();
            groups.retain(|group| names.iter().any(|(_, name)| group.contains(name)));
            !groups.is_empty()
        };
        let mut written = self.all.iter().filter_map(|one| match one.kind {
            EntryKind::Group(group) => group,
            _ => None,
        });
        if !is_in(&mut written) || names.iter().any(|(_, name)| self.calls.contains(name)) {
            return None;
        }
        let why = if is_in(&mut self.groups.values().copied()) {
            Why::Same
        } else {
            Why::Emptied
        };
        let mut released = BTreeSet::new();
        for &(at, name) in &names {
            let only = self.excluded.get(at)?.get(name) == Some(&1);
            for group in self.groups.values().filter(|group| group.contains(name)) {
                // To exclude what a group leaves denied says that it is meant.
                if self.is_left_out(group, name) {
                    return None;
                }
                let one = self.resolver.interfaces.get(at)?;
                released.extend(
                    syscall(one.arch, name)
                        .filter(|_| only)
                        .map(|(_, number)| (at, number)),
                );
            }
        }
        // Without it, a note would say that a rule narrows what the list allows, or opens what it denies.
        let is_ruled = |(at, number): &Place| {
            let one = self.resolver.interfaces.get(*at);
            let call = one.and_then(|one| one.calls.get(number));
            call.is_some_and(|call| !call.rules.is_empty())
        };
        if released.iter().any(is_ruled) {
            return None;
        }
        let is_named = |place: &Place| self.sources.get(place).is_some_and(|count| *count > 0);
        if !released
            .iter()
            .all(|place| is_named(place) || !self.decides(*place))
        {
            return None;
        }
        for (at, name) in names {
            if let Some(count) = self
                .excluded
                .get_mut(at)
                .and_then(|names| names.get_mut(name))
            {
                *count = count.saturating_sub(1);
            }
        }
        for &place in &released {
            *self.sources.entry(place).or_default() += 1;
        }
        if self.list == List::Deny {
            self.released.extend(released);
        }
        Some(why)
    }
}
