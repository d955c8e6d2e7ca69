//! Questions about the network: what may be connected to, looked up and listened on.

use crate::cli::{output, source_line};
use purple_plan::{HOST_INSIDE_NAME, Plan, SourceLine};
use purplec::diagnostics::render::visible;
use purplec::ir::network::{Connection, Direction, Host, Link, Name, Reason};
use purplec::quantity::{Hosts, Ports, Protocol, ports, target};
use purplec::show::network::PlanNetwork;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A question about the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// May the program connect there?
    Connect(Connection),
    /// Is the name looked up for it?
    Resolve(Name),
    /// May it listen there?
    Listen(u16, Protocol),
}

impl Question {
    /// The question, where the words are one about the network: `connect HOST:PORT[/PROTOCOL]`, `resolve NAME`, `listen
    /// PORT[/PROTOCOL]`. `connect` and `listen` are names of calls too: with an argument by its name, or a number for
    /// `connect`, they are.
    pub(super) fn parse(word: &str, arguments: &[String]) -> Option<Result<Self, String>> {
        let [argument] = arguments else {
            return (word == "resolve").then(|| Err("`resolve` takes one name".to_owned()));
        };
        let is_argument = argument.contains('=') || argument.contains('|');
        match word {
            "resolve" => Some(
                Name::new(argument)
                    .map(Self::Resolve)
                    .ok_or_else(|| format!("`{}` is not a name", visible(argument))),
            ),
            "connect" if !is_argument && argument.contains(['.', ':', '[', '@']) => {
                Some(connection(argument).map(Self::Connect))
            }
            "listen" if !is_argument => match ports(argument) {
                Ok(Ports {
                    first,
                    last,
                    protocol,
                }) if first == last => {
                    Some(Ok(Self::Listen(first, protocol.unwrap_or(Protocol::Tcp))))
                }
                Ok(_) => Some(Err("ask about one port".to_owned())),
                Err(error) if is_port_like(argument) => {
                    Some(Err(format!("{}: {}", error.message, error.help)))
                }
                Err(_) => None,
            },
            _ => None,
        }
    }
}

/// Whether a text is meant as a port, and not as the value of an argument.
fn is_port_like(text: &str) -> bool {
    let (number, _protocol) = text.split_once('/').unwrap_or((text, ""));
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'-';
    number.starts_with(|first: char| first.is_ascii_digit()) && number.bytes().all(is_part)
}

fn connection(text: &str) -> Result<Connection, String> {
    let inside = |name: &str| {
        let (host, rest) = text.split_once(':').unwrap_or((text, "443"));
        (host == name).then(|| ports(rest)).and_then(Result::ok)
    };
    for name in ["localhost", HOST_INSIDE_NAME] {
        if let (Some(ports), Some(host)) = (inside(name), Name::new(name)) {
            return one(Host::Name(host), ports);
        }
    }
    let found =
        target(text).map_err(|error| format!("{}: {}", visible(text), error.error.message))?;
    let host = match found.hosts {
        Hosts::Name(name) => Name::new(&name).map(Host::Name),
        Hosts::Block(block) if block == block.address.into() => Some(Host::Address(block.address)),
        _ => None,
    };
    let host = host.ok_or_else(|| format!("`{}` is not one host", visible(text)))?;
    one(host, found.ports)
}

fn one(host: Host, ports: Ports) -> Result<Connection, String> {
    if ports.first != ports.last {
        return Err("ask about one port".to_owned());
    }
    Ok(Connection {
        direction: Direction::Out,
        protocol: ports.protocol.unwrap_or(Protocol::Tcp),
        host,
        port: ports.first,
    })
}

/// An answer: the question in words, whether it is yes, why, and the line that decides.
pub(super) struct Answer {
    question: String,
    allowed: bool,
    because: String,
    line: SourceLine,
}

/// Answers from the plan alone.
pub(super) fn answer(plan: &Plan<'_>, question: &Question) -> Result<Answer, String> {
    let network = PlanNetwork::read(plan)
        .ok_or_else(|| "this compiler cannot read the plan's network".to_owned())?;
    Ok(match question {
        Question::Connect(connection) => connect(&network, connection),
        Question::Resolve(name) => resolve(&network, name),
        Question::Listen(port, protocol) => listen(&network, *port, *protocol),
    })
}

