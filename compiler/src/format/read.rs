//! Events and comments to a tree.

use super::attach::attach;
use super::scan::{blank_above, scan};
use super::tree::{Collection, CollectionId, Content, Node, Tree, Unit, UnitId};
use crate::parse::{Event, EventKind, Events, Style};
use crate::source::Span;

/// Reads a text that the parse stage has found no error in; `None` where that is not so.
pub(super) fn read(text: &str) -> Option<Tree> {
    let mut events = Vec::new();
    let mut reader = Events::new(text)?;
    loop {
        let event = reader.next().ok()?;
        if event.kind == EventKind::StreamEnd {
            break;
        }
        events.push(event);
    }
    let comments = scan(text, &events);
    let mut builder = Builder {
        text,
        tree: Tree::default(),
        open: Vec::new(),
        read: 0,
        bad: false,
    };
    for event in events {
        builder.event(event);
    }
    let Builder { mut tree, bad, .. } = builder;
    (!bad && tree.root.is_some()).then_some(())?;
    attach(&mut tree, comments);
    Some(tree)
}

struct Open {
    collection: CollectionId,
    /// The entry whose value comes next, in a mapping.
    pending: Option<UnitId>,
}

struct Builder<'t> {
    text: &'t str,
    tree: Tree,
    open: Vec<Open>,
    /// One past the last byte of the last token.
    read: usize,
    bad: bool,
}

impl Builder<'_> {
    fn event(&mut self, event: Event) {
        match event.kind {
            EventKind::Other
            | EventKind::StreamEnd
            | EventKind::DocumentStart
            | EventKind::DocumentEnd => {}
            EventKind::Alias(name) => {
                self.leaf(Node {
                    anchor: None,
                    content: Content::Alias(name),
                    span: event.span,
                });
            }
            EventKind::Scalar {
                properties,
                text,
                style,
            } => {
                let written = self
                    .text
                    .get(event.span.start..event.span.end)
                    .unwrap_or("");
                let end = event.span.start + written.trim_end().len();
                self.leaf(Node {
                    anchor: properties.anchor,
                    content: Content::Scalar { text, style },
                    span: Span::new(event.span.start, end),
                });
            }
            EventKind::SequenceStart(properties) => {
                self.start(properties.anchor, event.span, false);
            }
            EventKind::MappingStart(properties) => self.start(properties.anchor, event.span, true),
            EventKind::SequenceEnd | EventKind::MappingEnd => {
                let Some(open) = self.open.pop() else { return };
                let Some(done) = self.tree.collections.get_mut(open.collection) else {
                    return;
                };
                if let Some(brackets) = &mut done.flow {
                    brackets.end = event.span.end;
                    self.read = self.read.max(event.span.end);
                }
            }
        }
    }

    fn start(&mut self, anchor: Option<String>, span: Span, is_mapping: bool) {
        let written = self.text.get(span.start..span.end).unwrap_or("");
        let in_flow = self.open.last().is_some_and(|open| {
            self.tree
                .collections
                .get(open.collection)
                .is_some_and(|it| it.flow.is_some())
        });
        let flow = (in_flow || written.ends_with(['[', '{'])).then_some(span);
        let id = self.tree.collections.len();
        let anchored = anchor.is_some();
        let owner = self.place(Node {
            anchor,
            content: Content::Collection(id),
            span,
        });
        if anchored || flow.is_some() {
            self.read = self.read.max(span.end);
        }
        self.tree.collections.push(Collection {
            is_mapping,
            flow,
            column: 0,
            units: Vec::new(),
            owner,
            footer: Vec::new(),
        });
        self.open.push(Open {
            collection: id,
            pending: None,
        });
    }

    fn leaf(&mut self, node: Node) {
        let end = node.span.end;
        if let Some(open) = self.open.last()
            && open.pending.is_none()
            && self
                .tree
                .collections
                .get(open.collection)
                .is_some_and(|it| it.is_mapping)
        {
            self.key(open.collection, node);
        } else {
            self.place(node);
        }
        self.read = self.read.max(end);
    }

    fn key(&mut self, parent: CollectionId, key: Node) {
        let start = key.span.start;
        let empty = Node {
            anchor: None,
            content: Content::Scalar {
                text: String::new(),
                style: Style::Plain,
            },
            span: Span::new(key.span.end, key.span.end),
        };
        let id = self.unit(parent, start, Some(key), empty);
        if let Some(open) = self.open.last_mut() {
            open.pending = Some(id);
        }
    }

    /// Puts a node where it belongs; gives the entry whose value it is.
    fn place(&mut self, node: Node) -> Option<UnitId> {
        let Some(open) = self.open.last_mut() else {
            self.bad |= self.tree.root.is_some();
            self.tree.root = Some(node);
            return None;
        };
        let parent = open.collection;
        if let Some(pending) = open.pending.take() {
            if let Some(unit) = self.tree.units.get_mut(pending) {
                unit.value = node;
            }
            return Some(pending);
        }
        let list = self.tree.collections.get(parent)?;
        if list.is_mapping {
            // A list or a mapping as a key: the parse stage has refused it.
            self.bad = true;
            return None;
        }
        let dash = if list.flow.is_some() {
            None
        } else {
            self.dash()
        };
        if let Some(dash) = dash {
            self.read = dash + 1;
        }
        let start = dash.unwrap_or(node.span.start);
        Some(self.unit(parent, start, None, node))
    }

    /// The dash of the next item.
    fn dash(&self) -> Option<usize> {
        let mut at = self.read;
        loop {
            let rest = self.text.get(at..)?;
            match rest.chars().next()? {
                '-' => return Some(at),
                '#' => at += rest.find('\n')?,
                other => at += other.len_utf8(),
            }
        }
    }

    fn unit(
        &mut self,
        parent: CollectionId,
        start: usize,
        key: Option<Node>,
        value: Node,
    ) -> UnitId {
        let id = self.tree.units.len();
        let line = self.text.get(..start).unwrap_or("");
        let line_start = line.rfind('\n').map_or(0, |at| at + 1);
        let before = line.get(line_start..).unwrap_or("");
        let blank = before.trim().is_empty() && blank_above(self.text, line_start);
        if let Some(collection) = self.tree.collections.get_mut(parent) {
            if collection.units.is_empty() {
                collection.column = before.chars().count();
            }
            collection.units.push(id);
        }
        self.tree.units.push(Unit {
            parent,
            start,
            key,
            value,
            leading: Vec::new(),
            trailing: None,
            blank,
        });
        id
    }
}
