//! A policy's text as a tree that still knows its lines: what a formatter needs and a compiler does
//! not. Anchors, aliases, quotes and brackets are kept as they were written.

use super::scan::Comment;
use crate::parse::Style;
use crate::source::Span;

/// The tree. Lists, mappings and their entries lie in two lists and refer to each other by number.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) collections: Vec<Collection>,
    /// In the order of the text.
    pub(super) units: Vec<Unit>,
    pub(super) root: Option<Node>,
    /// Comments above everything, apart from the first entry.
    pub(super) head: Vec<Comment>,
    /// Whether an empty line follows them.
    pub(super) blank_after_head: bool,
}

/// A list's or mapping's number.
pub(super) type CollectionId = usize;
/// An item's or entry's number.
pub(super) type UnitId = usize;

/// A list or a mapping.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) is_mapping: bool,
    /// Where its brackets begin and end, if it has some.
    pub(super) flow: Option<Span>,
    /// The column, from 0, of its first entry.
    pub(super) column: usize,
    pub(super) units: Vec<UnitId>,
    /// The entry whose value it is.
    pub(super) owner: Option<UnitId>,
    /// Comments after the last entry.
    pub(super) footer: Vec<Comment>,
}

/// An item of a list or an entry of a mapping.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) parent: CollectionId,
    /// Where its dash or its key begins.
    pub(super) start: usize,
    /// The key, in a mapping.
    pub(super) key: Option<Node>,
    pub(super) value: Node,
    /// Comments above it.
    pub(super) leading: Vec<Comment>,
    /// The comment at the end of its first line.
    pub(super) trailing: Option<Comment>,
    /// Whether the line above it is empty.
    pub(super) blank: bool,
}

/// A value or a key.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) anchor: Option<String>,
    pub(super) content: Content,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar { text: String, style: Style },
    Alias(String),
    Collection(CollectionId),
}

impl Tree {
    pub(super) fn has_aliases(&self) -> bool {
        self.units
            .iter()
            .any(|unit| matches!(unit.value.content, Content::Alias(_)))
    }

    pub(super) fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.units.get(id)
    }

    /// The collection that a node is.
    pub(super) fn collection(&self, node: &Node) -> Option<(CollectionId, &Collection)> {
        match node.content {
            Content::Collection(id) => Some((id, self.collections.get(id)?)),
            _ => None,
        }
    }
}
