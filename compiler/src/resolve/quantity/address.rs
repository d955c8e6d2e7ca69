//! Addresses, and blocks of them.

use std::net::IpAddr;

use crate::ir::network::AddressBlock;

use super::{QuantityError, Rule, parse, range, shown};

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
