//! The shares that short forms stand for.

use crate::diagnostics::Sink;
use crate::facts::Expansion;
use crate::parse::{Document, NodeId};
use crate::source::Span;

/// The lists of what is seen inside.
pub(super) const SHARES: [&str; 3] = [READ_ONLY, WRITABLE, "scratch_paths"];

/// The list of shares that cannot be written to.
pub(super) const READ_ONLY: &str = "immutable_paths";

/// The list of shares that can.
pub(super) const WRITABLE: &str = "output_paths";

/// The path of a share inside.
pub(super) const INSIDE: &str = "sandbox_path";

/// What short forms stand for.
pub(super) struct Shares<'d, 'f> {
    pub(super) document: &'d mut Document,
    pub(super) facts: &'d mut Expansion<'f>,
    pub(super) sink: &'d mut Sink,
    pub(super) section: NodeId,
    pub(super) added: Vec<Added>,
    pub(super) working_dir: Option<NodeId>,
    /// The short forms that are replaced.
    pub(super) done: Vec<&'static str>,
}

/// An entry of a list of shares.
pub(super) struct Added {
    pub(super) list: &'static str,
    pub(super) node: NodeId,
    pub(super) inside: String,
}

impl Shares<'_, '_> {
    /// A short form's key and value.
    pub(super) fn short_form(&self, key: &str) -> Option<(Span, NodeId)> {
        self.document.entry(self.section, key)
    }

    /// The text that a mapping has at a key.
    pub(super) fn text(&self, mapping: NodeId, key: &str) -> Option<String> {
        let (_, value) = self.document.entry(mapping, key)?;
        self.document.text(value).map(str::to_owned)
    }

    /// Whether a list has something at this path inside.
    pub(super) fn is_shown(&self, inside: &str) -> bool {
        let document = &*self.document;
        let is_at =
            |path: Option<&str>| path.is_some_and(|path| path.trim_end_matches('/') == inside);
        let listed = SHARES.iter().any(|list| {
            let items = document.entry(self.section, list);
            let items = items.map_or(&[][..], |(_, value)| document.items(value));
            items.iter().any(|&item| {
                // A scratch path has a short form.
                let path = document.entry(item, INSIDE).map_or(item, |(_, path)| path);
                is_at(document.scalar(path))
            })
        });
        listed || self.added.iter().any(|share| share.inside == inside)
    }

    /// Adds a share: its paths, and entries that it has beside them.
    pub(super) fn add(
        &mut self,
        list: &'static str,
        (host, inside): (&str, &str),
        span: Span,
        more: Vec<(&'static str, NodeId)>,
    ) {
        let host = self.document.add_text(span, host);
        let path = self.document.add_text(span, inside);
        let mut entries = vec![("host_path", host), (INSIDE, path)];
        entries.extend(more);
        let entries = entries
            .into_iter()
            .map(|(key, node)| (key.to_owned(), span, node))
            .collect();
        let node = self.document.add_mapping(span, entries);
        let inside = inside.to_owned();
        self.added.push(Added { list, node, inside });
    }
}
