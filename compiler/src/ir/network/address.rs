//! Addresses and blocks of them. IPv4 and IPv6 addresses are numbers of one space: an IPv4 address is
//! the IPv6 address that it is mapped to (`::ffff:0:0/96`, RFC 4291, 2.5.5.2).

use std::fmt;
use std::net::IpAddr;

/// An address, or a block of them with a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressBlock {
    /// The first address of the block.
    pub address: IpAddr,
    /// How many leading bits the block's addresses share; all of them for one address.
    pub prefix: u8,
}

/// The first and the last number of the IPv4 addresses.
const IPV4: (u128, u128) = (0xFFFF_0000_0000, 0xFFFF_FFFF_FFFF);

/// The bits before the IPv4 address in an IPv6 address.
const MAPPED: u8 = 96;

/// The number of an address, the same for an IPv4 address and the IPv6 address it is mapped to.
pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl AddressBlock {
    /// The loopback addresses (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
    pub const LOOPBACK: [Self; 2] = [
        Self {
            address: IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 0)),
            prefix: 8,
        },
        Self {
            address: IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            prefix: 128,
        },
    ];

    /// The same block, as IPv4 where it is IPv4 inside of IPv6.
    #[must_use]
    pub fn canonical(self) -> Self {
        match (self.address, self.prefix.checked_sub(MAPPED)) {
            (IpAddr::V6(address), Some(prefix)) => {
                address.to_ipv4_mapped().map_or(self, |inner| Self {
                    address: IpAddr::V4(inner),
                    prefix,
                })
            }
            _ => self,
        }
    }

    /// Whether every address of the other block is in this one.
    pub fn contains(&self, other: &Self) -> bool {
        let mine: Vec<(u128, u128)> = self.ranges().collect();
        other.ranges().all(|(first, last)| {
            mine.iter()
                .any(|(start, end)| *start <= first && last <= *end)
        })
    }

    /// The address with the bits after the prefix cleared.
    pub fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let bits = 32_u32.saturating_sub(self.prefix.into());
                IpAddr::V4((address.to_bits() & u32::MAX.checked_shl(bits).unwrap_or(0)).into())
            }
            IpAddr::V6(address) => {
                let bits = 128_u32.saturating_sub(self.prefix.into());
                IpAddr::V6((address.to_bits() & u128::MAX.checked_shl(bits).unwrap_or(0)).into())
            }
        }
    }

    /// The numbers of its addresses, as one range or two. An IPv6 block that is wider than the part
    /// where IPv4 addresses are mapped holds no IPv4 address: no packet to one is IPv6.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u128, u128)> {
        let (whole, base) = match self.address {
            IpAddr::V4(_) => (self.prefix.saturating_add(MAPPED), number(self.first())),
            IpAddr::V6(_) => (self.prefix, number(self.first())),
        };
        let rest = u128::MAX.checked_shr(whole.into()).unwrap_or(0);
        let (first, last) = (base, base | rest);
        let (start, end) = IPV4;
        let parts = if whole < MAPPED && first <= start && end <= last {
            [(first, start - 1), (end + 1, last)]
        } else {
            [(first, last), (1, 0)]
        };
        parts.into_iter().filter(|(low, high)| low <= high)
    }
}

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix }.canonical()
    }
}

impl fmt::Display for AddressBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix == whole {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}
