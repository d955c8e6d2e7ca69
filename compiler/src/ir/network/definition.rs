//! The network of a policy: how far it goes, and what is allowed and blocked in it.

use super::connection::{Destination, Direction};
use super::connections::Connections;
use crate::quantity::AddressBlock;
use crate::quantity::Ports;
use crate::source::Span;
use std::net::IpAddr;

/// The network, as a policy wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// What the sandbox's network namespace has.
    pub link: Link,
    /// The place that asks for more than that, if one does.
    pub narrowed: Option<Span>,
    /// How far the network is to go.
    pub extent: Extent,
    /// The key that says so, or the section that lacks it; `None` without one.
    pub extent_span: Option<Span>,
    /// What is allowed and what is blocked, in the policy's order.
    pub entries: Vec<ConnectionRule>,
    /// The lists that leave out what no entry allows, by direction: outgoing, incoming.
    pub lists: [Option<Span>; 2],
    /// Where names are looked up, and the entries that say so.
    pub name_servers: Vec<(IpAddr, Span)>,
}

/// What a network namespace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A loopback interface of its own, and nothing else.
    Loopback,
}

/// How far a network goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// To the loopback addresses.
    Loopback,
    /// To every address and name.
    Everywhere,
}

/// Some connections, and what is said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRule {
    /// Whether they are allowed or blocked.
    pub effect: Effect,
    /// Who connects.
    pub direction: Direction,
    /// With whom.
    pub destination: Destination,
    /// Over which ports of the side that is connected to.
    pub ports: Ports,
    /// The entry of the policy; `None` where its silence means it.
    pub span: Option<Span>,
}

/// What is said of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// They are allowed, unless they are blocked.
    Allow,
    /// They are not, whatever allows them.
    Block,
}

impl Network {
    /// Every connection that is possible: what is allowed and lies in the extent, without what is
    /// blocked.
    pub fn reach(&self) -> Connections {
        self.of(Effect::Allow)
            .intersection(&self.extent.connections())
            .difference(&self.of(Effect::Block))
    }

    /// All connections that the entries of one effect name.
    pub fn of(&self, effect: Effect) -> Connections {
        let entries = self.entries.iter().filter(|entry| entry.effect == effect);
        Connections::union_of(entries.map(ConnectionRule::connections).collect())
    }

    /// What of the reach leaves the sandbox.
    pub fn beyond_loopback(&self) -> Connections {
        self.reach().difference(&Extent::Loopback.connections())
    }
}

impl ConnectionRule {
    /// The connections that it names.
    pub fn connections(&self) -> Connections {
        Connections::new(self.direction, &self.destination, self.ports)
    }
}

impl Extent {
    /// Every connection that lies in it.
    pub fn connections(self) -> Connections {
        let hosts = match self {
            Self::Loopback => AddressBlock::LOOPBACK.map(Destination::Addresses).to_vec(),
            Self::Everywhere => vec![Destination::Anywhere],
        };
        let one = |direction| {
            hosts
                .iter()
                .map(move |host| Connections::new(direction, host, Ports::ALL))
        };
        Connections::union_of(Direction::ALL.into_iter().flat_map(one).collect())
    }
}
