//! Addresses, and blocks of them. IPv4 and IPv6 addresses are numbers of one space: an IPv4 address
//! is the IPv6 address that it is mapped to (`::ffff:0:0/96`, RFC 4291, 2.5.5.2).

use std::fmt;
use std::net::IpAddr;

use super::error::QuantityError;
use super::grammar::{Rule, parse, range, shown};

/// An address, or a block of them with a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressBlock {
    /// The first address of the block.
    pub address: IpAddr,
    /// How many leading bits the block's addresses share; all of them for one address.
    pub prefix: u8,
}

/// An IPv4 or IPv6 address, or a block such as `10.0.0.0/8`, in its canonical form: an IPv4 address
/// that is written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 one. Bits after the prefix must be
/// zero.
pub fn address_block(text: &str) -> Result<AddressBlock, QuantityError> {
    let help = HELP;
    let pairs = parse(Rule::address, text, help)?;
    let mut block = None;
    for pair in pairs {
        let at = range(&pair);
        match pair.as_rule() {
            Rule::address_text => {
                let address: IpAddr = pair.as_str().parse().map_err(|_| {
                    let message = format!("{} is not an IP address", shown(pair.as_str()));
                    QuantityError::new(at.clone(), message).with_help(not_an_address(pair.as_str()))
                })?;
                let prefix = if address.is_ipv4() { 32 } else { 128 };
                block = Some(AddressBlock { address, prefix });
            }
            Rule::prefix => {
                let Some(block) = &mut block else { continue };
                let digits = pair.as_str().trim_start_matches('/');
                let most = block.prefix;
                let canonical = digits == "0" || !digits.starts_with('0');
                block.prefix = digits
                    .parse()
                    .ok()
                    .filter(|&prefix: &u8| prefix <= most && canonical)
                    .ok_or_else(|| {
                        QuantityError::new(
                            at.clone(),
                            format!("{} is not a prefix length", shown(pair.as_str())),
                        )
                        .with_help(format!("it goes from `/0` to `/{most}`"))
                    })?;
                let first = block.first();
                if first != block.address {
                    return Err(QuantityError::new(
                        0..text.len(),
                        format!("{} has bits set after its prefix", shown(text)),
                    )
                    .with_help(format!(
                        "write `{first}/{}` for the block, or `{}` for the one address",
                        block.prefix, block.address
                    )));
                }
            }
            _ => {}
        }
    }
    block.map(AddressBlock::canonical).ok_or_else(|| {
        QuantityError::new(0..text.len(), "this is not an IP address").with_help(help)
    })
}

/// An IPv4 or IPv6 address.
pub fn address(text: &str) -> Result<IpAddr, QuantityError> {
    let block = address_block(text)?;
    match text.find('/') {
        Some(at) => Err(QuantityError::new(
            at..text.len(),
            "one address is expected here, not a block",
        )
        .with_help(format!("write `{}`", block.address))),
        None => Ok(block.address),
    }
}

/// The first and the last number of the IPv4 addresses.
const IPV4: (u128, u128) = (0xFFFF_0000_0000, 0xFFFF_FFFF_FFFF);

/// The bits before the IPv4 address in an IPv6 address.
const MAPPED: u8 = 96;

/// The number of an address, the same for an IPv4 address and the IPv6 address it is mapped to.
pub(crate) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl AddressBlock {
    /// Addresses that stand for several hosts: multicast (RFC 5771, RFC 4291) and broadcast (RFC 919).
    pub const TO_MANY: [Self; 3] = [
        Self {
            address: IpAddr::V4(std::net::Ipv4Addr::new(224, 0, 0, 0)),
            prefix: 4,
        },
        Self {
            address: IpAddr::V4(std::net::Ipv4Addr::BROADCAST),
            prefix: 32,
        },
        Self {
            address: IpAddr::V6(std::net::Ipv6Addr::new(0xFF00, 0, 0, 0, 0, 0, 0, 0)),
            prefix: 8,
        },
    ];

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
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u128, u128)> {
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

const HELP: &str =
    "write an address such as `192.0.2.1` or `2001:db8::1`, or a block `192.0.2.0/24`";

/// What somebody may have meant by a text that is no address.
fn not_an_address(text: &str) -> &'static str {
    let zero = |part: &str| part.len() > 1 && part.starts_with('0');
    if text.contains('%') {
        "an address has no zone here: leave out `%` and the text after it"
    } else if text.contains("..") || text.contains(" - ") {
        HELP
    } else if text.contains('-') && text.starts_with(|c: char| c.is_ascii_digit()) {
        "write a range of addresses as blocks, such as `192.0.2.0/24`"
    } else if text.split('.').count() == 4 && text.split('.').any(zero) {
        "write the numbers without zeros in front: programs disagree about what `010` means"
    } else if text.starts_with('[')
        || text
            .rsplit_once(':')
            .is_some_and(|(host, _)| host.contains('.'))
    {
        "write the address without a port and without brackets"
    } else {
        HELP
    }
}
