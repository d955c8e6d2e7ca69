//! Merging documents: what a later text says, over what earlier ones say.

use super::change::{Change, ChangeKind};
use super::gather::Text;
use super::loosens;
use crate::diagnostics::{Diagnostic, Sink, quote};
use crate::parse::{Document, NodeId};
use crate::source::Span;
use crate::syscalls::groups::group;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// The lists of paths inside, of which each is in one at most.
const PATHS: [&str; 4] = ["files", "immutable_paths", "scratch_paths", "output_paths"];

/// The keys that name what an entry of a list is about, where it is a mapping.
const NAMES: [&str; 6] = [
    "sandbox_path",
    "syscall",
    "capability",
    "to",
    "port",
    "device",
];

/// What came of texts.
pub(super) struct Merged {
    pub(super) document: Document,
    /// The same without the policy, where it extends something.
    pub(super) parents: Option<Document>,
    pub(super) changes: Vec<Change>,
}

/// Merges texts in their order, the policy last.
pub(super) fn merge(texts: Vec<Text>, sink: &mut Sink) -> Merged {
    let opens = |text: &Text| {
        let section = text.document.entry(text.document.root(), "syscalls")?.1;
        let (_, value) = text.document.entry(section, "default_deny")?;
        Some(text.document.scalar(value)?.eq_ignore_ascii_case("false"))
    };
    let mut merge = Merge {
        document: Document::default(),
        changes: Vec::new(),
        file: 0,
        ancestors: BTreeSet::new(),
        open: texts.iter().rev().find_map(opens).unwrap_or(false),
        sink,
    };
    let (mut all, mut parents) = (None, None);
    for text in texts {
        if let (Some(root), 0) = (all, text.file) {
            let mut document = merge.document.clone();
            document.set_root(root);
            parents = Some(document);
        }
        let own = merge.document.adopt(text.document);
        (merge.file, merge.ancestors) = (text.file, text.ancestors);
        merge.document.remove_key(own, "extends");
        if text.file != 0 {
            merge.document.remove_key(own, "name");
            merge.document.remove_key(own, "description");
        }
        all = Some(match all {
            // Nothing is inherited, so that nothing can be taken out and nothing is changed.
            None if text.file == 0 => {
                let empty = merge
                    .document
                    .add_mapping(merge.document.node_span(own), Vec::new());
                let alone = merge.mapping("", empty, own, None);
                merge.changes.clear();
                alone
            }
            None => own,
            Some(before) => merge.mapping("", before, own, None),
        });
    }
    if let Some(root) = all {
        merge.document.set_root(root);
    }
    Merged {
        document: merge.document,
        parents,
        changes: merge.changes,
    }
}

struct Merge<'s> {
    document: Document,
    changes: Vec<Change>,
    /// The later text.
    file: u8,
    /// The texts that it inherits from: what it changes in them was shown with that text.
    ancestors: BTreeSet<u8>,
    /// Whether calls go through that no list names, in the end.
    open: bool,
    sink: &'s mut Sink,
}

type Entry = (String, Span, NodeId);

