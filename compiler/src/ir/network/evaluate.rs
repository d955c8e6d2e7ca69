//! What a policy says about one connection, and the line that says it.

use super::connection::{Connection, Direction, Host};
use super::definition::{
    ConnectionRule, Effect, Link, Network, RESOLVER_PORT, never_carried, own_blocks,
};
use crate::quantity::{AddressBlock, Protocol};
use crate::source::Span;
use purple_plan::{HOST_INSIDE, HOST_INSIDE_NAME};

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is possible.
    pub allowed: bool,
    /// Why.
    pub why: Reason,
    /// The place in the policy that decides; `None` where its silence does.
    pub origin: Option<Span>,
}

/// What becomes of a connection that no entry decides.
enum Inside {
    /// It is possible; a service of the host has a place.
    Open(Option<Span>),
    /// It is not.
    Closed,
}

/// Why a connection is possible or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The network does not go that far.
    Extent,
    /// An entry blocks it.
    Blocked,
    /// An entry allows it.
    Allowed,
    /// It stays in the sandbox, goes to the resolver, or to a service of the host that is listed.
    Own,
    /// No entry allows it.
    Unlisted,
}

impl Network {
    /// The verdict on a connection. What no entry decides comes first, the extent next, then what is blocked, then what is
    /// allowed; of several entries the first one of the policy decides.
    pub fn verdict(&self, connection: &Connection) -> Verdict {
        let denied = |why, origin| Verdict {
            allowed: false,
            why,
            origin,
        };
        if self.link == Link::Filtered && connection.direction == Direction::Out {
            match self.without_entry(connection) {
                Some(Inside::Closed) => return denied(Reason::Unlisted, None),
                Some(Inside::Open(origin)) => {
                    return Verdict {
                        allowed: true,
                        why: Reason::Own,
                        origin,
                    };
                }
                None => {}
            }
        }
        if !self.extent.connections().contains(connection) {
            return denied(Reason::Extent, self.extent_span);
        }
        if let Some(entry) = self.first(Effect::Block, connection) {
            return denied(Reason::Blocked, entry.span);
        }
        if let Some(entry) = self.first(Effect::Allow, connection) {
            return Verdict {
                allowed: true,
                why: Reason::Allowed,
                origin: entry.span,
            };
        }
        let [outgoing, incoming] = self.lists;
        match connection.direction {
            Direction::Out => denied(Reason::Unlisted, outgoing),
            Direction::In => denied(Reason::Unlisted, incoming),
        }
    }

    /// What becomes of a connection in a filtered network that no entry decides: to the sandbox's own addresses and
    /// to the gateway.
    fn without_entry(&self, connection: &Connection) -> Option<Inside> {
        let gateway = match &connection.host {
            Host::Address(address) => {
                let address = address.to_canonical();
                let is_in = |block: AddressBlock| block.contains(&address.into());
                if own_blocks().any(is_in) {
                    let is_port = connection.port != 0;
                    return is_port.then_some(Inside::Open(None));
                }
                // Nothing is carried to several hosts at once, and to this network (RFC 791, 3.2).
                if never_carried().any(is_in) {
                    return Some(Inside::Closed);
                }
                address == HOST_INSIDE
            }
            Host::Name(name) => match name.to_string().as_str() {
                "localhost" => {
                    let is_port = connection.port != 0;
                    return is_port.then_some(Inside::Open(None));
                }
                name => name == HOST_INSIDE_NAME,
            },
        };
        if !gateway {
            return None;
        }
        // The name is looked up where there are services.
        let is_found = match connection.host {
            Host::Address(_) => true,
            Host::Name(_) => !self.host_services.is_empty(),
        };
        if is_found && connection.port == RESOLVER_PORT {
            return Some(Inside::Open(None));
        }
        let mut services = self.host_services.iter();
        let service = services
            .find(|(port, _)| connection.protocol == Protocol::Tcp && *port == connection.port);
        Some(service.map_or(Inside::Closed, |(_, span)| Inside::Open(Some(*span))))
    }

    /// The first entry with an effect that names a connection.
    pub fn first(&self, effect: Effect, connection: &Connection) -> Option<&ConnectionRule> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.effect == effect && entry.names(connection))
    }
}
