//! The `network` section.

use super::scope::{Placed, Scope};
use super::syscalls::Listed;
use crate::diagnostics::{Applicability, Diagnostic};
use crate::quantity;
use crate::quantity::{AddressBlock, Ports, Protocol};
use crate::source::Span;
use purple_policy::{self as policy, Port};
use std::net::IpAddr;

/// What the policy says of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Whether it ends at the loopback interface.
    pub isolated: bool,
    /// The key that says so, or the section that lacks it.
    pub isolated_span: Option<Span>,
    /// The place that asks for more than a loopback interface, if one does.
    pub wider: Option<Placed<()>>,
    /// Destination ports to allow; none: all of them.
    pub outgoing: Vec<Placed<Ports>>,
    /// The key of that list, where it lists something.
    pub outgoing_span: Option<Span>,
    /// Listening ports to allow; none: all of them.
    pub incoming: Vec<Placed<Ports>>,
    /// The key of that list, where it lists something.
    pub incoming_span: Option<Span>,
    /// Addresses that stay unreachable.
    pub blocked: Vec<Placed<AddressBlock>>,
    /// Name servers.
    pub dns_servers: Vec<Placed<IpAddr>>,
    /// The key of that list, where it lists something.
    pub dns_servers_span: Option<Span>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            isolated: true,
            isolated_span: None,
            wider: None,
            outgoing: Vec::new(),
            outgoing_span: None,
            incoming: Vec::new(),
            incoming_span: None,
            blocked: Vec::new(),
            dns_servers: Vec::new(),
            dns_servers_span: None,
        }
    }
}

impl Network {
    /// What the filter has to hold beside Landlock, where ports are listed.
    pub(super) fn listed_ports(&self) -> Option<Listed> {
        let outgoing = self.outgoing.first().map(|ports| ports.span);
        let first = outgoing.or(self.incoming.first().map(|ports| ports.span))?;
        Some(Listed { first, outgoing })
    }
}

/// The network.
pub(super) fn resolve(section: Option<&policy::Network>, scope: &mut Scope<'_>) -> Network {
    let Some(section) = section else {
        return Network::default();
    };
    let outgoing = ports(
        &section.allowed_outgoing_ports,
        "allowed_outgoing_ports",
        scope,
    );
    let incoming = ports(
        &section.allowed_incoming_ports,
        "allowed_incoming_ports",
        scope,
    );
    let blocked = blocks(&section.blocked_ips, scope);
    let mut dns_servers = Vec::new();
    for (index, server) in section.dns_servers.iter().enumerate() {
        let pointer = format!("/network/dns_servers/{index}");
        match quantity::address(server) {
            Ok(value) => dns_servers.push(Placed {
                value,
                span: scope.span(&pointer),
            }),
            Err(error) => scope.refuse_quantity("invalid-address", &pointer, error),
        }
    }
    let first = if !section.isolated {
        Some("/network/isolated")
    } else if !outgoing.is_empty() {
        Some("/network/allowed_outgoing_ports")
    } else if !incoming.is_empty() {
        Some("/network/allowed_incoming_ports")
    } else if !section.blocked_ips.is_empty() {
        Some("/network/blocked_ips")
    } else {
        None
    };
    let wider = first.map(|pointer| Placed {
        value: (),
        span: scope.document.key_span(pointer),
    });
    let key = |list: &str, is_empty: bool| {
        let pointer = format!("/network/{list}");
        (!is_empty).then(|| scope.document.key_span(&pointer))
    };
    Network {
        isolated: section.isolated,
        isolated_span: Some(scope.document.key_span("/network/isolated")),
        wider,
        outgoing_span: key("allowed_outgoing_ports", outgoing.is_empty()),
        outgoing,
        incoming_span: key("allowed_incoming_ports", incoming.is_empty()),
        incoming,
        blocked,
        dns_servers_span: key("dns_servers", dns_servers.is_empty()),
        dns_servers,
    }
}

fn ports(listed: &[Port], key: &str, scope: &mut Scope<'_>) -> Vec<Placed<Ports>> {
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

fn blocks(listed: &[String], scope: &mut Scope<'_>) -> Vec<Placed<AddressBlock>> {
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
