//! Short forms of the section `filesystem`: the workspace, toolchains and caches. Each stands for shares that could be written out,
//! and is replaced by them once the texts are merged: what comes after knows only shares.

mod caches;
mod shares;
mod toolchains;
mod workspace;

pub use crate::resolve::CACHES;
pub(crate) use caches::is_cache;
pub use toolchains::{TOOLCHAINS, Toolchain};

use crate::diagnostics::Sink;
use crate::facts::{Expansion, HostFacts};
use crate::parse::{Document, NodeId};
use crate::source::Span;
use shares::{READ_ONLY, SHARES, Shares, WRITABLE};

/// The keys of the section that are short forms.
const KEYS: [&str; 3] = [workspace::KEY, toolchains::KEY, caches::KEY];

/// Replaces the short forms by what they stand for. One that does not fit the schema stays: what validates the policy says why.
pub(crate) fn spell_out(document: &mut Document, facts: &mut Expansion<'_>, sink: &mut Sink) {
    let root = document.root();
    let Some((section_key, section)) = document.entry(root, "filesystem") else {
        return;
    };
    let is_short = |document: &Document| {
        KEYS.iter()
            .any(|key| document.entry(section, key).is_some())
    };
    if !is_short(document) || !has_lists(document, section) {
        return;
    }
    let mut shares = Shares {
        document,
        facts,
        sink,
        section,
        added: Vec::new(),
        working_dir: None,
        done: Vec::new(),
    };
    shares.workspace();
    shares.caches();
    shares.toolchains();
    let (added, working_dir, done) = (shares.added, shares.working_dir, shares.done);
    let mut entries: Vec<(String, Span, NodeId)> = document
        .entries(section)
        .filter(|(key, ..)| !done.contains(key))
        .map(|(key, span, value)| (key.to_owned(), span, value))
        .collect();
    for list in [READ_ONLY, WRITABLE] {
        let more: Vec<NodeId> = added
            .iter()
            .filter(|share| share.list == list)
            .map(|share| share.node)
            .collect();
        let Some(&first) = more.first() else {
            continue;
        };
        let known = entries.iter_mut().find(|(key, ..)| key == list);
        if let Some((_, _, value)) = known {
            let span = document.node_span(*value);
            let items = document.items(*value).iter().copied().chain(more).collect();
            *value = document.add_list(span, items);
        } else {
            let span = document.node_span(first);
            let value = document.add_list(span, more);
            entries.push((list.to_owned(), span, value));
        }
    }
    if let Some(node) = working_dir {
        entries.push(("working_dir".to_owned(), document.node_span(node), node));
    }
    let span = document.node_span(section);
    let section = document.add_mapping(span, entries);
    let entries = document.entries(root);
    let entries = entries
        .map(|(key, span, value)| match key {
            "filesystem" => (key.to_owned(), section_key, section),
            _ => (key.to_owned(), span, value),
        })
        .collect();
    let root = document.add_mapping(document.node_span(root), entries);
    document.set_root(root);
}

/// The same for a policy's parents alone, of which the values are those of the policy.
pub(crate) fn spell_out_again(document: &mut Document, facts: &HostFacts) {
    let mut sink = Sink::new();
    spell_out(document, &mut Expansion::new(facts), &mut sink);
}

/// Whether the lists of shares are lists.
fn has_lists(document: &Document, section: NodeId) -> bool {
    SHARES.iter().all(|list| {
        document
            .entry(section, list)
            .is_none_or(|(_, value)| document.is_list(value))
    })
}

#[cfg(test)]
mod tests;
