//! Ports, ranges of them, and their protocols.

use std::fmt;

/// One port or several that follow each other, for one protocol or for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The first, from 1.
    pub first: u16,
    /// The last; the first one for a single port.
    pub last: u16,
    /// `None`: TCP and UDP.
    pub protocol: Option<Protocol>,
}

/// A protocol that has ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Udp];

    /// The name in policies and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl Ports {
    /// Every port, for both protocols. Port 0 is none: to the kernel it means any free one (ip(7)).
    pub const ALL: Self = Self {
        first: 1,
        last: u16::MAX,
        protocol: None,
    };

    /// Whether they are for a protocol.
    pub fn are_for(self, protocol: Protocol) -> bool {
        self.protocol.is_none_or(|own| own == protocol)
    }

    /// Whether each port of another one is among these.
    pub fn covers(self, other: Self) -> bool {
        self.first <= other.first
            && other.last <= self.last
            && (self.protocol.is_none() || self.protocol == other.protocol)
    }

    /// Whether there is a port in both.
    pub fn meets(self, other: Self) -> bool {
        self.first <= other.last
            && other.first <= self.last
            && (self.protocol.is_none()
                || other.protocol.is_none()
                || self.protocol == other.protocol)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.first != self.last {
            write!(f, "-{}", self.last)?;
        }
        match self.protocol {
            Some(protocol) => write!(f, "/{}", protocol.name()),
            None => Ok(()),
        }
    }
}