impl Merge<'_> {
    /// Two mappings, key by key. Recursive, as deep as a document may be.
    fn mapping(
        &mut self,
        pointer: &str,
        before: NodeId,
        own: NodeId,
        beside: Option<Span>,
    ) -> NodeId {
        let before = match pointer {
            "/filesystem" => {
                self.host_paths(before, own);
                self.without_paths(before, own)
            }
            "/environment" => self.without_variables(before, own),
            "/network" => self.without_extent(before, own),
            _ => before,
        };
        let mut entries = self.entries(before);
        let places: BTreeMap<String, usize> = entries
            .iter()
            .enumerate()
            .map(|(at, (key, ..))| (key.clone(), at))
            .collect();
        for (key, key_span, value) in self.entries(own) {
            let below = format!("{pointer}/{key}");
            if let Some(entry) = places.get(&key).and_then(|&at| entries.get_mut(at)) {
                let old = (entry.1, entry.2);
                *entry = (key, key_span, self.value(&below, old, value));
            } else {
                let value = self.new_value(&below, beside, value);
                entries.push((key, key_span, value));
            }
        }
        let span = self.document.node_span(own);
        self.document.add_mapping(span, entries)
    }

    /// A later value for a key that has one.
    fn value(&mut self, pointer: &str, (key, old): (Span, NodeId), new: NodeId) -> NodeId {
        let both =
            |is: fn(&Document, NodeId) -> bool| is(&self.document, old) && is(&self.document, new);
        if both(Document::is_mapping) {
            return self.mapping(pointer, old, new, Some(key));
        }
        if both(Document::is_list) {
            return self.list(pointer, Some(old), new, Some(key));
        }
        self.change(ChangeKind::Value, pointer, Some(old), Some(key), new);
        new
    }

    /// A value for a key that no earlier text has.
    fn new_value(&mut self, pointer: &str, beside: Option<Span>, new: NodeId) -> NodeId {
        if self.document.is_mapping(new) {
            let empty = self
                .document
                .add_mapping(self.document.node_span(new), Vec::new());
            return self.mapping(pointer, empty, new, None);
        }
        if self.document.is_list(new) {
            return self.list(pointer, None, new, beside);
        }
        self.change(ChangeKind::Value, pointer, None, beside, new);
        new
    }

    /// Two lists: the earlier entries that stay, then the new ones.
    fn list(
        &mut self,
        pointer: &str,
        before: Option<NodeId>,
        own: NodeId,
        beside: Option<Span>,
    ) -> NodeId {
        let mut items = before.map_or_else(Vec::new, |list| self.document.items(list).to_vec());
        let mine = self.document.items(own).to_vec();
        let grouped = items
            .iter()
            .chain(&mine)
            .any(|&id| self.name(id).starts_with('@'));
        // Earlier entries may be many: only those are indexed that a new one is about.
        let about: BTreeSet<String> = mine
            .iter()
            .flat_map(|&id| {
                let (identity, name) = (self.identity(id), self.name(id));
                let named = name.strip_prefix('!').unwrap_or(name).to_owned();
                [named, format!("!{identity}"), identity.into_owned()]
            })
            .collect();
        let mut known: BTreeMap<String, NodeId> = BTreeMap::new();
        let mut named: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
        for &id in &items {
            let (identity, name) = (self.identity(id), self.name(id));
            if about.contains(&*identity) {
                known.insert(identity.into_owned(), id);
            }
            if about.contains(name) {
                named.entry(name.to_owned()).or_default().push(id);
            }
        }
        // The groups of both, the earlier entries first; what is written again, and whether without
        // a condition.
        let (mut groups, mut again) = (BTreeMap::new(), BTreeMap::new());
        for &id in items.iter().chain(&mine) {
            if let Some(known) = group(self.name(id)) {
                groups.entry(known.name).or_insert(id);
            }
        }
        for &id in mine.iter().filter(|_| pointer.starts_with("/syscalls/")) {
            *again.entry(self.name(id).to_owned()).or_insert(false) |= !self.is_conditional(id);
        }
        let inherited: BTreeSet<NodeId> = groups
            .values()
            .filter(|id| !mine.contains(id))
            .copied()
            .collect();
        let (mut gone, mut added) = (BTreeSet::new(), Vec::new());
        for &id in &mine {
            let identity = self.identity(id).into_owned();
            if let Some(name) = identity.strip_prefix('!') {
                let olds = named.get(name).map_or(&[][..], Vec::as_slice);
                gone.extend(olds);
                let left: Vec<NodeId> = groups
                    .values()
                    .filter(|one| !gone.contains(*one) && self.shares(**one, name))
                    .copied()
                    .collect();
                let again = again.get(name);
                for &old in olds {
                    let looser = match pointer {
                        "/syscalls/allow" => {
                            self.is_conditional(old) && (self.open || again.is_some())
                        }
                        "/syscalls/deny" => again != Some(&true),
                        _ => true,
                    };
                    if looser {
                        self.change(ChangeKind::Removed, pointer, Some(old), None, id);
                    }
                }
                if olds.is_empty() && !grouped {
                    self.removes_nothing(id);
                }
                // It also takes calls out of the groups.
                if pointer == "/syscalls/deny" && olds.is_empty() && again.is_none() {
                    for &one in left.iter().filter(|one| inherited.contains(one)) {
                        self.change(ChangeKind::Removed, pointer, Some(one), None, id);
                    }
                }
                if grouped && (olds.is_empty() || !left.is_empty() && again.is_none()) {
                    added.push(id);
                }
                continue;
            }
            gone.extend(known.get(&format!("!{identity}")));
            match known.get(&identity) {
                // The same again says nothing; with other words about it, it does.
                Some(old) if self.document.scalar(id).is_some() && !gone.contains(old) => {}
                Some(&old) => {
                    gone.insert(old);
                    added.push(id);
                }
                None => {
                    self.change(ChangeKind::Added, pointer, None, beside, id);
                    added.push(id);
                }
            }
        }
        items.retain(|id| !gone.contains(id));
        items.extend(added);
        let span = self.document.node_span(own);
        self.document.add_list(span, items)
    }

    /// Whether an entry of a list of calls has a condition.
    fn is_conditional(&self, id: NodeId) -> bool {
        let has = |key| self.document.entry(id, key).is_some();
        self.document.is_mapping(id) && (has("when") || !has("syscall"))
    }

    /// Whether an entry is a group that has a call, or some call of another group.
    fn shares(&self, entry: NodeId, name: &str) -> bool {
        let Some(members) = group(self.name(entry)) else {
            return false;
        };
        match group(name) {
            Some(other) => other.calls().any(|call| members.contains(call)),
            None => members.contains(name),
        }
    }

    /// What makes two entries of a list one: the path inside, the name where nothing narrows it, or
    /// else all that the entry says.
    fn identity(&self, id: NodeId) -> Cow<'_, str> {
        let narrows = |key| self.document.entry(id, key).is_some();
        let whole = self.document.is_list(id) || narrows("action") || narrows("when");
        let only = self.document.is_mapping(id) && !NAMES.into_iter().any(narrows);
        if whole || only {
            self.document.value(id).to_string().into()
        } else {
            self.name(id).into()
        }
    }

    /// What an entry of a list is about: a path inside, or a name. `openat: CONDITION` is about
    /// `openat`. The slash at a path's end means nothing.
    fn name(&self, id: NodeId) -> &str {
        let found = NAMES
            .into_iter()
            .find_map(|key| self.document.entry(id, key));
        let text = match found {
            Some((_, value)) => self.document.scalar(value),
            None if self.document.is_mapping(id) => {
                self.document.entries(id).next().map(|(key, ..)| key)
            }
            None => self.document.scalar(id),
        };
        let text = text.unwrap_or_default();
        let path = text.len() > 1 && text.contains('/');
        if path {
            text.trim_end_matches('/')
        } else {
            text
        }
    }

    /// Notes the host's directories that can be written to by way of the later section, and that
    /// the earlier one shows read-only at another path inside.
    fn host_paths(&mut self, before: NodeId, own: NodeId) {
        let host = |entry: NodeId| {
            let (_, value) = self.document.entry(entry, "host_path")?;
            let parts = Path::new(self.document.scalar(value)?).components();
            let path: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
            Some((path, (self.name(entry).to_owned(), value)))
        };
        let outputs = self.items(own, "output_paths").iter();
        let outputs: BTreeMap<PathBuf, (String, NodeId)> =
            outputs.filter_map(|&id| host(id)).collect();
        let mut found: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        for (path, (inside, shown)) in self
            .items(before, "immutable_paths")
            .iter()
            .filter_map(|&id| host(id))
        {
            // The directory that the sandbox is started from holds everything relative.
            let all = || outputs.get(Path::new("")).filter(|_| path.is_relative());
            match outputs.get(&path).or_else(all) {
                Some((other, output)) if *other != inside => {
                    found.entry(*output).or_insert(shown);
                }
                _ => {}
            }
        }
        for (output, shown) in found {
            self.change(
                ChangeKind::Writable,
                "/filesystem/output_paths",
                Some(shown),
                None,
                output,
            );
        }
    }

    /// The earlier section without the paths that the later one has in another list.
    fn without_paths(&mut self, before: NodeId, own: NodeId) -> NodeId {
        let mut later: BTreeMap<String, (&str, NodeId)> = BTreeMap::new();
        for list in PATHS {
            for &id in self.items(own, list) {
                later.insert(self.name(id).to_owned(), (list, id));
            }
        }
        let mut entries = self.entries(before);
        for (key, _, value) in &mut entries {
            let Some(list) = PATHS.into_iter().find(|list| list == key) else {
                continue;
            };
            let mut kept = Vec::new();
            for id in self.document.items(*value).to_vec() {
                match later.get(self.name(id)) {
                    Some(&(other, new)) if other != list => {
                        if list == "immutable_paths" {
                            let pointer = format!("/filesystem/{other}");
                            self.change(ChangeKind::Writable, &pointer, Some(id), None, new);
                        }
                    }
                    _ => kept.push(id),
                }
            }
            *value = self
                .document
                .add_list(self.document.node_span(*value), kept);
        }
        self.document
            .add_mapping(self.document.node_span(before), entries)
    }

    /// The earlier section without the values of variables that the later one takes over from the
    /// caller, and the other way round.
    fn without_variables(&mut self, before: NodeId, own: NodeId) -> NodeId {
        let set: BTreeSet<String> = self
            .document
            .entry(own, "set")
            .into_iter()
            .flat_map(|(_, set)| self.entries(set))
            .map(|(name, ..)| name)
            .collect();
        let passed: BTreeSet<String> = self
            .items(own, "pass")
            .iter()
            .map(|&id| self.name(id).to_owned())
            .collect();
        let mut entries = self.entries(before);
        for (key, _, value) in &mut entries {
            let span = self.document.node_span(*value);
            if key == "set" {
                let mut kept = self.entries(*value);
                kept.retain(|(name, ..)| !passed.contains(name));
                *value = self.document.add_mapping(span, kept);
            } else if key == "pass" {
                let mut kept = self.document.items(*value).to_vec();
                kept.retain(|&id| !set.contains(self.name(id)));
                *value = self.document.add_list(span, kept);
            }
        }
        self.document
            .add_mapping(self.document.node_span(before), entries)
    }

    /// The earlier section without how far its network goes, where the later one says so by the other key.
    fn without_extent(&mut self, before: NodeId, own: NodeId) -> NodeId {
        let mut entries = self.entries(before);
        for (said, other) in [("mode", "isolated"), ("isolated", "mode")] {
            let has = |key| self.document.entry(own, key).is_some();
            if has(said) && !has(other) {
                entries.retain(|(key, ..)| key != other);
            }
        }
        self.document
            .add_mapping(self.document.node_span(before), entries)
    }

    fn entries(&self, id: NodeId) -> Vec<Entry> {
        self.document
            .entries(id)
            .map(|(key, span, value)| (key.to_owned(), span, value))
            .collect()
    }

    /// The entries of a mapping's list.
    fn items(&self, id: NodeId, key: &str) -> &[NodeId] {
        self.document
            .entry(id, key)
            .map_or(&[], |(_, list)| self.document.items(list))
    }

    fn removes_nothing(&mut self, id: NodeId) {
        let written = self.document.scalar(id).unwrap_or_default();
        let message = format!("{} removes nothing", quote(written));
        self.sink.push(
            Diagnostic::error("removes-nothing", self.document.node_span(id), message)
                .with_help("no inherited policy lists it: remove the line, or correct the name"),
        );
    }

    /// Notes a change where it is worth a look and was not shown with another text.
    fn change(
        &mut self,
        kind: ChangeKind,
        pointer: &str,
        old: Option<NodeId>,
        beside: Option<Span>,
        new: NodeId,
    ) {
        if !loosens::watches(kind, pointer) {
            return;
        }
        let described = |id| (self.identity(id).into_owned(), self.document.node_span(id));
        let (old, new) = (old.map(described), described(new));
        let place = old.as_ref().map(|(_, span)| *span).or(beside);
        let shown_before = place.is_none_or(|span| self.ancestors.contains(&span.file));
        if self.file == 0 || !shown_before {
            self.changes.push(Change {
                kind,
                pointer: pointer.to_owned(),
                old,
                beside,
                new,
            });
        }
    }
}
