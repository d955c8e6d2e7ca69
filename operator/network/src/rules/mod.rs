//! What the plan opens: the verdict for an address, a port and a name.

mod read;

use purple_plan::{HOST_INSIDE, OWN_INSIDE, is_public};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The port of DNS.
pub const DNS_PORT: u16 = 53;

/// The port on which a server name must be one of the address's, where a rule asks for that.
const TLS_PORT: u16 = 443;

/// What is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `IPPROTO_TCP`.
    Tcp,
    /// `IPPROTO_UDP`.
    Udp,
}

impl Protocol {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The number in packets (`IPPROTO_TCP`, `IPPROTO_UDP`).
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

/// The addresses that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every one.
    Any,
    /// The public ones.
    Public,
    /// Those whose first bits are these.
    Network(IpAddr, u32),
    /// The public ones that a name gave: the name itself, or the names strictly below it.
    Name {
        /// The name, in lower case, without a dot at the end.
        name: String,
        /// Whether the names below it are meant, and not it.
        below: bool,
    },
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Carries.
    Allow,
    /// Refuses, whatever allows.
    Block,
    /// Carries to a port of the host's loopback address.
    HostService,
    /// Carries from a port of the host.
    Publish,
    /// Concerns the rules of the kernel alone.
    Listen,
}

/// One entry of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// Of which protocol; of both without.
    pub protocol: Option<Protocol>,
    /// The first port; the host's for services and published ports.
    pub first_port: u16,
    /// The last port; the inside's for services and published ports.
    pub last_port: u16,
    /// To which addresses.
    pub target: Target,
    /// Whether the server name in TLS must be a name that gave the address.
    pub server_name: bool,
    /// The number of the policy's line, see [`purple_plan::SourceLine`].
    pub line: u32,
}

impl Rule {
    fn is_of(&self, protocol: Protocol, port: u16) -> bool {
        self.protocol.is_none_or(|own| own == protocol)
            && (self.first_port..=self.last_port).contains(&port)
    }

    fn names(&self, name: &str) -> bool {
        match &self.target {
            Target::Name { name: own, below } => is_named(name, own, *below),
            _ => false,
        }
    }

    fn holds(&self, address: IpAddr, names: &[String]) -> bool {
        match &self.target {
            Target::Any => true,
            Target::Public => is_public(address),
            Target::Network(network, prefix) => is_within(address, *network, *prefix),
            // Another entry may open a private address, and a name that gives it has only that entry's ports.
            Target::Name { .. } => is_public(address) && names.iter().any(|name| self.names(name)),
        }
    }

    /// Which of the rules that allow is named: one for addresses before one for ports, and that before one
    /// for a name, as the compiler's evaluator says. So what asks for no server name comes first.
    fn rank(&self) -> u8 {
        match self.target {
            Target::Any | Target::Network(..) => 0,
            Target::Public => 1,
            Target::Name { .. } => 2,
        }
    }
}

/// A port of the host that leads inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Where to listen on the host.
    pub host: SocketAddr,
    /// The port inside.
    pub inside: u16,
    /// The rule's index.
    pub rule: usize,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is for the resolver.
    Resolver,
    /// It is carried to this address.
    Carry {
        /// The address outside.
        to: SocketAddr,
        /// The rule that allows it.
        rule: usize,
        /// Whether a server name must come first.
        server_name: bool,
        /// Whether it may be an address of the host's own.
        host: bool,
    },
    /// It is refused, by a rule or because no rule allows it.
    Refused(Option<usize>),
}

/// The plan's entries in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
}

impl Rules {
    /// Rules in the policy's order.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// The rules in the policy's order.
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    fn first(&self, of: impl Fn(&Rule) -> bool) -> Option<(usize, &Rule)> {
        self.rules.iter().enumerate().find(|(_, rule)| of(rule))
    }

