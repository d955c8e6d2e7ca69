//! What a policy says about one connection, and the line that says it.

use super::connection::{Connection, Direction};
use super::definition::{ConnectionRule, Effect, Network};
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
    /// No entry allows it.
    Unlisted,
}

impl Network {
    /// The verdict on a connection. The extent comes first, then what is blocked, then what is
    /// allowed; of several entries the first one of the policy decides.
    pub fn verdict(&self, connection: &Connection) -> Verdict {
        let denied = |why, origin| Verdict {
            allowed: false,
            why,
            origin,
        };
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
