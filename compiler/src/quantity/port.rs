//! Ports, ranges of them, and their protocols.

use std::fmt;
use std::ops::Range;

use super::error::QuantityError;
use super::grammar::{Rule, parse, range, shown, signed};

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

    /// Whether a port of a protocol is one of them.
    pub fn hold(self, port: u16, protocol: Protocol) -> bool {
        (self.first..=self.last).contains(&port) && self.are_for(protocol)
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

/// A port, or a range of them, with its protocol: `443`, `8000-8100`, `53/udp`.
pub fn ports(text: &str) -> Result<Ports, QuantityError> {
    let help = "write a port such as `443`, a range such as `8000-8100`, or one with its protocol: `53/udp`";
    let pairs = parse(Rule::port, text, help)?;
    let mut ends: Vec<(u16, Range<usize>)> = Vec::new();
    let mut protocol = None;
    for pair in pairs {
        let at = range(&pair);
        match pair.as_rule() {
            Rule::sign => return Err(signed(&pair, help)),
            Rule::digits => {
                ends.push((numbered(pair.as_str(), at.clone())?, at));
            }
            Rule::protocol => {
                protocol = Some(known(pair.as_str(), at, "the default is both")?);
            }
            _ => {}
        }
    }
    match ends.as_slice() {
        [(only, _)] => Ok(Ports {
            first: *only,
            last: *only,
            protocol,
        }),
        [(first, start), (last, end)] if first > last => {
            let message = "the range begins above its end".to_owned();
            Err(QuantityError::new(start.start..end.end, message)
                .with_help(format!("write `{last}-{first}`")))
        }
        [(first, _), (last, _)] => Ok(Ports {
            first: *first,
            last: *last,
            protocol,
        }),
        _ => Err(QuantityError::new(0..text.len(), "this is not a port").with_help(help)),
    }
}

/// A port's number.
pub(super) fn numbered(digits: &str, at: Range<usize>) -> Result<u16, QuantityError> {
    let number = digits.parse().ok().filter(|&port| port > 0);
    number.ok_or_else(|| {
        let message = format!("{} is not a port", shown(digits));
        QuantityError::new(at, message).with_help("ports go from 1 to 65535")
    })
}

/// The protocol after a `/`; `without` says what is meant where there is none.
pub(super) fn known(
    text: &str,
    at: Range<usize>,
    without: &str,
) -> Result<Protocol, QuantityError> {
    let word = text.trim_start_matches('/');
    let help = match word {
        "tcp" => return Ok(Protocol::Tcp),
        "udp" => return Ok(Protocol::Udp),
        _ => match word.to_ascii_lowercase().as_str() {
            near @ ("tcp" | "udp") => format!("did you mean `/{near}`?"),
            _ => format!("the protocols are `tcp` and `udp`; {without}"),
        },
    };
    Err(
        QuantityError::new(at, format!("{} is not a protocol with ports", shown(text)))
            .with_help(help),
    )
}
