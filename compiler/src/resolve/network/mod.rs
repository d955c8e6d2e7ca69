//! The `network` section.

mod destinations;
mod lists;
mod mode;
#[cfg(test)]
mod tests;

pub use destinations::Allowed;

use super::scope::{Placed, Scope};
use super::syscalls::Listed;
use crate::hosts::HostGroups;
use crate::ir::network::Published;
use crate::quantity;
use crate::quantity::{AddressBlock, Ports};
use crate::source::Span;
use purple_policy::{self as policy, NetworkMode};
use std::net::IpAddr;

/// What the policy says of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// How far it goes.
    pub mode: NetworkMode,
    /// The key that says so, or the section that lacks it.
    pub mode_span: Option<Span>,
    /// The place that asks for more than a loopback interface, if one does.
    pub wider: Option<Placed<()>>,
    /// What may be connected to.
    pub allowed: Vec<Placed<Allowed>>,
    /// The key of that list, where it lists something.
    pub allowed_span: Option<Span>,
    /// Ports of the host's loopback interface that may be connected to.
    pub host_services: Vec<Placed<u16>>,
    /// The key of that list, where it lists something.
    pub host_services_span: Option<Span>,
    /// Ports of the host that lead inside.
    pub published: Vec<Placed<Published>>,
    /// The key of that list, where it lists something.
    pub published_span: Option<Span>,
    /// Destination ports to allow.
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
            mode: NetworkMode::None,
            mode_span: None,
            wider: None,
            allowed: Vec::new(),
            allowed_span: None,
            host_services: Vec::new(),
            host_services_span: None,
            published: Vec::new(),
            published_span: None,
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
        // In a filtered network the rules hold what Landlock does not see.
        let landlocked = self.outgoing.first().filter(|_| self.is_isolated());
        let outgoing = landlocked.map(|ports| ports.span);
        let first = outgoing.or(self.incoming.first().map(|ports| ports.span))?;
        Some(Listed { first, outgoing })
    }

    /// Whether it ends at the loopback interface.
    pub fn is_isolated(&self) -> bool {
        self.mode == NetworkMode::None
    }
}

/// The network.
pub(super) fn resolve(
    section: Option<&policy::Network>,
    groups: &HostGroups,
    scope: &mut Scope<'_>,
) -> Network {
    let Some(section) = section else {
        return Network::default();
    };
    let (mode, mode_span) = mode::mode(section, scope);
    let allowed = destinations::allowed(&section.allow, groups, scope);
    let host_services = destinations::host_services(&section.host_services, scope);
    let published = destinations::published(&section.publish, scope);
    let outgoing = lists::ports(
        &section.allowed_outgoing_ports,
        "allowed_outgoing_ports",
        scope,
    );
    let incoming = lists::ports(
        &section.allowed_incoming_ports,
        "allowed_incoming_ports",
        scope,
    );
    let blocked = lists::blocks(&section.blocked_ips, scope);
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
    let key = |list: &str, is_empty: bool| {
        let pointer = format!("/network/{list}");
        (!is_empty).then(|| scope.document.key_span(&pointer))
    };
    let outgoing_span = key("allowed_outgoing_ports", outgoing.is_empty());
    let incoming_span = key("allowed_incoming_ports", incoming.is_empty());
    let blocked_span = key("blocked_ips", section.blocked_ips.is_empty());
    let allowed_span = key("allow", section.allow.is_empty());
    let host_services_span = key("host_services", section.host_services.is_empty());
    let published_span = key("publish", section.publish.is_empty());
    // Only what is not isolated gets what it asks for.
    let wider = (mode == NetworkMode::None)
        .then(|| {
            outgoing_span
                .or(incoming_span)
                .or(blocked_span)
                .or(allowed_span)
                .or(host_services_span)
                .or(published_span)
        })
        .flatten()
        .map(|span| Placed { value: (), span });
    Network {
        mode,
        mode_span: Some(mode_span),
        wider,
        allowed,
        allowed_span,
        host_services,
        host_services_span,
        published,
        published_span,
        outgoing_span,
        outgoing,
        incoming_span,
        incoming,
        blocked,
        dns_servers_span: key("dns_servers", dns_servers.is_empty()),
        dns_servers,
    }
}
