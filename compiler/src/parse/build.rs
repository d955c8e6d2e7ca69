//! Events to a tree, without recursion.

use super::document::{Content, Document, Entry, Mapping, Node, NodeId};
use super::events::{Event, EventKind, Events, Properties, Style, SyntaxError};
use super::report;
use super::scalar;
use super::text::{self, CheckedText};
use super::{MAX_DEPTH, MAX_EXPANDED, MAX_NODES};
use crate::diagnostics::{Diagnostic, Sink};
use crate::source::Span;
use std::collections::BTreeMap;

/// Builds the document; `None` where there is no tree to speak of.
pub(super) fn build(checked: &CheckedText<'_>, sink: &mut Sink) -> Option<Document> {
    let text = checked.text.as_ref();
    if let Some(span) = directive(text, 0) {
        sink.push(
            Diagnostic::error("yaml-directive", span, "a policy has no YAML directives")
                .with_help("remove the line: a policy is always read as YAML 1.2"),
        );
        return None;
    }
    let mut builder = Builder {
        text,
        sink,
        nodes: Vec::new(),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        scalars: Vec::new(),
        root: None,
    };
    let read = builder.read();
    let Builder {
        nodes,
        root,
        scalars,
        ..
    } = builder;
    let tabs = report::tabs(&checked.indenting_tabs, &scalars, text, sink);
    match read {
        Err(Stop::Syntax(error)) => {
            // A tab before the error explains it better than the scanner does.
            if tabs.is_none_or(|tab| tab > error.at) {
                report::syntax(&error, checked.original, sink);
            }
            return None;
        }
        Err(Stop::Cap) => return None,
        Ok(()) => {}
    }
    let Some(root) = root else {
        sink.push(
            Diagnostic::error("empty-document", Span::new(0, 0), "the policy is empty")
                .with_help("a policy needs at least a name: `name: my-agent`"),
        );
        return None;
    };
    Some(Document { nodes, root })
}

/// Why the reading ended early.
enum Stop {
    Syntax(SyntaxError),
    /// A cap was passed; the sink knows.
    Cap,
}

/// A list or mapping whose end has not come.
struct Open {
    start: Span,
    /// One past the last byte of its last child.
    end: usize,
    anchor: Option<String>,
    size: usize,
    height: usize,
    bytes: usize,
    children: Children,
}

enum Children {
    Sequence(Vec<NodeId>),
    Mapping {
        entries: Vec<Entry>,
        /// Where each key was first written.
        seen: BTreeMap<String, Span>,
        key: Key,
    },
}

/// Where a mapping is between a key and its value.
enum Key {
    /// The next node is a key.
    Wanted,
    /// The next node is this key's value.
    Read(String, Span),
    /// The next node is the value of a key that was refused.
    Refused,
}

enum Anchor {
    /// The node that carries it is still open.
    Open,
    /// The node.
    Node(NodeId),
}

struct Builder<'t, 's> {
    text: &'t str,
    sink: &'s mut Sink,
    nodes: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<String, (Anchor, Span)>,
    /// The places of scalars, in the order of the text.
    scalars: Vec<Span>,
    root: Option<NodeId>,
}

impl Builder<'_, '_> {
    fn read(&mut self) -> Result<(), Stop> {
        let Some(mut events) = Events::new(self.text) else {
            return Err(Stop::Cap);
        };
        let mut documents = 0;
        loop {
            let event = events.next().map_err(Stop::Syntax)?;
            match event.kind {
                EventKind::Other => {}
                EventKind::StreamEnd => return Ok(()),
                EventKind::DocumentStart => {
                    documents += 1;
                    if documents > 1 {
                        report::several_documents(event.span, self.sink);
                        return Ok(());
                    }
                }
                EventKind::DocumentEnd => {
                    // libyaml takes time by the square of the number of directives.
                    if let Some(span) = directive(self.text, event.span.end) {
                        report::several_documents(span, self.sink);
                        return Ok(());
                    }
                }
                EventKind::Alias(ref name) => self.alias(name, event.span)?,
                EventKind::Scalar { .. } => self.scalar(event)?,
                EventKind::SequenceStart(properties) => {
                    self.start(properties, event.span, Children::Sequence(Vec::new()))?;
                }
                EventKind::MappingStart(properties) => {
                    let children = Children::Mapping {
                        entries: Vec::new(),
                        seen: BTreeMap::new(),
                        key: Key::Wanted,
                    };
                    self.start(properties, event.span, children)?;
                }
                EventKind::SequenceEnd | EventKind::MappingEnd => self.end(event.span)?,
            }
        }
    }

