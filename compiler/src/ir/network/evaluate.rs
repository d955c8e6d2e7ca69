//! What a policy says about one connection, and the line that says it.

use super::connection::{Connection, Direction};
use super::definition::{ConnectionRule, Effect, Network, service};
use crate::source::Span;

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
        if self.own().contains(connection) {
            let is_service = |port: u16| service(port).iter().any(|one| one.contains(connection));
            let mut services = self.host_services.iter();
            return Verdict {
                allowed: true,
                why: Reason::Own,
                origin: services
                    .find(|(port, _)| is_service(*port))
                    .map(|(_, span)| *span),
            };
        }
        if self.gateway().contains(connection) {
            return denied(Reason::Unlisted, None);
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

    /// The first entry with an effect that names a connection.
    pub fn first(&self, effect: Effect, connection: &Connection) -> Option<&ConnectionRule> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.effect == effect && entry.connections().contains(connection))
    }
}
