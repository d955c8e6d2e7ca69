//! Putting documents together: what inheritance does with several trees.

use super::document::{Content, Document, Entry, Mapping, Node, NodeId};
use super::events::Style;
use crate::source::Span;
use serde_json::Value;

impl Document {
    /// Says that all of it stands in another text of the [`Sources`](crate::source::Sources).
    pub(crate) fn relocate(&mut self, file: u8) {
        for node in &mut self.nodes {
            node.span = node.span.in_file(file);
            if let Content::Mapping(mapping) = &mut node.content {
                for entry in &mut mapping.entries {
                    entry.key_span = entry.key_span.in_file(file);
                }
            }
        }
    }

    /// Takes over everything in another document and gives its root.
    pub(crate) fn adopt(&mut self, other: Self) -> NodeId {
        let offset = self.nodes.len();
        let moved = |id: NodeId| NodeId(id.0 + offset);
        self.nodes.extend(other.nodes.into_iter().map(|mut node| {
            match &mut node.content {
                Content::Scalar { .. } => {}
                Content::Sequence(items) => items.iter_mut().for_each(|id| *id = moved(*id)),
                Content::Mapping(mapping) => {
                    mapping
                        .entries
                        .iter_mut()
                        .for_each(|entry| entry.value = moved(entry.value));
                }
            }
            node
        }));
        moved(other.root)
    }

    /// Makes a node the whole document.
    pub(crate) fn set_root(&mut self, id: NodeId) {
        self.root = id;
    }

    /// Adds a text, as if it were in quotes.
    pub(crate) fn add_text(&mut self, span: Span, text: &str) -> NodeId {
        self.add_scalar(span, text, Style::DoubleQuoted)
    }

    /// Adds a truth value.
    pub(crate) fn add_truth(&mut self, span: Span, value: bool) -> NodeId {
        self.add_scalar(span, if value { "true" } else { "false" }, Style::Plain)
    }

    fn add_scalar(&mut self, span: Span, text: &str, style: Style) -> NodeId {
        let content = Content::Scalar {
            text: text.to_owned(),
            style,
            verbatim: None,
        };
        self.add(span, content, &[], text.len())
    }

    /// Adds a list of nodes that are there already.
    pub(crate) fn add_list(&mut self, span: Span, items: Vec<NodeId>) -> NodeId {
        let children = items.clone();
        self.add(span, Content::Sequence(items), &children, 0)
    }

    /// Adds a mapping to nodes that are there already: keys, which differ, their places, values.
    pub(crate) fn add_mapping(
        &mut self,
        span: Span,
        entries: Vec<(String, Span, NodeId)>,
    ) -> NodeId {
        let children: Vec<NodeId> = entries.iter().map(|&(.., value)| value).collect();
        let bytes = entries.iter().map(|(key, ..)| key.len()).sum();
        let entry = |(key, key_span, value)| Entry {
            key,
            key_span,
            value,
        };
        let mapping = Mapping::new(entries.into_iter().map(entry).collect());
        self.add(span, Content::Mapping(mapping), &children, bytes)
    }

    fn add(&mut self, span: Span, content: Content, children: &[NodeId], keys: usize) -> NodeId {
        let mut node = Node {
            span,
            content,
            size: 1,
            height: 0,
            bytes: keys,
        };
        for child in children.iter().filter_map(|id| self.nodes.get(id.0)) {
            node.size = node.size.saturating_add(child.size);
            node.height = node.height.max(child.height + 1);
            node.bytes = node.bytes.saturating_add(child.bytes);
        }
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    /// How many values it holds, and how many bytes their texts have, aliases expanded.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.nodes
            .get(self.root.0)
            .map_or((0, 0), |root| (root.size, root.bytes))
    }

    /// Whether a node is a mapping.
    pub(crate) fn is_mapping(&self, id: NodeId) -> bool {
        matches!(
            self.nodes.get(id.0).map(|node| &node.content),
            Some(Content::Mapping(_))
        )
    }

    /// Whether a node is a list.
    pub(crate) fn is_list(&self, id: NodeId) -> bool {
        matches!(
            self.nodes.get(id.0).map(|node| &node.content),
            Some(Content::Sequence(_))
        )
    }

    /// A scalar's text, where it is text and not a number or a truth value.
    pub(crate) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.nodes.get(id.0)?.content {
            Content::Scalar { text, style, .. } => super::scalar::resolve(text, *style)
                .is_string()
                .then_some(text),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// A node and all below it as a JSON value.
    pub(crate) fn value(&self, id: NodeId) -> Value {
        self.json(id)
    }
}
