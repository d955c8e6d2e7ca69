//! Ports, ranges of them, and their protocols.

use std::ops::Range;

use crate::ir::network::{Ports, Protocol};

use super::{QuantityError, Rule, parse, range, shown, signed};

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
                let number = pair.as_str().parse().ok().filter(|&port| port > 0);
                let number = number.ok_or_else(|| {
                    let message = format!("{} is not a port", shown(pair.as_str()));
                    QuantityError::new(at.clone(), message).with_help("ports go from 1 to 65535")
                })?;
                ends.push((number, at));
            }
            Rule::protocol => protocol = Some(known(pair.as_str(), at)?),
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

/// The protocol after a `/`.
fn known(text: &str, at: Range<usize>) -> Result<Protocol, QuantityError> {
    let word = text.trim_start_matches('/');
    let help = match word {
        "tcp" => return Ok(Protocol::Tcp),
        "udp" => return Ok(Protocol::Udp),
        _ => match word.to_ascii_lowercase().as_str() {
            near @ ("tcp" | "udp") => format!("did you mean `/{near}`?"),
            _ => "the protocols are `tcp` and `udp`; without one both are meant".to_owned(),
        },
    };
    Err(
        QuantityError::new(at, format!("{} is not a protocol with ports", shown(text)))
            .with_help(help),
    )
}
