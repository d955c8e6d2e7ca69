//! The network as text, for `--emit=ir`.

use super::connection::Destination;
use super::definition::{ConnectionRule, Effect, Extent, Link, Network};
use crate::quantity::Ports;
use std::fmt;
use std::net::SocketAddr;

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = match self.link {
            Link::Loopback => "loopback",
            Link::Filtered => "filtered",
            Link::Host => "host",
        };
        let extent = match self.extent {
            Extent::Loopback => "loopback",
            Extent::Everywhere => "everywhere",
        };
        let narrowed = if self.narrowed.is_some() {
            " narrowed"
        } else {
            ""
        };
        writeln!(f, "network {link} wanted {extent}{narrowed}")?;
        for entry in &self.entries {
            writeln!(f, "network {entry}")?;
        }
        for (port, _) in &self.host_services {
            writeln!(f, "network host service {port}")?;
        }
        for (one, _) in &self.published {
            let at = SocketAddr::new(one.address, one.host);
            writeln!(f, "network publish {at} to {}", one.inside)?;
        }
        for (address, _) in &self.name_servers {
            writeln!(f, "network name server {address}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ConnectionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::Allow => "allow",
            Effect::Block => "block",
        };
        write!(f, "{effect} {}", self.direction.name())?;
        match &self.destination {
            Destination::Anywhere => f.write_str(" anywhere")?,
            Destination::Public => f.write_str(" public addresses and names")?,
            Destination::Addresses(block) => write!(f, " {block}")?,
            Destination::Names(pattern) => write!(f, " {pattern}")?,
        }
        if self.ports == Ports::ALL {
            f.write_str(" every port")
        } else {
            write!(f, " {}", self.ports)
        }
    }
}
