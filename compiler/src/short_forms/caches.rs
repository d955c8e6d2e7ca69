//! `caches`: directories that Purple keeps between runs.

use super::shares::{INSIDE, Shares, WRITABLE};
use crate::diagnostics::{Diagnostic, quote};
use crate::facts::HostFact;
use crate::parse::NodeId;
use crate::resolve::host::within;
use crate::resolve::{CACHES, default_groups};

pub(super) const KEY: &str = "caches";

/// The longest name of a cache in bytes.
const LONGEST: usize = 64;

/// Whether a path of the host is one of these, of which no program of the host uses anything.
pub(crate) fn is_cache(host: &str, facts: &[(&'static str, String)]) -> bool {
    let mut facts = facts.iter();
    let cache = facts.find(|(name, _)| *name == HostFact::Cache.name());
    cache.is_some_and(|(_, path)| within(host, &format!("{path}/{CACHES}")))
}

impl Shares<'_, '_> {
    /// Shows the caches.
    pub(super) fn caches(&mut self) {
        let Some((_, list)) = self.short_form(KEY) else {
            return;
        };
        let items = self.document.items(list).to_vec();
        let caches: Vec<_> = items.iter().filter_map(|&item| self.cache(item)).collect();
        if !self.document.is_list(list) || caches.len() < items.len() {
            return;
        }
        self.done.push(KEY);
        for (name, inside, item) in caches {
            let span = self.document.entry(item, "name").map_or_else(
                || self.document.node_span(item),
                |(_, value)| self.document.node_span(value),
            );
            if !is_name(&name) {
                let message = format!("{} is no name of a cache", quote(&name));
                let help = "a name has letters, digits, `-` and `_`, begins with a letter or a digit, and is at most 64 bytes long";
                self.sink
                    .push(Diagnostic::error("invalid-path", span, message).with_help(help));
                continue;
            }
            let cache = self.facts.used_at(HostFact::Cache, span, self.sink);
            let host = format!("{cache}/{CACHES}/{name}");
            // No program of the host runs what is there.
            let groups: Vec<NodeId> = default_groups(&host)
                .map(|group| self.document.add_text(span, &format!("!{group}")))
                .collect();
            let more = if groups.is_empty() {
                Vec::new()
            } else {
                vec![("read_only", self.document.add_list(span, groups))]
            };
            self.add(WRITABLE, (&host, &inside), span, more);
        }
    }

    /// A cache's name and path inside; `None` where it does not fit the schema.
    fn cache(&self, item: NodeId) -> Option<(String, String, NodeId)> {
        let document = &*self.document;
        let fits = document.is_mapping(item)
            && document
                .entries(item)
                .all(|(key, ..)| matches!(key, "name" | INSIDE));
        let name = self.text(item, "name")?;
        let inside = self.text(item, INSIDE)?;
        (fits && inside.starts_with('/')).then_some((name, inside, item))
    }
}

/// Whether a name is one part of a path, and no option and no hidden file.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.len() <= LONGEST
        && name.bytes().all(is_plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}
