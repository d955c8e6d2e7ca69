//! What is counted: attempts, by what a reader wants told apart.

use super::tally::Classed;
use crate::rules::Protocol;
use purple_plan::AddressPlace;
use std::net::{IpAddr, SocketAddr};

/// Why an attempt was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// By this rule, or because no rule allows it.
    Rules(Option<usize>),
    /// A rule allows it, and the address leads to the host.
    Host,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Denied {
    pub(super) protocol: Protocol,
    pub(super) to: SocketAddr,
    pub(super) why: Refusal,
    pub(super) name: Option<String>,
}

impl Classed for Denied {
    type Group = (Protocol, AddressPlace);
    type Class = u16;

    fn group(&self) -> (Protocol, AddressPlace) {
        let place = match self.why {
            Refusal::Host => AddressPlace::Host,
            Refusal::Rules(_) => AddressPlace::of(self.to.ip()),
        };
        (self.protocol, place)
    }

    fn class(&self) -> u16 {
        self.to.port()
    }
}

/// A name that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked(pub(super) String);

impl Classed for Asked {
    type Group = ();
    type Class = String;

    fn group(&self) {}

    fn class(&self) -> String {
        domain(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WrongName {
    pub(super) to: SocketAddr,
    pub(super) name: Option<String>,
}

impl Classed for WrongName {
    type Group = ();
    type Class = Option<String>;

    fn group(&self) {}

    fn class(&self) -> Option<String> {
        self.name.as_deref().map(domain)
    }
}

/// A name that only gave addresses that are not public, and one of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Withheld {
    pub(super) name: String,
    pub(super) address: IpAddr,
}

impl Classed for Withheld {
    type Group = ();
    type Class = String;

    fn group(&self) {}

    fn class(&self) -> String {
        domain(&self.name)
    }
}

/// The last two labels of a name.
fn domain(name: &str) -> String {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    let start = dots.nth(1).map_or(0, |at| at + 1);
    name.get(start..).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn the_domain_of_a_name() {
        for (name, is) in [
            ("a.b.example.org", "example.org"),
            ("example.org", "example.org"),
            ("org", "org"),
            ("", ""),
        ] {
            assert_eq!(domain(name), is);
        }
    }
}
