//! The `network` section.

use super::{Placed, Scope, quantity};
use purple_policy::{self as policy, Port};
use std::net::IpAddr;

/// What the policy says of the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The place that asks for more than a loopback interface, if one does.
    pub wider: Option<Placed<()>>,
    /// Destination ports to allow.
    pub outgoing: Vec<Placed<u16>>,
    /// Listening ports to allow.
    pub incoming: Vec<Placed<u16>>,
    /// Name servers.
    pub dns_servers: Vec<IpAddr>,
}

/// The network.
pub(super) fn resolve(section: Option<&policy::Network>, scope: &mut Scope<'_>) -> Network {
    let Some(section) = section else {
        return Network::default();
    };
    let outgoing = ports(&section.allowed_outgoing_ports, "allowed_outgoing_ports", scope);
    let incoming = ports(&section.allowed_incoming_ports, "allowed_incoming_ports", scope);
    for (index, block) in section.blocked_ips.iter().enumerate() {
        let pointer = format!("/network/blocked_ips/{index}");
        if let Err(error) = quantity::address_block(block) {
            scope.refuse_quantity("invalid-address", &pointer, error);
        }
    }
    let mut dns_servers = Vec::new();
    for (index, server) in section.dns_servers.iter().enumerate() {
        let pointer = format!("/network/dns_servers/{index}");
        match quantity::address(server) {
            Ok(address) => dns_servers.push(address),
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
    let wider = first.map(|pointer| Placed { value: (), span: scope.document.key_span(pointer) });
    Network { wider, outgoing, incoming, dns_servers }
}

fn ports(listed: &[Port], key: &str, scope: &mut Scope<'_>) -> Vec<Placed<u16>> {
    let mut found = Vec::new();
    for (index, port) in listed.iter().enumerate() {
        let text = match port {
            Port::Number(number) => number.to_string(),
            Port::Text(text) => text.clone(),
        };
        let pointer = format!("/network/{key}/{index}");
        match quantity::port(&text) {
            Ok(value) => found.push(Placed { value, span: scope.span(&pointer) }),
            Err(error) => scope.refuse_quantity("invalid-port", &pointer, error),
        }
    }
    found
}
