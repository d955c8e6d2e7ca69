//! The entries that the helper decides by, in one order: the policy's.

use crate::ir::network::{
    ConnectionRule, Destination, Direction, Link, NamePattern, Network, Published,
};
use crate::source::Span;

/// Something that a record of the plan's is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::emit) enum Entry<'n> {
    /// Connections that are allowed or blocked.
    Rule(&'n ConnectionRule),
    /// A service of the host.
    Service(u16, Span),
    /// A port of the host that leads inside.
    Published(Published, Span),
}

/// The entries of a filtered network; none for another one. Where the program may listen on every port of its own
/// addresses, no record says so.
pub(in crate::emit) fn entries(network: &Network) -> Vec<Entry<'_>> {
    if network.link != Link::Filtered {
        return Vec::new();
    }
    let listed =
        |entry: &&ConnectionRule| entry.direction == Direction::Out || entry.span.is_some();
    let rules = network.entries.iter().filter(listed).map(Entry::Rule);
    let services = network.host_services.iter();
    let published = network.published.iter();
    rules
        .chain(services.map(|&(port, span)| Entry::Service(port, span)))
        .chain(published.map(|&(one, span)| Entry::Published(one, span)))
        .collect()
}

/// The name in the record of each entry, empty for none.
pub(in crate::emit) fn names(network: &Network) -> impl Iterator<Item = String> {
    entries(network).into_iter().map(|entry| match entry {
        Entry::Rule(ConnectionRule {
            destination: Destination::Names(NamePattern::Exact(name) | NamePattern::Below(name)),
            ..
        }) => name.to_string(),
        _ => String::new(),
    })
}
