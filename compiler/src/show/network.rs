//! A plan's network, as the IR has it: what its rules mean is what the evaluator says of them.

use crate::ir::network::{
    Connection, ConnectionRule, Destination, Direction, Effect, Extent, Host, Link, Name,
    NamePattern, Network, Published, Verdict,
};
use crate::quantity::{AddressBlock, Ports, Protocol};
use crate::source::Span;
use purple_plan::{
    HOST_INSIDE_NAME, NetAction, NetRule, NetworkMode, Plan, SourceLine, is_public, landlock_net,
    net_rule_flags,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A plan's network, with the line of each entry.
#[derive(Debug, Clone)]
pub struct PlanNetwork {
    /// The network. The places in it are numbers of entries.
    pub network: Network,
    lines: Vec<SourceLine>,
    /// The line that says how far the network goes.
    extent: SourceLine,
}

impl PlanNetwork {
    /// Reads a plan's network; `None` where a record of it means nothing to this compiler.
    pub fn read(plan: &Plan<'_>) -> Option<Self> {
        let link = match plan.network.mode {
            NetworkMode::Loopback => Link::Loopback,
            NetworkMode::Filtered => Link::Filtered,
            NetworkMode::Host => Link::Host,
        };
        let mut found = Self {
            network: Network {
                link,
                narrowed: None,
                extent: if link == Link::Loopback {
                    Extent::Loopback
                } else {
                    Extent::Everywhere
                },
                extent_span: None,
                entries: Vec::new(),
                lists: [None; 2],
                host_services: Vec::new(),
                published: Vec::new(),
                name_servers: Vec::new(),
            },
            lines: Vec::new(),
            extent: plan.network.line,
        };
        for rule in &plan.net_rules {
            found.add(&rule)?;
        }
        found.listening(plan);
        if link != Link::Filtered {
            found.connecting(plan);
        }
        Some(found)
    }

    /// What the plan says of a connection, with the line that decides.
    pub fn verdict(&self, connection: &Connection) -> (Verdict, SourceLine) {
        let verdict = self.network.verdict(connection);
        let line = match verdict.origin {
            Some(origin) => self.line(origin),
            None if verdict.why == crate::ir::network::Reason::Extent => self.extent,
            None => SourceLine::NONE,
        };
        (verdict, line)
    }

    /// The entry that lets a name be looked up; `None` where none does. No line: it is the sandbox's or the host's own.
    pub fn resolves(&self, name: &Name) -> Option<SourceLine> {
        let text = name.to_string();
        if text == "localhost" {
            return Some(SourceLine::NONE);
        }
        if self.network.link == Link::Host {
            return Some(self.extent);
        }
        if text == HOST_INSIDE_NAME && self.network.link == Link::Filtered {
            let service = self.network.host_services.first()?;
            return Some(self.line(service.1));
        }
        let names = |entry: &&ConnectionRule| {
            entry.effect == Effect::Allow
                && entry.direction == Direction::Out
                && match &entry.destination {
                    Destination::Names(pattern) => pattern.matches(name),
                    Destination::Public | Destination::Anywhere => true,
                    Destination::Addresses(_) => false,
                }
        };
        if self.network.link == Link::Loopback {
            return None;
        }
        let entry = self.network.entries.iter().find(|entry| names(entry));
        let span = entry?.span;
        Some(span.map_or(SourceLine::NONE, |span| self.line(span)))
    }

    /// An entry that opens the port of a connection to an address for a name that gives the address.
    pub fn by_name(&self, connection: &Connection) -> Option<SourceLine> {
        let Host::Address(address) = connection.host else {
            return None;
        };
        let public = is_public(address.to_canonical());
        let entry = self.network.entries.iter().find(|entry| {
            entry.effect == Effect::Allow
                && matches!(entry.destination, Destination::Names(_))
                && entry.ports.hold(connection.port, connection.protocol)
        })?;
        entry.span.filter(|_| public).map(|span| self.line(span))
    }

    /// The ports of the host that lead to a port inside, each with its line.
    pub fn published_to(&self, port: u16) -> impl Iterator<Item = (Published, SourceLine)> {
        let all = self.network.published.iter();
        all.filter(move |(one, _)| one.inside == port)
            .map(|(one, span)| (*one, self.line(*span)))
    }

    /// The line of an entry.
    pub fn line(&self, span: Span) -> SourceLine {
        let line = self.lines.get(span.start).copied();
        line.unwrap_or(SourceLine::NONE)
    }

    /// Where the next entry is, with its line.
    fn place(&mut self, line: SourceLine) -> Span {
        let at = self.lines.len();
        self.lines.push(line);
        Span::new(at, at.saturating_add(1))
    }

    fn add(&mut self, rule: &NetRule<'_>) -> Option<()> {
        let span = self.place(rule.line);
        let address = address(rule.family, &rule.address);
        match rule.action {
            NetAction::HostService => self.network.host_services.push((rule.first_port, span)),
            NetAction::Publish => {
                let one = Published {
                    address: address?,
                    host: rule.first_port,
                    inside: rule.last_port,
                };
                self.network.published.push((one, span));
            }
            NetAction::Allow | NetAction::Block | NetAction::Listen => {
                let effect = match rule.action {
                    NetAction::Block => Effect::Block,
                    _ => Effect::Allow,
                };
                let direction = match rule.action {
                    NetAction::Listen => Direction::In,
                    _ => Direction::Out,
                };
                self.network.entries.push(ConnectionRule {
                    effect,
                    direction,
                    destination: destination(rule, address)?,
                    ports: Ports {
                        first: rule.first_port,
                        last: rule.last_port,
                        protocol: match rule.protocol {
                            6 => Some(Protocol::Tcp),
                            17 => Some(Protocol::Udp),
                            _ => None,
                        },
                    },
                    span: Some(span),
                });
            }
        }
        Some(())
    }

    /// The ports that may be listened on, where no entry says it: those that Landlock leaves, or every one.
    fn listening(&mut self, plan: &Plan<'_>) {
        let mut entries = self.network.entries.iter();
        if !entries.any(|entry| entry.direction == Direction::In) {
            self.by_landlock(plan, Direction::In, landlock_net::BIND_TCP);
        }
    }

    /// The same for those that may be connected to.
    fn connecting(&mut self, plan: &Plan<'_>) {
        self.by_landlock(plan, Direction::Out, landlock_net::CONNECT_TCP);
    }

    fn by_landlock(&mut self, plan: &Plan<'_>, direction: Direction, access: u64) {
        let entry = |ports, span| ConnectionRule {
            effect: Effect::Allow,
            direction,
            destination: Destination::Anywhere,
            ports,
            span,
        };
        let restricted = plan.landlock.iter().any(|level| level.net & access != 0);
        let all = Ports {
            protocol: restricted.then_some(Protocol::Udp),
            ..Ports::ALL
        };
        self.network.entries.push(entry(all, None));
        for ports in plan.ports.iter().filter(|ports| ports.access & access != 0) {
            let span = self.place(ports.line);
            let ports = Ports {
                first: ports.first.max(1),
                last: ports.last,
                protocol: Some(Protocol::Tcp),
            };
            self.network.entries.push(entry(ports, Some(span)));
        }
    }
}

fn destination(rule: &NetRule<'_>, address: Option<IpAddr>) -> Option<Destination> {
    let name = rule.name.to_str().ok()?;
    Some(if !name.is_empty() {
        let name = Name::new(name)?;
        Destination::Names(if rule.flags & net_rule_flags::WILDCARD == 0 {
            NamePattern::Exact(name)
        } else {
            NamePattern::Below(name)
        })
    } else if let Some(address) = address {
        Destination::Addresses(AddressBlock {
            address,
            prefix: u8::try_from(rule.prefix).ok()?,
        })
    } else if rule.flags & net_rule_flags::PUBLIC_ONLY != 0 {
        Destination::Public
    } else {
        Destination::Anywhere
    })
}

/// A record's address; `None` for none.
pub fn address(family: u32, bytes: &[u8; 16]) -> Option<IpAddr> {
    match family {
        4 => {
            let [one, two, three, four, ..] = *bytes;
            Some(IpAddr::V4(Ipv4Addr::new(one, two, three, four)))
        }
        6 => Some(IpAddr::V6(Ipv6Addr::from(*bytes))),
        _ => None,
    }
}
