//! Blocked addresses that nothing reaches anyway.

use super::finding::{own, report};
use crate::ir::network::{Destination, Direction, Effect, Link, Network, own_blocks};
use crate::lint::scope::Scope;
use crate::quantity::AddressBlock;
use purple_plan::HOST_INSIDE;

/// Runs the lint. Another one says of other networks that the list is not for them.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let network = &scope.ir.network;
    if network.link != Link::Filtered {
        return;
    }
    let own_addresses: Vec<AddressBlock> = own_blocks()
        .chain([AddressBlock::from(HOST_INSIDE)])
        .chain(AddressBlock::TO_MANY)
        .collect();
    let allowed = allowed(network);
    for blocked in &scope.resolved.network.blocked {
        let Some(place) = own(Some(blocked.span)) else {
            continue;
        };
        let block = blocked.value;
        let why = if own_addresses.iter().any(|own| own.contains(&block)) {
            "is the sandbox's own, or stands for several hosts: the list does not decide about it"
        } else if allowed.as_ref().is_some_and(|all| !meets(all, &block)) {
            "is reached by no entry"
        } else {
            continue;
        };
        let message = format!("blocking `{block}` has no effect: it {why}");
        report(place, message, None, scope);
    }
}

/// The addresses that entries allow, rising and apart from each other; `None` where an entry allows a name, which may lead to
/// any address.
fn allowed(network: &Network) -> Option<Vec<(u128, u128)>> {
    let entries = network.entries.iter();
    let out = entries.filter(|one| one.effect == Effect::Allow && one.direction == Direction::Out);
    let blocks = out.map(|one| match &one.destination {
        Destination::Addresses(block) => Some(*block),
        _ => None,
    });
    let blocks: Vec<AddressBlock> = blocks.collect::<Option<_>>()?;
    let mut ranges: Vec<(u128, u128)> = blocks.iter().flat_map(AddressBlock::ranges).collect();
    ranges.sort_unstable();
    let mut apart: Vec<(u128, u128)> = Vec::new();
    for (first, last) in ranges {
        match apart.last_mut() {
            Some((_, end)) if first <= *end => *end = last.max(*end),
            _ => apart.push((first, last)),
        }
    }
    Some(apart)
}

/// Whether a block has an address that is among these.
fn meets(ranges: &[(u128, u128)], block: &AddressBlock) -> bool {
    block.ranges().any(|(first, last)| {
        let at = ranges.partition_point(|(_, end)| *end < first);
        ranges.get(at).is_some_and(|(begin, _)| *begin <= last)
    })
}
