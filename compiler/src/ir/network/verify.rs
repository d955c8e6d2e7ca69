//! The rules of the network: see the list at the top of `ir/verify.rs`.

use super::connection::{Destination, Direction};
use super::connections::Connections;
use super::definition::{Effect, Extent, Link, Network};
use crate::ir::landlock::Landlock;
use crate::quantity::{Ports, Protocol};
use purple_plan::landlock_net;

/// The rule that does not hold, in words.
pub(in crate::ir) fn verify(network: &Network, landlock: &Landlock) -> Result<(), String> {
    for entry in &network.entries {
        let ports = entry.ports;
        if ports.first == 0 || ports.first > ports.last {
            return Err(format!("the ports of `{entry}` are not in order from 1"));
        }
        if let Destination::Addresses(block) = &entry.destination
            && (block.first() != block.address || block.canonical() != *block)
        {
            return Err(format!("the block of `{entry}` has another form"));
        }
    }
    if network.link == Link::Loopback
        && network.extent == Extent::Everywhere
        && network.narrowed.is_none()
    {
        return Err("a wider network is wanted than there is, and nothing says so".to_owned());
    }
    if network.link != Link::Filtered
        && !(network.host_services.is_empty() && network.published.is_empty())
    {
        return Err("something of the host is reached without a filtered network".to_owned());
    }
    if network.link == Link::Filtered && network.extent == Extent::Loopback {
        return Err("a filtered network ends at the loopback interface".to_owned());
    }
    for (access, direction) in [
        (landlock_net::CONNECT_TCP, Direction::Out),
        (landlock_net::BIND_TCP, Direction::In),
    ] {
        let mut levels = landlock.levels.iter();
        if levels.any(|level| level.net & access != 0)
            && !network
                .of(Effect::Allow)
                .ports(direction, Some(Protocol::Tcp))
                .eq(ports(landlock, access, direction))
        {
            let word = direction.name();
            return Err(format!("Landlock has other TCP ports than `allow {word}`"));
        }
    }
    Ok(())
}

/// The ports for which Landlock has a right, as ranges that do not touch.
fn ports(
    landlock: &Landlock,
    access: u64,
    direction: Direction,
) -> impl Iterator<Item = (u16, u16)> {
    let listed = landlock.ports.iter().filter(|one| one.access == access);
    let sets = listed.map(|one| {
        let ports = Ports {
            first: one.first,
            last: one.last,
            protocol: Some(Protocol::Tcp),
        };
        Connections::new(direction, &Destination::Anywhere, ports)
    });
    let all = Connections::union_of(sets.collect());
    all.ports(direction, Some(Protocol::Tcp))
        .collect::<Vec<_>>()
        .into_iter()
}
