//! The lists of ports and of blocked addresses, and what overlaps in them.

use crate::diagnostics::{Applicability, Diagnostic};
use crate::quantity;
use crate::quantity::{AddressBlock, Ports, Protocol};
use crate::resolve::scope::{Placed, Scope};
use purple_policy::Port;

/// The entries of a list of ports.
pub(super) fn ports(listed: &[Port], key: &str, scope: &mut Scope<'_>) -> Vec<Placed<Ports>> {
    let mut found = Vec::new();
    for (index, port) in listed.iter().enumerate() {
        let text = match port {
            Port::Number(number) => number.to_string(),
            Port::Text(text) => text.clone(),
        };
        let pointer = format!("/network/{key}/{index}");
        match quantity::ports(&text) {
            Ok(value) => found.push(Placed {
                value,
                span: scope.span(&pointer),
            }),
            Err(error) => scope.refuse_quantity("invalid-port", &pointer, error),
        }
    }
    for (earlier, later) in overlapping(&found) {
        let message = format!(
            "`{}` and `{}` have ports in common",
            earlier.value, later.value
        );
        let overlap = Diagnostic::warning("port-overlap", later.span, message)
            .with_related(earlier.span, "the other one")
            .with_help("keep one entry for each port, so that removing it removes the port");
        // What another one covers as a whole changes nothing. Where the later one is the wider, it
        // may meet more than one.
        let met = || {
            found
                .iter()
                .filter(|one| later.value.meets(one.value))
                .count()
        };
        let covered = if !scope.sink.has_room("port-overlap") {
            None
        } else if earlier.value.covers(later.value) {
            Some(later)
        } else if later.value.covers(earlier.value) && met() == 2 {
            Some(earlier)
        } else {
            None
        };
        scope.report(match covered {
            Some(covered) => overlap.with_item_removed(Applicability::Safe, covered.span),
            None => overlap,
        });
    }
    found
}

/// Entries that have ports in common with one before them in the list, with that one.
fn overlapping(listed: &[Placed<Ports>]) -> Vec<(Placed<Ports>, Placed<Ports>)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let mut sorted: Vec<(Ports, usize)> = listed
            .iter()
            .enumerate()
            .filter(|(_, ports)| ports.value.are_for(protocol))
            .map(|(at, ports)| (ports.value, at))
            .collect();
        sorted.sort_unstable();
        let mut widest: Option<(u16, usize)> = None;
        for (ports, at) in sorted {
            match widest {
                Some((last, other)) if ports.first <= last => {
                    found.push((at.min(other), at.max(other)));
                    widest = Some(if ports.last > last {
                        (ports.last, at)
                    } else {
                        (last, other)
                    });
                }
                _ => widest = Some((ports.last, at)),
            }
        }
    }
    found.sort_unstable_by_key(|&(earlier, later)| (later, earlier));
    found.dedup_by_key(|pair| pair.1);
    let pair =
        |(earlier, later): (usize, usize)| Some((*listed.get(earlier)?, *listed.get(later)?));
    found.into_iter().filter_map(pair).collect()
}

/// The blocks of addresses.
pub(super) fn blocks(listed: &[String], scope: &mut Scope<'_>) -> Vec<Placed<AddressBlock>> {
    let mut found = Vec::new();
    for (index, text) in listed.iter().enumerate() {
        let pointer = format!("/network/blocked_ips/{index}");
        match quantity::address_block(text) {
            Ok(value) => found.push(Placed {
                value,
                span: scope.span(&pointer),
            }),
            Err(error) => scope.refuse_quantity("invalid-address", &pointer, error),
        }
    }
    for (wider, inner) in contained(&found) {
        let message = format!("`{}` is in `{}` already", inner.value, wider.value);
        scope.report(
            Diagnostic::warning("address-overlap", inner.span, message)
                .with_related(wider.span, "the other one")
                .with_help("keep one entry for each address, so that removing it unblocks it")
                .with_item_removed(Applicability::Safe, inner.span),
        );
    }
    found
}

/// Blocks with one that they are a part of; of two equal ones the later.
fn contained(listed: &[Placed<AddressBlock>]) -> Vec<(Placed<AddressBlock>, Placed<AddressBlock>)> {
    let mut sorted: Vec<&Placed<AddressBlock>> = listed.iter().collect();
    // Stable: a block comes after those that it is in, and equal ones in the order of the list.
    sorted.sort_by_key(|block| block.value);
    let mut open: Option<&Placed<AddressBlock>> = None;
    let mut found = Vec::new();
    for block in sorted {
        match open {
            Some(wider) if wider.value.contains(&block.value) => found.push((*wider, *block)),
            _ => open = Some(block),
        }
    }
    found
}
