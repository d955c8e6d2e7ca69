//! The network of a policy: how far it goes, and what is allowed and blocked in it.

use super::connection::{Connection, Destination, Direction};
use super::connections::Connections;
use super::name::{Name, NamePattern};
use crate::quantity::{AddressBlock, Ports, Protocol};
use crate::source::Span;
use purple_plan::{HOST_INSIDE, HOST_INSIDE_NAME, OWN_INSIDE};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    /// Ports of the host's loopback interface that are reached by TCP at its name, and the entries that say so.
    pub host_services: Vec<(u16, Span)>,
    /// Ports of the host that lead inside, and the entries that say so.
    pub published: Vec<(Published, Span)>,
    /// Where names are looked up, and the entries that say so.
    pub name_servers: Vec<(IpAddr, Span)>,
}

/// What a network namespace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A loopback interface of its own, and nothing else.
    Loopback,
    /// A loopback interface at which every address is local: rules and a helper decide what is reached.
    Filtered,
    /// There is no namespace: all that the host has.
    Host,
}

/// A port of the host that leads inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The host's address.
    pub address: IpAddr,
    /// The port there.
    pub host: u16,
    /// The port inside.
    pub inside: u16,
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
            .difference(&self.gateway())
            .difference(&self.to_many())
            .union(&self.own())
    }

    /// What of a filtered network no entry decides: connections to the sandbox's own addresses, and to the host's
    /// services and the resolver behind the gateway.
    pub fn own(&self) -> Connections {
        if self.link != Link::Filtered {
            return Connections::default();
        }
        let mut sets: Vec<Connections> = own_addresses()
            .into_iter()
            .map(|host| Connections::new(Direction::Out, &host, Ports::ALL))
            .collect();
        // Where no name is looked up, it answers that the name does not exist.
        let resolver = Ports {
            first: RESOLVER_PORT,
            last: RESOLVER_PORT,
            protocol: None,
        };
        // The name is looked up where there are services.
        let [by_address, by_name] = gateway();
        let by_name = (!self.host_services.is_empty()).then_some(by_name);
        let found = [by_address].into_iter().chain(by_name);
        sets.extend(found.map(|host| Connections::new(Direction::Out, &host, resolver)));
        sets.extend(
            self.host_services
                .iter()
                .flat_map(|&(port, _)| service(port)),
        );
        Connections::union_of(sets)
    }

    /// All connections of a filtered network to addresses to which nothing is carried.
    fn to_many(&self) -> Connections {
        if self.link != Link::Filtered {
            return Connections::default();
        }
        let to =
            |block| Connections::new(Direction::Out, &Destination::Addresses(block), Ports::ALL);
        Connections::union_of(never_carried().map(to).collect())
    }

    /// All connections to the gateway of a filtered network, by its address and by its name.
    pub fn gateway(&self) -> Connections {
        if self.link != Link::Filtered {
            return Connections::default();
        }
        let to = |host| Connections::new(Direction::Out, &host, Ports::ALL);
        Connections::union_of(gateway().map(to).into())
    }

    /// Whether names are looked up for the program: those that an entry allows, or every one.
    pub fn resolves(&self) -> bool {
        let looked_up = |entry: &&ConnectionRule| {
            entry.effect == Effect::Allow
                && entry.direction == Direction::Out
                && !matches!(entry.destination, Destination::Addresses(_))
        };
        self.link == Link::Filtered
            && (!self.host_services.is_empty()
                || self.entries.iter().any(|entry| looked_up(&entry)))
    }

    /// All connections that the entries of one effect name.
    pub fn of(&self, effect: Effect) -> Connections {
        let entries = self.entries.iter().filter(|entry| entry.effect == effect);
        Connections::union_of(entries.map(ConnectionRule::connections).collect())
    }

    /// What of the reach leaves the sandbox.
    pub fn beyond_loopback(&self) -> Connections {
        self.reach()
            .difference(&Extent::Loopback.connections())
            .difference(&self.own())
    }

    /// Whether an entry allows every public address.
    pub fn has_public(&self) -> bool {
        let is_public = |entry: &ConnectionRule| {
            let to = &entry.destination;
            matches!(to, Destination::Public | Destination::Anywhere)
        };
        self.outgoing().any(is_public)
    }

    /// Whether an entry allows addresses that are not public.
    pub fn has_private(&self) -> bool {
        self.outgoing().any(|entry| {
            matches!(&entry.destination, Destination::Addresses(block)
                if !Connections::new(Direction::Out, &Destination::Addresses(*block), Ports::ALL)
                    .is_within(&Connections::new(Direction::Out, &Destination::Public, Ports::ALL)))
        })
    }

    fn outgoing(&self) -> impl Iterator<Item = &ConnectionRule> {
        let mut all = self.entries.iter();
        std::iter::from_fn(move || {
            all.find(|entry| entry.effect == Effect::Allow && entry.direction == Direction::Out)
        })
    }
}

/// The sandbox's own addresses in a filtered network: loopback, the two of its interface, and the unspecified ones, for
/// which the kernel takes its own.
pub fn own_blocks() -> impl Iterator<Item = AddressBlock> {
    let interface = OWN_INSIDE.map(AddressBlock::from);
    let unspecified = [
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ];
    let unspecified = unspecified.map(AddressBlock::from);
    let all = AddressBlock::LOOPBACK.into_iter().chain(interface);
    all.chain(unspecified)
}

/// Addresses to which a filtered network carries nothing, even if an entry names them: those of several hosts, and of this
/// network.
pub(super) fn never_carried() -> impl Iterator<Item = AddressBlock> {
    let this_network = AddressBlock {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        prefix: 8,
    };
    AddressBlock::TO_MANY.into_iter().chain([this_network])
}

/// The port of the name service (RFC 1035, 4.2).
pub const RESOLVER_PORT: u16 = 53;

fn own_addresses() -> Vec<Destination> {
    let mut all: Vec<Destination> = own_blocks().map(Destination::Addresses).collect();
    let localhost = Name::new("localhost").map(NamePattern::Exact);
    all.extend(localhost.map(Destination::Names));
    all
}

/// The gateway by its address and by its name.
fn gateway() -> [Destination; 2] {
    let by_address = Destination::Addresses(HOST_INSIDE.into());
    let by_name = match Name::new(HOST_INSIDE_NAME) {
        Some(name) => Destination::Names(NamePattern::Exact(name)),
        None => by_address.clone(),
    };
    [by_address, by_name]
}

/// The connections to a service of the host.
fn service(port: u16) -> [Connections; 2] {
    let ports = Ports {
        first: port,
        last: port,
        protocol: Some(Protocol::Tcp),
    };
    gateway().map(|host| Connections::new(Direction::Out, &host, ports))
}

impl ConnectionRule {
    /// The connections that it names.
    pub fn connections(&self) -> Connections {
        Connections::new(self.direction, &self.destination, self.ports)
    }

    /// Whether it names a connection. Its set is made only where the port and the protocol are its own.
    pub fn names(&self, connection: &Connection) -> bool {
        self.direction == connection.direction
            && self.ports.hold(connection.port, connection.protocol)
            && self.connections().contains(connection)
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
