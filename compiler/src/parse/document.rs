//! The spanned tree.

use super::events::Style;
use crate::source::Span;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A parsed policy text: a tree in which every key and value knows its place.
///
/// The nodes lie in one list and refer to each other by number, so that an alias costs nothing and
/// dropping a deep tree needs no stack. An alias refers to the node that it names; its place is
/// therefore where the value is written.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// A node's number in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct NodeId(pub(super) usize);

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) content: Content,
    /// Nodes in this subtree, aliases expanded.
    pub(super) size: usize,
    /// Levels in this subtree, aliases expanded.
    pub(super) height: usize,
    /// Bytes of keys and scalars in this subtree, aliases expanded.
    pub(super) bytes: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar {
        text: String,
        style: Style,
        /// Where the text stands in the source, where it stands there as it is: without escapes,
        /// doubled quotes or folded lines.
        verbatim: Option<usize>,
    },
    Sequence(Vec<NodeId>),
    Mapping(Mapping),
}

/// Entries in the order of the text, and the order of their keys for looking one up.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapping {
    pub(super) entries: Vec<Entry>,
    by_key: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: NodeId,
}

impl Document {
    /// The place of the value at a JSON pointer (RFC 6901), such as `/syscalls/allow/3`; the whole
    /// document for the empty pointer. Where there is no such value: the nearest enclosing one.
    pub fn span(&self, pointer: &str) -> Span {
        self.node_span(self.find(pointer).0)
    }

    /// The place of the key of the mapping entry at a JSON pointer; where it is not a mapping
    /// entry, the same as [`Document::span`].
    pub fn key_span(&self, pointer: &str) -> Span {
        let (id, key) = self.find(pointer);
        key.unwrap_or_else(|| self.node_span(id))
    }

    /// The place of a part of the scalar at a JSON pointer, given as a range of bytes of its value:
    /// what an error inside a size or an address points at. The whole scalar where the part is
    /// empty, or the value does not stand in the source as it is.
    pub fn part_span(&self, pointer: &str, part: Range<usize>) -> Span {
        let (id, _) = self.find(pointer);
        match self.nodes.get(id.0).map(|node| &node.content) {
            Some(Content::Scalar {
                text,
                verbatim: Some(at),
                ..
            }) if part.end <= text.len() && !part.is_empty() => {
                Span::new(at + part.start, at + part.end).in_file(self.node_span(id).file)
            }
            _ => self.node_span(id),
        }
    }