fn connect(network: &PlanNetwork, connection: &Connection) -> Answer {
    let (verdict, line) = network.verdict(connection);
    let host = match &connection.host {
        Host::Name(name) => format!("{name}:{}", connection.port),
        Host::Address(address) => SocketAddr::new(*address, connection.port).to_string(),
    };
    let mut line = line;
    let because = match (verdict.why, &connection.host) {
        (Reason::Own, _) if line.is_some() => "a service of the host that the policy lists",
        (Reason::Own, _) => "it stays inside the sandbox, or goes to its resolver",
        (Reason::Allowed, Host::Name(_)) if network.network.link == Link::Filtered => {
            "an entry allows it, at the public addresses of the name that are not blocked"
        }
        (Reason::Allowed, _) => "an entry allows it",
        (Reason::Blocked, _) => "an entry blocks it",
        (Reason::Extent, _) => "the network has only a loopback interface",
        (Reason::Unlisted, _) => match network.by_name(connection) {
            Some(by_name) => {
                line = by_name;
                "no entry lists the address; one allows the port if a name that it lists resolves to the address"
            }
            None => "no entry allows it",
        },
    };
    Answer {
        question: format!("connect to {host}/{}", connection.protocol.name()),
        allowed: verdict.allowed,
        because: because.to_owned(),
        line,
    }
}

fn resolve(network: &PlanNetwork, name: &Name) -> Answer {
    let found = network.resolves(name);
    let because = match (found, network.network.link) {
        (Some(line), _) if line.is_some() => "an entry allows it",
        (Some(_), _) => "it is the sandbox's own",
        (None, Link::Loopback) => "the network has only a loopback interface",
        (None, _) => "no entry lists it: the answer is NXDOMAIN, and no query is sent",
    };
    Answer {
        question: format!("resolve {name}"),
        allowed: found.is_some(),
        because: because.to_owned(),
        line: found.unwrap_or(SourceLine::NONE),
    }
}

fn listen(network: &PlanNetwork, port: u16, protocol: Protocol) -> Answer {
    let connection = Connection {
        direction: Direction::In,
        protocol,
        host: Host::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        port,
    };
    let (verdict, line) = network.verdict(&connection);
    let mut because = match verdict.why {
        Reason::Allowed | Reason::Own if line.is_some() => "an entry allows it".to_owned(),
        Reason::Allowed | Reason::Own => "the program may use every port of the sandbox".to_owned(),
        _ => "the policy lists other ports".to_owned(),
    };
    if verdict.allowed && protocol == Protocol::Tcp {
        let ways: Vec<String> = network
            .published_to(port)
            .map(|(one, _)| SocketAddr::new(one.address, one.host).to_string())
            .collect();
        because = match ways.as_slice() {
            _ if network.network.link == Link::Host => format!("{because}; the port is the host's"),
            [] => format!("{because}; no port outside leads there"),
            ways => format!("{because}; {} of the host leads there", ways.join(", ")),
        };
    }
    Answer {
        question: format!("listen on {port}/{}", protocol.name()),
        allowed: verdict.allowed,
        because,
        line,
    }
}

/// For people.
pub(super) fn words(plan: &Plan<'_>, answer: &Answer) -> String {
    let verdict = if answer.allowed { "allowed" } else { "refused" };
    let line = source_line::words(plan, answer.line);
    let line = line.map_or(String::new(), |line| format!(" ({line})"));
    format!(
        "{}: {verdict}\n  {}{line}\n",
        answer.question, answer.because
    )
}

/// For programs.
pub(super) fn object(plan: &Plan<'_>, answer: &Answer) -> Value {
    json!({
        "question": answer.question,
        "allowed": answer.allowed,
        "because": answer.because,
        "line": source_line::line(answer.line),
        "source": source_line::source(plan, answer.line),
    })
}

/// The text in the form that was asked for.
pub(super) fn print(plan: &Plan<'_>, answer: &Answer, as_json: bool) -> String {
    if as_json {
        output::json(&object(plan, answer))
    } else {
        words(plan, answer)
    }
}
