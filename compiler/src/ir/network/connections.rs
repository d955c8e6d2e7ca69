//! Exact sets of connections.

use super::connection::{Connection, Destination, Direction, Host};
use super::name::NamePattern;
use super::set::{Intervals, Names, Operation, Set};
use crate::quantity::{AddressBlock, number};
use crate::quantity::{Ports, Protocol};
use purple_plan::{NOT_PUBLIC_4, NOT_PUBLIC_6};

/// Ports, as disjoint intervals.
type PortSet = Intervals<u16, bool>;

/// The connections of one direction and one protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Plane {
    /// To and from addresses.
    addresses: Intervals<u128, PortSet>,
    /// To hosts by their names.
    names: Names<PortSet>,
}

impl Set for Plane {
    fn combine(&self, other: &Self, operation: Operation) -> Self {
        Self {
            addresses: self.addresses.combine(&other.addresses, operation),
            names: self.names.combine(&other.names, operation),
        }
    }
}

/// An exact set of connections. It has one form: two sets are equal where they hold the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connections {
    /// By direction and protocol, in the order of [`Direction::ALL`] and [`Protocol::ALL`].
    planes: [[Plane; 2]; 2],
}

impl Connections {
    /// Those of one direction with a host, over these ports.
    pub fn new(direction: Direction, destination: &Destination, ports: Ports) -> Self {
        let set = PortSet::new(ports.first, ports.last, true);
        let plane = match destination {
            Destination::Anywhere => Plane {
                addresses: Intervals::new(0, u128::MAX, set.clone()),
                names: Names::all(set),
            },
            Destination::Public => Plane {
                addresses: public(&set),
                names: Names::all(set),
            },
            Destination::Addresses(block) => Plane {
                addresses: addresses(block, &set),
                names: Names::default(),
            },
            Destination::Names(pattern) => Plane {
                addresses: Intervals::default(),
                names: names(pattern, set),
            },
        };
        let mut made = Self::default();
        for (at, row) in Direction::ALL.into_iter().zip(&mut made.planes) {
            for (protocol, slot) in Protocol::ALL.into_iter().zip(row) {
                if at == direction && ports.are_for(protocol) {
                    *slot = plane.clone();
                }
            }
        }
        made
    }

    /// All that is in one of many sets.
    pub fn union_of(mut sets: Vec<Self>) -> Self {
        // Two and two, so that no set is copied more often than the logarithm of their number.
        while sets.len() > 1 {
            sets = sets
                .chunks(2)
                .map(|pair| match pair {
                    [one, two] => one.union(two),
                    rest => rest.first().cloned().unwrap_or_default(),
                })
                .collect();
        }
        sets.pop().unwrap_or_default()
    }

    /// Whether a connection is among them.
    pub fn contains(&self, connection: &Connection) -> bool {
        self.plane(connection.direction, connection.protocol)
            .and_then(|plane| match &connection.host {
                Host::Address(address) => plane.addresses.at(number(*address)),
                Host::Name(name) => Some(plane.names.at(name.labels())),
            })
            .is_some_and(|ports| ports.at(connection.port) == Some(&true))
    }