    /// The text of the scalar at a JSON pointer, and how it was written; `None` where there is none.
    pub(crate) fn scalar_at(&self, pointer: &str) -> Option<(&str, Style)> {
        match &self.nodes.get(self.locate(pointer)?.0)?.content {
            Content::Scalar { text, style, .. } => Some((text, *style)),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// Whether the value at a JSON pointer, or one that it is in, stands in several places by way of
    /// an alias: what is changed there is changed elsewhere too.
    pub(crate) fn is_shared(&self, pointer: &str) -> bool {
        let uses = self.uses();
        let used = |id: NodeId| uses.get(id.0).copied().unwrap_or(0);
        let ends = pointer
            .match_indices('/')
            .map(|(at, _)| at)
            .skip(1)
            .chain([pointer.len()]);
        ends.filter_map(|end| self.locate(pointer.get(..end)?))
            .any(|id| used(id) > 1)
    }

    /// The places of the values and keys that an alias repeats.
    pub(crate) fn repeated_spans(&self) -> Vec<Span> {
        let keys: BTreeSet<Span> = self
            .nodes
            .iter()
            .filter_map(|node| match &node.content {
                Content::Mapping(mapping) => Some(&mapping.entries),
                Content::Scalar { .. } | Content::Sequence(_) => None,
            })
            .flatten()
            .map(|entry| entry.key_span)
            .collect();
        let used = self.nodes.iter().zip(self.uses());
        used.filter(|(node, uses)| *uses > 1 || *uses == 1 && keys.contains(&node.span))
            .map(|(node, _)| node.span)
            .collect()
    }

    /// How often each node is a value.
    fn uses(&self) -> Vec<u32> {
        let mut uses = vec![0_u32; self.nodes.len()];
        for node in &self.nodes {
            let mut count = |id: NodeId| {
                if let Some(uses) = uses.get_mut(id.0) {
                    *uses = uses.saturating_add(1);
                }
            };
            match &node.content {
                Content::Scalar { .. } => {}
                Content::Sequence(items) => items.iter().copied().for_each(&mut count),
                Content::Mapping(mapping) => {
                    mapping.entries.iter().for_each(|entry| count(entry.value));
                }
            }
        }
        uses
    }

    /// The document as a JSON value, aliases expanded, scalars as YAML 1.2's core schema reads
    /// them. Depth and size are within the caps of the parse stage.
    pub fn to_json(&self) -> Value {
        self.json(self.root)
    }

    /// The place of the first key of the mapping at a JSON pointer.
    pub(crate) fn first_key(&self, pointer: &str) -> Option<Span> {
        let (id, _) = self.find(pointer);
        self.entries(id).map(|(_, span, _)| span).next()
    }

    /// The places of all scalars and keys, in order.
    pub(crate) fn scalar_spans(&self, source: &str) -> Vec<Span> {
        // The line on which a block begins is none of its own.
        let behind_header = |span: Span| {
            let written = source.get(span.start..span.end)?;
            let header = written.find(['|', '>'])?;
            let end = written.get(header..)?.find('\n')?;
            Some(Span {
                start: span.start + header + end + 1,
                ..span
            })
        };
        let mut spans = Vec::new();
        for node in &self.nodes {
            match &node.content {
                Content::Scalar {
                    style: Style::Block,
                    ..
                } => spans.extend(behind_header(node.span)),
                Content::Scalar { .. } => spans.push(node.span),
                Content::Mapping(mapping) => {
                    spans.extend(mapping.entries.iter().map(|entry| entry.key_span));
                }
                Content::Sequence(_) => {}
            }
        }
        spans.sort_unstable();
        spans
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    pub(crate) fn node_span(&self, id: NodeId) -> Span {
        self.nodes
            .get(id.0)
            .map_or_else(Span::default, |node| node.span)
    }

    /// A scalar's text.
    pub(crate) fn scalar(&self, id: NodeId) -> Option<&str> {
        match &self.nodes.get(id.0)?.content {
            Content::Scalar { text, .. } => Some(text),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// Replaces a scalar's text.
    pub(crate) fn set_scalar(&mut self, id: NodeId, new: &str) {
        if let Some(Node {
            content: Content::Scalar { text, verbatim, .. },
            ..
        }) = self.nodes.get_mut(id.0)
        {
            new.clone_into(text);
            *verbatim = None;
        }
    }

    /// The items of a list; nothing for other nodes.
    pub(crate) fn items(&self, id: NodeId) -> &[NodeId] {
        match self.nodes.get(id.0).map(|node| &node.content) {
            Some(Content::Sequence(items)) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping, in order: key, the key's place, value.
    pub(crate) fn entries(&self, id: NodeId) -> impl Iterator<Item = (&str, Span, NodeId)> {
        let entries = match self.nodes.get(id.0).map(|node| &node.content) {
            Some(Content::Mapping(mapping)) => mapping.entries.as_slice(),
            _ => &[],
        };
        entries
            .iter()
            .map(|entry| (entry.key.as_str(), entry.key_span, entry.value))
    }

    /// Whether two nodes say the same.
    pub(crate) fn same(&self, one: NodeId, other: NodeId) -> bool {
        self.json(one) == self.json(other)
    }

    /// A mapping's entry: the key's place and the value.
    pub(crate) fn entry(&self, id: NodeId, key: &str) -> Option<(Span, NodeId)> {
        match &self.nodes.get(id.0)?.content {
            Content::Mapping(mapping) => {
                mapping.get(key).map(|entry| (entry.key_span, entry.value))
            }
            _ => None,
        }
    }

    /// Gives a mapping's entry another key. The caller has made sure that there is none such yet.
    pub(crate) fn rename_key(&mut self, id: NodeId, from: &str, to: &str) {
        if let Some(mapping) = self.mapping_mut(id) {
            for entry in mapping.entries.iter_mut().filter(|entry| entry.key == from) {
                to.clone_into(&mut entry.key);
            }
            mapping.index();
        }
    }

    /// Removes a mapping's entry.
    pub(crate) fn remove_key(&mut self, id: NodeId, key: &str) {
        if let Some(mapping) = self.mapping_mut(id) {
            mapping.entries.retain(|entry| entry.key != key);
            mapping.index();
        }
    }

    /// Removes the values at JSON pointers, with their keys.
    pub(crate) fn remove(&mut self, pointers: &[String]) {
        let mut all: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
        for pointer in pointers {
            let Some((parent, last)) = pointer.rsplit_once('/') else {
                continue;
            };
            let Some(parent) = self.locate(parent) else {
                continue;
            };
            all.entry(parent)
                .or_default()
                .insert(last.replace("~1", "/").replace("~0", "~"));
        }
        for (id, steps) in all {
            match self.nodes.get_mut(id.0).map(|node| &mut node.content) {
                Some(Content::Mapping(mapping)) => {
                    mapping.entries.retain(|entry| !steps.contains(&entry.key));
                    mapping.index();
                }
                Some(Content::Sequence(items)) => {
                    let mut at = 0_usize..;
                    items.retain(|_| at.next().is_none_or(|at| !steps.contains(&at.to_string())));
                }
                Some(Content::Scalar { .. }) | None => {}
            }
        }
    }

    fn mapping_mut(&mut self, id: NodeId) -> Option<&mut Mapping> {
        match self.nodes.get_mut(id.0) {
            Some(Node {
                content: Content::Mapping(mapping),
                ..
            }) => Some(mapping),
            _ => None,
        }
    }

    /// The node at a pointer, or the nearest enclosing one, and the key's place where the last step
    /// was into a mapping.
    fn find(&self, pointer: &str) -> (NodeId, Option<Span>) {
        let mut id = self.root;
        let mut key_span = None;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let Some(node) = self.nodes.get(id.0) else {
                break;
            };
            let next = match &node.content {
                Content::Sequence(items) => step
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|&item| (item, None)),
                Content::Mapping(mapping) => mapping
                    .get(&step)
                    .map(|entry| (entry.value, Some(entry.key_span))),
                Content::Scalar { .. } => None,
            };
            let Some((next, key)) = next else { break };
            id = next;
            key_span = key;
        }
        (id, key_span)
    }

    /// The node at a pointer, where there is one.
    fn locate(&self, pointer: &str) -> Option<NodeId> {
        pointer.split('/').skip(1).try_fold(self.root, |id, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match &self.nodes.get(id.0)?.content {
                Content::Sequence(items) => items.get(step.parse::<usize>().ok()?).copied(),
                Content::Mapping(mapping) => mapping.get(&step).map(|entry| entry.value),
                Content::Scalar { .. } => None,
            }
        })
    }

    /// Recursive: the parse stage caps the depth.
    pub(super) fn json(&self, id: NodeId) -> Value {
        match self.nodes.get(id.0).map(|node| &node.content) {
            None => Value::Null,
            Some(Content::Scalar { text, style, .. }) => super::scalar::resolve(text, *style),
            Some(Content::Sequence(items)) => {
                Value::Array(items.iter().map(|&item| self.json(item)).collect())
            }
            Some(Content::Mapping(mapping)) => {
                let mut object = Map::new();
                for entry in &mapping.entries {
                    object.insert(entry.key.clone(), self.json(entry.value));
                }
                Value::Object(object)
            }
        }
    }
}

impl Mapping {
    /// The mapping of `entries`, whose keys differ.
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut mapping = Self {
            entries,
            by_key: Vec::new(),
        };
        mapping.index();
        mapping
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        let at = self
            .by_key
            .binary_search_by(|&at| {
                self.entries
                    .get(at)
                    .map(|entry| entry.key.as_str())
                    .cmp(&Some(key))
            })
            .ok()?;
        self.entries.get(*self.by_key.get(at)?)
    }

    fn index(&mut self) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|&at| self.entries.get(at).map(|entry| entry.key.as_str()));
        self.by_key = order;
    }
}
