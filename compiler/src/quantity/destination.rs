//! Destinations of connections: names, addresses and groups of names, each with its ports.

use purple_plan::HOST_INSIDE_NAME;
use std::fmt;
use std::ops::Range;

use super::address::{AddressBlock, address_block};
use super::error::QuantityError;
use super::grammar::{Rule, parse, range, shown, signed};
use super::port::{Ports, Protocol, known, numbered};

/// Where a program may connect to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Which hosts.
    pub hosts: Hosts,
    /// Which ports of them; 443/tcp where none is written. One without a protocol is for TCP.
    pub ports: Ports,
    /// Whether a port is written.
    pub has_port: bool,
}

/// Hosts, by names or by addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hosts {
    /// One name, in lower case and without a dot at the end.
    Name(String),
    /// All names below one: `*.example.org`.
    Below(String),
    /// Addresses.
    Block(AddressBlock),
    /// A group of names, without its `@`.
    Group(String),
}

/// What is wrong with a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError {
    /// Which kind of fault.
    pub fault: TargetFault,
    /// What is wrong, and where in the text.
    pub error: QuantityError,
}

/// Kinds of what can be wrong with a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetFault {
    /// It is none.
    Form,
    /// A wildcard where there can be none.
    Wildcard,
    /// A name with letters beyond ASCII.
    NotAscii,
    /// A name that is too long.
    TooLong,
    /// An address that is none.
    Address,
    /// A port that is none.
    Port,
    /// A name of the sandbox's own.
    Inside,
}

/// The port of a destination that has none.
const HTTPS: Ports = Ports {
    first: 443,
    last: 443,
    protocol: Some(Protocol::Tcp),
};

const HELP: &str = "write a name such as `api.github.com`, `\"*.example.org:443\"`, an address such as \
     `192.0.2.1:5432`, a block `10.1.0.0/16:5432`, or `\"[2001:db8::]/32:443\"`";

/// A destination as people write it.
pub fn target(text: &str) -> Result<Target, TargetError> {
    let of = |fault| move |error| TargetError { fault, error };
    let wrong = of(TargetFault::Form);
    if let Some(at) = text.find("://") {
        let error = QuantityError::new(0..at.saturating_add(3), "a destination is not a URL");
        return Err(wrong(
            error.with_help("write the host's name, and its port if it is not 443"),
        ));
    }
    if let Some(at) = text.find('%')
        && text.get(..at).is_some_and(bare_ipv6)
    {
        let error = QuantityError::new(at..text.len(), "an address has no zone here");
        return Err(of(TargetFault::Address)(error.with_help(
            "an address has no zone here: leave out `%` and the text after it",
        )));
    }
    if bare_ipv6(text) {
        let error = QuantityError::new(0..text.len(), "an IPv6 address needs brackets here")
            .with_help(format!(
                "write `\"[{text}]\"`, and a port as in `\"[{text}]:443\"`"
            ));
        return Err(wrong(error));
    }
    let pairs = parse(Rule::destination, text, HELP).map_err(wrong)?;
    let mut host: (&str, Range<usize>, bool) = ("", 0..0, false);
    let mut prefix: Option<(&str, Range<usize>)> = None;
    let mut ends: Vec<(u16, Range<usize>)> = Vec::new();
    let mut protocol = None;
    for pair in pairs {
        let at = range(&pair);
        match pair.as_rule() {
            Rule::host_text => host = (pair.as_str(), at, false),
            Rule::bracketed => host = (pair.as_str(), at, true),
            Rule::block_prefix => prefix = Some((pair.as_str(), at)),
            Rule::sign => return Err(of(TargetFault::Port)(signed(&pair, HELP))),
            Rule::digits => {
                let number = numbered(pair.as_str(), at.clone()).map_err(of(TargetFault::Port))?;
                ends.push((number, at));
            }
            Rule::protocol => {
                let without = "the default is TCP, and a destination has no path";
                protocol = Some(known(pair.as_str(), at, without).map_err(of(TargetFault::Port))?);
            }
            _ => {}
        }
    }
    let has_port = !ends.is_empty();
    let mut ports = HTTPS;
    match ends.as_slice() {
        [(only, _)] => (ports.first, ports.last) = (*only, *only),
        [(first, start), (last, end)] if first > last => {
            let error = QuantityError::new(start.start..end.end, "the range begins above its end");
            return Err(of(TargetFault::Port)(
                error.with_help(format!("write `{last}-{first}`")),
            ));
        }
        [(first, _), (last, _)] => (ports.first, ports.last) = (*first, *last),
        _ => {}
    }
    ports.protocol = protocol.or(HTTPS.protocol);
    let hosts = hosts(host, prefix)?;
    Ok(Target {
        hosts,
        ports,
        has_port,
    })
}

