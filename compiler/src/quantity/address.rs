//! Addresses, and blocks of them.

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
                let first = first_of(*block);
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

impl AddressBlock {
    /// Whether every address of the other block is in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.prefix <= other.prefix
            && self.address.is_ipv4() == other.address.is_ipv4()
            && first_of(Self {
                prefix: self.prefix,
                ..*other
            }) == self.address
    }

    /// The same block, as IPv4 where it is IPv4 inside of IPv6 (`::ffff:0:0/96`, RFC 4291, 2.5.5.2).
    fn canonical(self) -> Self {
        const MAPPED: u8 = 96;
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
        "an address stands without a zone: leave out `%` and what follows"
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
        "an address stands without a port and without brackets"
    } else {
        HELP
    }
}

/// The address with the bits after the prefix cleared.
fn first_of(block: AddressBlock) -> IpAddr {
    match block.address {
        IpAddr::V4(address) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(block.prefix))
                .unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(block.prefix))
                .unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}