    fn start(
        &mut self,
        properties: Properties,
        span: Span,
        children: Children,
    ) -> Result<(), Stop> {
        if properties.tag.is_some() {
            report::tag(self.text, span, self.sink);
        }
        if self.open.len() >= MAX_DEPTH {
            report::too_deep(span, self.sink);
            return Err(Stop::Cap);
        }
        self.declare(properties.anchor.as_deref(), span);
        self.open.push(Open {
            start: span,
            end: span.end,
            anchor: properties.anchor,
            size: 1,
            height: 1,
            bytes: 0,
            children,
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Stop> {
        let Some(done) = self.open.pop() else {
            return Ok(());
        };
        // The end of a block lies wherever the next token is; only a bracket has a place.
        let end = if span.end > span.start {
            span.end
        } else {
            done.end
        };
        let content = match done.children {
            Children::Sequence(items) => Content::Sequence(items),
            Children::Mapping { entries, .. } => Content::Mapping(Mapping::new(entries)),
        };
        let node = Node {
            span: Span::new(done.start.start, end),
            content,
            size: done.size,
            height: done.height,
            bytes: done.bytes,
        };
        self.finish(node, done.anchor.as_deref())
    }

    fn scalar(&mut self, event: Event) -> Result<(), Stop> {
        let EventKind::Scalar {
            properties,
            text,
            style,
        } = event.kind
        else {
            return Ok(());
        };
        let written = self
            .text
            .get(event.span.start..event.span.end)
            .unwrap_or("");
        let span = Span::new(
            event.span.start,
            event.span.start + written.trim_end().len(),
        );
        self.scalars.push(event.span);
        if properties.tag.is_some() {
            report::tag(self.text, span, self.sink);
        }
        match style {
            Style::Plain => report::ambiguous(&text, span, self.sink),
            Style::DoubleQuoted if written.contains('\\') => {
                text::check_escapes(&text, span, self.sink);
            }
            _ => {}
        }
        if self.key_wanted() {
            self.key(text, style, span, properties.anchor.as_deref());
            return Ok(());
        }
        self.declare(properties.anchor.as_deref(), span);
        let verbatim = written.find(&text).map(|at| span.start + at);
        let content = Content::Scalar {
            text,
            style,
            verbatim,
        };
        let bytes = content_bytes(&content);
        let node = Node {
            span,
            content,
            size: 1,
            height: 0,
            bytes,
        };
        self.finish(node, properties.anchor.as_deref())
    }

    /// Reads a key, or refuses it: then its value is passed over.
    fn key(&mut self, text: String, style: Style, span: Span, anchor: Option<&str>) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        open.end = span.end;
        let Children::Mapping { key, seen, .. } = &mut open.children else {
            return;
        };
        *key = if style == Style::Plain && text == "<<" {
            report::merge_key(span, self.sink);
            Key::Refused
        } else if let Some(&first) = seen.get(&text) {
            report::duplicate_key(&text, span, first, self.sink);
            Key::Refused
        } else {
            let is_text = scalar::resolve(&text, style).is_string();
            if !is_text && scalar::ambiguity(&text).is_none() {
                report::key_without_quotes(&text, span, self.sink);
            }
            seen.insert(text.clone(), span);
            Key::Read(text.clone(), span)
        };
        // An anchor on a key names text that an alias may repeat.
        let Some(anchor) = anchor else { return };
        self.declare(Some(anchor), span);
        let content = Content::Scalar {
            text,
            style,
            verbatim: None,
        };
        let id = NodeId(self.nodes.len());
        let bytes = content_bytes(&content);
        self.nodes.push(Node {
            span,
            content,
            size: 1,
            height: 0,
            bytes,
        });
        self.anchors
            .insert(anchor.to_owned(), (Anchor::Node(id), span));
    }

    fn alias(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        let node = match self.anchors.get(name) {
            Some((Anchor::Node(id), _)) => Some(*id),
            Some((Anchor::Open, defined)) => {
                report::recursive_alias(name, span, *defined, self.sink);
                None
            }
            None => {
                report::undefined_alias(name, span, self.sink);
                None
            }
        };
        if self.key_wanted() {
            report::complex_key(span, self.sink);
            self.set_key(Key::Refused);
            return Ok(());
        }
        if let Some(id) = node {
            return self.attach(id, span);
        }
        let text = String::new();
        let content = Content::Scalar {
            text,
            style: Style::DoubleQuoted,
            verbatim: None,
        };
        self.finish(
            Node {
                span,
                content,
                size: 1,
                height: 0,
                bytes: 0,
            },
            None,
        )
    }

    /// Stores a finished node and gives it to its parent.
    fn finish(&mut self, node: Node, anchor: Option<&str>) -> Result<(), Stop> {
        let span = node.span;
        let id = NodeId(self.nodes.len());
        self.nodes.push(node);
        if let Some((slot, _)) = anchor.and_then(|name| self.anchors.get_mut(name)) {
            *slot = Anchor::Node(id);
        }
        if self.key_wanted() {
            report::complex_key(span, self.sink);
            self.set_key(Key::Refused);
            return Ok(());
        }
        self.attach(id, span)
    }

    /// Gives a node, written at `span` or named there by an alias, to the innermost open one.
    fn attach(&mut self, id: NodeId, span: Span) -> Result<(), Stop> {
        let (size, height, bytes) = self
            .nodes
            .get(id.0)
            .map_or((1, 0, 0), |node| (node.size, node.height, node.bytes));
        let depth = self.open.len();
        let Some(open) = self.open.last_mut() else {
            // The empty document `---` has one empty scalar.
            self.root = Some(id).filter(|_| span.end > span.start || self.nodes.len() > 1);
            return Ok(());
        };
        open.end = open.end.max(span.end);
        open.size = open.size.saturating_add(size);
        open.height = open.height.max(height + 1);
        open.bytes = open.bytes.saturating_add(bytes);
        let start = open.start;
        match &mut open.children {
            Children::Sequence(items) => items.push(id),
            Children::Mapping { entries, key, .. } => {
                if let Key::Read(key, key_span) = std::mem::replace(key, Key::Wanted) {
                    open.bytes = open.bytes.saturating_add(key.len());
                    entries.push(Entry {
                        key,
                        key_span,
                        value: id,
                    });
                }
            }
        }
        let (total, text) = (open.size, open.bytes);
        if depth + height > MAX_DEPTH {
            report::too_deep(span, self.sink);
            return Err(Stop::Cap);
        }
        if text > MAX_EXPANDED {
            report::too_large(span, start, self.sink);
            return Err(Stop::Cap);
        }
        if total > MAX_NODES || self.nodes.len() > MAX_NODES {
            report::too_many_values(span, start, self.sink);
            return Err(Stop::Cap);
        }
        Ok(())
    }

    fn key_wanted(&self) -> bool {
        matches!(
            self.open.last().map(|open| &open.children),
            Some(Children::Mapping {
                key: Key::Wanted,
                ..
            })
        )
    }

    fn set_key(&mut self, to: Key) {
        if let Some(Children::Mapping { key, .. }) =
            self.open.last_mut().map(|open| &mut open.children)
        {
            *key = to;
        }
    }

    /// Notes an anchor whose node is not finished.
    fn declare(&mut self, anchor: Option<&str>, span: Span) {
        let Some(name) = anchor else { return };
        if let Some((_, first)) = self.anchors.insert(name.to_owned(), (Anchor::Open, span)) {
            report::duplicate_anchor(name, span, first, self.sink);
        }
    }
}

fn content_bytes(content: &Content) -> usize {
    match content {
        Content::Scalar { text, .. } => text.len(),
        Content::Sequence(_) | Content::Mapping(_) => 0,
    }
}

/// The first directive (`%YAML`, `%TAG`) among the lines from `from` up to the next content.
fn directive(text: &str, from: usize) -> Option<Span> {
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let shown = line.trim_start_matches('\u{feff}').trim_end();
        if shown.starts_with('%') {
            let start = at + (line.len() - line.trim_start_matches('\u{feff}').len());
            return Some(Span::new(start, start + shown.len()));
        }
        let skipped = shown.trim_start();
        if !(skipped.is_empty() || skipped.starts_with('#') || shown == "...") {
            return None;
        }
        at += line.len();
    }
    None
}
