//! Where an address is, for counting attempts by it.

use crate::{HOST_INSIDE, is_public};
use core::net::{IpAddr, Ipv4Addr};

/// Where addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressPlace {
    /// At the host.
    Host,
    /// Where clouds keep credentials, among others (RFC 3927; RFC 4291, 2.5.6).
    LinkLocal,
    /// Private and shared ones (RFC 1918, RFC 4193, RFC 6598).
    Private,
    /// Public ones.
    Public,
    /// All others.
    Special,
}

/// Where one cloud's platform speaks to its machines; see [`crate::NOT_PUBLIC_4`].
const PLATFORM: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

impl AddressPlace {
    /// Where an address is.
    pub fn of(address: IpAddr) -> Self {
        if address == HOST_INSIDE {
            return Self::Host;
        }
        if is_public(address) {
            return Self::Public;
        }
        let (is_link_local, is_private) = match address {
            IpAddr::V4(address) => {
                let [first, second, ..] = address.octets();
                let is_shared = first == 100 && second & 0xC0 == 64;
                (address.is_link_local(), address.is_private() || is_shared)
            }
            IpAddr::V6(address) => (address.is_unicast_link_local(), address.is_unique_local()),
        };
        match (is_link_local || address == PLATFORM, is_private) {
            (true, _) => Self::LinkLocal,
            (_, true) => Self::Private,
            _ => Self::Special,
        }
    }

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::LinkLocal => "link_local",
            Self::Private => "private",
            Self::Public => "public",
            Self::Special => "special",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AddressPlace;

    #[test]
    fn where_addresses_are() {
        for (address, place) in [
            ("10.77.0.1", AddressPlace::Host),
            ("169.254.169.254", AddressPlace::LinkLocal),
            ("168.63.129.16", AddressPlace::LinkLocal),
            ("fe80::1", AddressPlace::LinkLocal),
            ("10.0.0.1", AddressPlace::Private),
            ("100.64.0.1", AddressPlace::Private),
            ("fd00::1", AddressPlace::Private),
            ("8.8.8.8", AddressPlace::Public),
            ("100.128.0.1", AddressPlace::Public),
            ("224.0.0.1", AddressPlace::Special),
            ("::1", AddressPlace::Special),
        ] {
            assert_eq!(
                address.parse().map(AddressPlace::of),
                Ok(place),
                "{address}"
            );
        }
    }
}