    /// What becomes of a connection to `to`, an address that `names` gave.
    pub fn verdict(&self, protocol: Protocol, to: SocketAddr, names: &[String]) -> Verdict {
        let (address, port) = (to.ip(), to.port());
        if address == HOST_INSIDE {
            return self.of_the_host(protocol, port);
        }
        if is_never_carried(address) {
            return Verdict::Refused(None);
        }
        let matches = |rule: &Rule, action: Action| {
            rule.action == action && rule.is_of(protocol, port) && rule.holds(address, names)
        };
        if let Some((rule, _)) = self.first(|rule| matches(rule, Action::Block)) {
            return Verdict::Refused(Some(rule));
        }
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| matches(rule, Action::Allow))
            .min_by_key(|(_, rule)| (rule.rank(), rule.server_name))
            .map_or(Verdict::Refused(None), |(index, rule)| Verdict::Carry {
                to,
                rule: index,
                server_name: rule.server_name && protocol == Protocol::Tcp && port == TLS_PORT,
                host: false,
            })
    }

    fn of_the_host(&self, protocol: Protocol, port: u16) -> Verdict {
        // Where no name is listed, it answers that the name does not exist.
        if port == DNS_PORT {
            return Verdict::Resolver;
        }
        self.first(|rule| {
            rule.action == Action::HostService
                && rule.last_port == port
                && rule.protocol.is_none_or(|own| own == protocol)
        })
        .map_or(Verdict::Refused(None), |(index, rule)| Verdict::Carry {
            to: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), rule.first_port),
            rule: index,
            server_name: false,
            host: true,
        })
    }

    /// Whether `name` may be asked for.
    pub fn resolves(&self, name: &str) -> bool {
        self.rules.iter().any(|rule| {
            rule.action == Action::Allow && (rule.target == Target::Public || rule.names(name))
        })
    }

    /// Whether any name may be asked for.
    pub fn asks_names(&self) -> bool {
        self.rules.iter().any(|rule| {
            rule.action == Action::Allow
                && matches!(rule.target, Target::Public | Target::Name { .. })
        })
    }

    /// Whether some service of the host is open.
    pub fn has_host_services(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.action == Action::HostService)
    }

    /// Whether an answer to `name` may hold `address`: some connection to it would be carried.
    pub fn answers(&self, name: &str, address: IpAddr) -> bool {
        let blocked = |rule: &Rule| {
            rule.action == Action::Block
                && rule.protocol.is_none()
                && rule.first_port <= 1
                && rule.last_port == u16::MAX
                && rule.holds(address, &[])
        };
        if is_never_carried(address) || self.rules.iter().any(blocked) {
            return false;
        }
        let public = is_public(address);
        self.rules.iter().any(|rule| {
            rule.action == Action::Allow
                && match &rule.target {
                    // An entry for addresses opens what it covers, under whatever name.
                    Target::Any | Target::Network(..) => rule.holds(address, &[]),
                    Target::Public => public,
                    Target::Name { .. } => public && rule.names(name),
                }
        })
    }

    /// Whether a server that was reached at `to` may be asked for `server`, one of the `names` that gave
    /// the address.
    pub fn serves(&self, to: SocketAddr, names: &[String], server: &str) -> bool {
        names.iter().any(|name| name == server)
            && matches!(
                self.verdict(Protocol::Tcp, to, &[server.to_owned()]),
                Verdict::Carry { .. }
            )
    }

    /// The ports of the host that lead inside.
    pub fn published(&self) -> impl Iterator<Item = Published> {
        self.rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.action == Action::Publish)
            .map(|(index, rule)| Published {
                host: SocketAddr::new(
                    match rule.target {
                        Target::Network(address, _) if !address.is_unspecified() => address,
                        _ => Ipv4Addr::LOCALHOST.into(),
                    },
                    rule.first_port,
                ),
                inside: rule.last_port,
                rule: index,
            })
    }
}

/// Addresses that no rule opens: the host's loopback, under all its names, and those that stand for several hosts, of which
/// the host is one.
fn is_never_carried(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.octets().first() == Some(&0)
                || address.is_multicast()
                || address.is_broadcast()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || address.to_ipv4_mapped().is_some()
        }
    }
}

/// Whether an address is one of the sandbox's own. Every address is local inside, so that a program can take another one, and
/// an answer to it would come back as a datagram of its own.
pub fn is_own(address: IpAddr) -> bool {
    address.is_loopback() || OWN_INSIDE.contains(&address)
}

/// Whether `address` has the first `prefix` bits of `network`.
fn is_within(address: IpAddr, network: IpAddr, prefix: u32) -> bool {
    let (differ, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits()), 32_u32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128),
        _ => return false,
    };
    width
        .checked_sub(prefix)
        .is_some_and(|free| differ.checked_shr(free).unwrap_or(0) == 0)
}

/// Whether `name` is `own`, or with `below` a name strictly below it.
fn is_named(name: &str, own: &str, below: bool) -> bool {
    if !below {
        return name == own;
    }
    name.strip_suffix(own)
        .and_then(|left| left.strip_suffix('.'))
        .is_some_and(|left| !left.is_empty())
}

#[cfg(test)]
mod tests;
