//! Names that stand twice in a list where the second says nothing. The lists of calls, ports and addresses
//! are looked at where their meaning is known.

use crate::diagnostics::{Applicability, Diagnostic, Sink, quote};
use crate::parse::{Document, NodeId};
use crate::source::Span;
use std::collections::BTreeMap;

/// The lists of names, by their section and key.
const LISTS: [(&str, &str); 6] = [
    ("syscalls", "architectures"),
    ("capabilities", "add"),
    ("capabilities", "drop"),
    ("network", "dns_servers"),
    ("environment", "pass"),
    ("audit", "detail_level"),
];

/// Reports each name that is in its list already.
pub(super) fn report(document: &Document, sink: &mut Sink) {
    for (section, key) in LISTS {
        let list = document
            .entry(document.root(), section)
            .and_then(|(_, section)| document.entry(section, key));
        if let Some((_, list)) = list {
            one(document, key, list, sink);
        }
    }
}

fn one(document: &Document, key: &str, list: NodeId, sink: &mut Sink) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for &item in document.items(list) {
        let Some(name) = document.scalar(item) else {
            continue;
        };
        let span = document.node_span(item);
        let Some(&first) = seen.get(name) else {
            seen.insert(name, span);
            continue;
        };
        // An alias leads to the place that is known.
        if first == span {
            continue;
        }
        let message = format!("{} is in `{key}` already", quote(name));
        sink.push(
            Diagnostic::note("duplicate-item", span, message)
                .with_related(first, "first here")
                .with_item_removed(Applicability::Safe, span),
        );
    }
}