    /// What is in one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combined(other, Operation::Union)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combined(other, Operation::Intersection)
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combined(other, Operation::Difference)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all of them are in the other set.
    pub fn is_within(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// How many ports are used in a direction, whatever the host and the protocol.
    pub fn count_ports(&self, direction: Direction) -> u32 {
        self.ports(direction, None)
            .map(|(first, last)| u32::from(last - first) + 1)
            .sum()
    }

    /// How many addresses there are connections with in a direction; [`u128::MAX`] for that many or
    /// more.
    pub fn count_addresses(&self, direction: Direction) -> u128 {
        let hosts = self
            .rows(direction)
            .map(|plane| plane.addresses.numbers())
            .fold(Intervals::default(), |all: Intervals<u128, bool>, one| {
                all.combine(&one, Operation::Union)
            });
        hosts.parts().iter().fold(0_u128, |sum, (first, last, _)| {
            sum.saturating_add(last - first).saturating_add(1)
        })
    }

    /// The ports used in a direction, of one protocol or of both, as ranges that do not touch.
    pub fn ports(
        &self,
        direction: Direction,
        protocol: Option<Protocol>,
    ) -> impl Iterator<Item = (u16, u16)> {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for (own, plane) in Protocol::ALL.into_iter().zip(self.rows(direction)) {
            if protocol.is_none_or(|wanted| wanted == own) {
                ranges.extend(plane.all_ports());
            }
        }
        ranges.sort_unstable();
        let mut joined: Vec<(u16, u16)> = Vec::new();
        for (first, last) in ranges {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        joined.into_iter()
    }

    fn plane(&self, direction: Direction, protocol: Protocol) -> Option<&Plane> {
        let mut rows = Protocol::ALL.into_iter().zip(self.rows(direction));
        rows.find(|(own, _)| *own == protocol)
            .map(|(_, plane)| plane)
    }

    /// The planes of a direction, by protocol.
    fn rows(&self, direction: Direction) -> impl Iterator<Item = &Plane> {
        Direction::ALL
            .into_iter()
            .zip(&self.planes)
            .filter(move |(own, _)| *own == direction)
            .flat_map(|(_, row)| row)
    }

    fn combined(&self, other: &Self, operation: Operation) -> Self {
        let [[out_tcp, out_udp], [in_tcp, in_udp]] = &self.planes;
        let [[other_out_tcp, other_out_udp], [other_in_tcp, other_in_udp]] = &other.planes;
        Self {
            planes: [
                [
                    out_tcp.combine(other_out_tcp, operation),
                    out_udp.combine(other_out_udp, operation),
                ],
                [
                    in_tcp.combine(other_in_tcp, operation),
                    in_udp.combine(other_in_udp, operation),
                ],
            ],
        }
    }
}

impl Plane {
    /// The ranges of ports at any of its hosts, in no order and with repetitions.
    fn all_ports(&self) -> impl Iterator<Item = (u16, u16)> {
        let mut sets: Vec<&PortSet> = Vec::new();
        self.names.sets(&mut sets);
        sets.extend(self.addresses.parts().iter().map(|(.., ports)| ports));
        sets.into_iter()
            .flat_map(|ports| ports.parts().iter().map(|(first, last, _)| (*first, *last)))
    }
}

/// The public addresses, with these ports.
fn public(ports: &PortSet) -> Intervals<u128, PortSet> {
    let four = NOT_PUBLIC_4.iter().map(|&(block, prefix)| AddressBlock {
        address: block.into(),
        prefix: u8::try_from(prefix).unwrap_or(u8::MAX),
    });
    let six = NOT_PUBLIC_6.iter().map(|&(block, prefix)| AddressBlock {
        address: block.into(),
        prefix: u8::try_from(prefix).unwrap_or(u8::MAX),
    });
    // The numbers of mapped addresses are those of IPv4 ones, which have their own blocks.
    let blocks = four.chain(six).filter(|block| block.canonical() == *block);
    blocks.fold(Intervals::new(0, u128::MAX, ports.clone()), |all, block| {
        all.combine(&addresses(&block, ports), Operation::Difference)
    })
}

fn addresses(block: &AddressBlock, ports: &PortSet) -> Intervals<u128, PortSet> {
    block
        .ranges()
        .map(|(first, last)| Intervals::new(first, last, ports.clone()))
        .fold(Intervals::default(), |all, one| {
            all.combine(&one, Operation::Union)
        })
}

fn names(pattern: &NamePattern, ports: PortSet) -> Names<PortSet> {
    match pattern {
        NamePattern::Exact(name) => Names::new(name.labels(), false, ports),
        NamePattern::Below(name) => Names::new(name.labels(), true, ports),
    }
}