/// Whether the text is an IPv6 address, or a block of them, without brackets.
fn bare_ipv6(text: &str) -> bool {
    let address = text.split('/').next().unwrap_or(text);
    address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// The hosts, out of the text before the port.
fn hosts(
    (text, at, is_bracketed): (&str, Range<usize>, bool),
    prefix: Option<(&str, Range<usize>)>,
) -> Result<Hosts, TargetError> {
    let inner = if is_bracketed {
        text.trim_matches(['[', ']'])
    } else {
        text
    };
    let looks_like_an_address = is_bracketed
        || inner
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if looks_like_an_address {
        let end = prefix.as_ref().map_or(at.end, |(_, at)| at.end);
        let whole = format!("{inner}{}", prefix.map_or("", |(prefix, _)| prefix));
        let block = address_block(&whole).map_err(|mut error| {
            error.range = at.start..end;
            TargetError {
                fault: TargetFault::Address,
                error,
            }
        })?;
        if is_bracketed && !inner.contains(':') {
            let error = QuantityError::new(at, "brackets are for IPv6 addresses")
                .with_help(format!("write `{block}`"));
            return Err(TargetError {
                fault: TargetFault::Address,
                error,
            });
        }
        return Ok(Hosts::Block(block));
    }
    if let Some((_, at)) = prefix {
        let error = QuantityError::new(at, "a prefix length belongs to an address, not to a name");
        return Err(TargetError {
            fault: TargetFault::Form,
            error: error.with_help("a port follows a colon: `example.org:443`"),
        });
    }
    match inner.strip_prefix('@') {
        Some(group) => self::group(group, at).map(Hosts::Group),
        None => name(inner, at),
    }
}

/// A group's name.
fn group(text: &str, at: Range<usize>) -> Result<String, TargetError> {
    let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if !text.is_empty() && text.len() <= 64 && text.bytes().all(is_letter) {
        return Ok(text.to_owned());
    }
    let error = QuantityError::new(at, "this is not the name of a group")
        .with_help("a group is `@` and at most 64 lower-case letters, digits, `-` and `_`");
    Err(TargetError {
        fault: TargetFault::Form,
        error,
    })
}

/// One name or all below one.
fn name(text: &str, at: Range<usize>) -> Result<Hosts, TargetError> {
    let refuse = |fault, message: String, help: String| {
        let error = QuantityError::new(at.clone(), message).with_help(help);
        Err(TargetError { fault, error })
    };
    if matches!(text, "*" | "*.") {
        let help = "list the names that the program needs; `allowed_outgoing_ports` opens a port of every public address";
        let message = "`*` alone would allow every host".to_owned();
        return refuse(TargetFault::Wildcard, message, help.to_owned());
    }
    let (below, rest) = match text.strip_prefix("*.") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest.contains('*') {
        let message = format!("{} has a wildcard that is not its first label", shown(text));
        let help = "a wildcard is the first label of a name: `*.example.org`";
        return refuse(TargetFault::Wildcard, message, help.to_owned());
    }
    if !rest.is_ascii() {
        let message = format!("{} is not written in ASCII", shown(text));
        let help =
            "write the name as resolvers know it, each such label in the form `xn--...` (RFC 5891)";
        return refuse(TargetFault::NotAscii, message, help.to_owned());
    }
    if rest.contains('%') {
        let message = format!("{} has a zone", shown(text));
        let help = "an address has no zone here: leave out `%` and the text after it";
        return refuse(TargetFault::Address, message, help.to_owned());
    }
    let lower = rest.strip_suffix('.').unwrap_or(rest).to_ascii_lowercase();
    if lower.len() > 253 || lower.split('.').any(|label| label.len() > 63) {
        let message = "the name is too long for the name service".to_owned();
        let help =
            "a name has at most 253 bytes, each label between dots at most 63 (RFC 1035, 2.3.4)";
        return refuse(TargetFault::TooLong, message, help.to_owned());
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut labels = lower.split('.');
    if labels.any(|label| label.is_empty() || !label.bytes().all(is_letter)) {
        let message = format!("{} is not the name of a host", shown(text));
        return refuse(TargetFault::Form, message, HELP.to_owned());
    }
    let last = lower.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("{} ends in a number, and is not an address", shown(text));
        return refuse(TargetFault::Address, message, HELP.to_owned());
    }
    if lower == "localhost" || lower.ends_with(".localhost") {
        let message = format!(
            "{} is the sandbox itself, which is always reachable",
            shown(text)
        );
        let help = format!(
            "for a service of the host, list its port under `host_services` and connect to `{HOST_INSIDE_NAME}`"
        );
        return refuse(TargetFault::Inside, message, help);
    }
    if lower == HOST_INSIDE_NAME
        || lower.ends_with(".purple.internal")
        || lower == "purple.internal"
    {
        let message = format!("{} is the name of the host inside the sandbox", shown(text));
        let help = "list the ports of the host's services under `host_services`";
        return refuse(TargetFault::Inside, message, help.to_owned());
    }
    Ok(if below {
        Hosts::Below(lower)
    } else {
        Hosts::Name(lower)
    })
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Group(name) => write!(f, "@{name}"),
            Self::Block(block) if block.address.is_ipv6() => {
                write!(f, "[{}]", block.address)?;
                match block.prefix {
                    128 => Ok(()),
                    prefix => write!(f, "/{prefix}"),
                }
            }
            Self::Block(block) => block.fmt(f),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.hosts, self.ports)
    }
}
