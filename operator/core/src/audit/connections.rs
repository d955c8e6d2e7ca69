//! What a filtered network has carried and refused: from purple-net's lines to a report, with the entry of a policy that
//! would allow what was refused.
//!
//! purple-net works for a program that is not trusted. A line that is not as it is declared makes the whole text worth nothing.

use super::read::{Counted, NotDeclared, OwnedValues, counted};
use super::summary::most;
use crate::policy_line;
use purple_plan::{HOST_INSIDE, HOST_INSIDE_NAME, NetAction, Plan, SourceLine};
use purple_report::counted as line;
use purple_report::{
    Carried, Connections, DeniedConnection, Protocol, RefusedName, WrongServerName,
};
use purplec::diagnostics::render::visible;
use std::net::IpAddr;

/// The port that an entry without one means.
const DEFAULT_PORT: u64 = 443;

/// Reads what purple-net has counted.
pub(super) fn connections(
    plan: &Plan<'_>,
    text: &str,
) -> Result<Connections<OwnedValues>, NotDeclared> {
    let mut all = Connections {
        carried: Vec::new(),
        denied: Vec::new(),
        refused_names: Vec::new(),
        server_names: Vec::new(),
        unlisted: 0,
        without_room: 0,
        malformed: 0,
        lost: 0,
    };
    for one in text.lines() {
        match counted(one)? {
            Counted::Rule(rule) => all.carried.push(carried(plan, &rule)),
            Counted::Denied(denied) => all.denied.push(denied_connection(plan, denied)),
            Counted::RefusedName(refused) => all.refused_names.push(RefusedName {
                entry: allowing(&refused.name, DEFAULT_PORT, Protocol::Tcp),
                name: refused.name,
                times: refused.times,
            }),
            Counted::ServerName(wrong) => all.server_names.push(WrongServerName {
                address: wrong.address,
                port: wrong.port,
                name: wrong.name,
                times: wrong.times,
            }),
            Counted::Others(others) => {
                all.unlisted = [
                    others.denied,
                    others.refused_names,
                    others.server_names,
                    others.lines_left_out,
                ]
                .into_iter()
                .fold(0, u64::saturating_add);
                all.without_room = others.without_room;
                all.malformed = others.malformed;
                all.lost = others.lost;
            }
        }
    }
    Ok(all)
}

fn carried(plan: &Plan<'_>, rule: &line::Rule<OwnedValues>) -> Carried<OwnedValues> {
    let (policy_line, policy_source) = place(plan, rule_line(plan, rule.rule));
    Carried {
        policy_line,
        policy_source,
        connections: rule.connections,
        bytes_out: rule.bytes_out,
        bytes_in: rule.bytes_in,
    }
}

fn denied_connection(
    plan: &Plan<'_>,
    denied: line::Denied<OwnedValues>,
) -> DeniedConnection<OwnedValues> {
    let refusing = denied.rule.filter(|&index| is_refusal(plan, index));
    let line = refusing.map_or(SourceLine::NONE, |index| rule_line(plan, index));
    let (policy_line, policy_source) = place(plan, line);
    let to = denied.name.as_ref().unwrap_or(&denied.address);
    let entry = refusing
        .is_none()
        .then(|| allowing(to, denied.port, denied.protocol));
    DeniedConnection {
        protocol: denied.protocol,
        address: denied.address,
        port: denied.port,
        name: denied.name,
        times: denied.times,
        policy_line,
        policy_source,
        entry,
    }
}

fn rule<'p>(plan: &Plan<'p>, index: u64) -> Option<purple_plan::NetRule<'p>> {
    plan.net_rules.iter().nth(usize::try_from(index).ok()?)
}

fn rule_line(plan: &Plan<'_>, index: u64) -> SourceLine {
    rule(plan, index).map_or(SourceLine::NONE, |rule| rule.line)
}

fn is_refusal(plan: &Plan<'_>, index: u64) -> bool {
    rule(plan, index).is_some_and(|rule| rule.action == NetAction::Block)
}

/// The line, and the policy that it is in where that is not the plan's own.
fn place(plan: &Plan<'_>, line: SourceLine) -> (Option<u64>, Option<String>) {
    let number = line.is_some().then(|| line.line().into());
    (number, policy_line::source_of(plan, line))
}

/// The smallest entry of the section `network` that allows this.
fn allowing(to: &str, port: u64, protocol: Protocol) -> String {
    let is_host = to == HOST_INSIDE_NAME || to.parse() == Ok(HOST_INSIDE);
    if is_host && protocol == Protocol::Tcp {
        return format!("host_services: [{port}]");
    }
    let to = bracketed(to);
    let behind = match port {
        DEFAULT_PORT => String::new(),
        port => format!(":{port}"),
    };
    let entry = match protocol {
        Protocol::Tcp => to + &behind,
        Protocol::Udp => to + &behind + "/udp",
    };
    format!("allow: [{entry:?}]")
}

/// A name or an address; in brackets where it has colons, so that a port can follow.
fn bracketed(to: &str) -> String {
    if to.contains(':') {
        format!("[{to}]")
    } else {
        to.to_owned()
    }
}

/// What people see at the end: what was refused most.
pub(super) fn lines(all: &Connections<OwnedValues>) -> Vec<String> {
    let denied = all.denied.iter().map(|one| {
        let (to, port) = (bracketed(&visible(&one.address)), one.port);
        let name = one.name.as_deref().map(visible);
        let name = name.map_or(String::new(), |name| format!(" ({name})"));
        let (times, protocol, why) = (one.times, one.protocol.name(), why(one));
        (
            times,
            format!("{times}x {to}:{port}/{protocol}{name}: {why}"),
        )
    });
    let refused = all.refused_names.iter().map(|one| {
        // One look at a name is a query for each kind of address, and resolvers ask again.
        let queries = match one.times {
            1 => "1 query".to_owned(),
            times => format!("{times} queries"),
        };
        let (name, advice) = (visible(&one.name), would_allow(&one.entry));
        let what = format!("the name {name} ({queries}): {advice} on port {DEFAULT_PORT}");
        (one.times, what)
    });
    let wrong = all.server_names.iter().map(|one| {
        let (to, port) = (bracketed(&visible(&one.address)), one.port);
        let name = one.name.as_deref().map_or("none".to_owned(), visible);
        let times = one.times;
        let what = format!("{times}x TLS to {to}:{port} with the server name {name}");
        let why = "it is not one of the names that resolved to the address";
        (times, format!("{what}: {why}"))
    });
    let refused = denied.chain(refused).chain(wrong).collect();
    let mut lines = most("refused", refused, all.unlisted, |count| {
        format!("{count} other attempts and queries")
    });
    if all.lost > 0 {
        let lost = all.lost;
        lines.push(format!(
            "the kernel did not report {lost} more attempts that it refused"
        ));
    }
    lines
}

fn would_allow(entry: &str) -> String {
    format!("`network: {{{}}}` would allow it", visible(entry))
}

fn why(denied: &DeniedConnection<OwnedValues>) -> String {
    match (&denied.entry, denied.policy_line, &denied.policy_source) {
        (Some(entry), ..) => would_allow(entry) + caution(denied),
        (None, Some(line), source) => {
            let line = policy_line::words(line, source.as_deref());
            format!("{line} refuses it")
        }
        (None, None, _) => "it is blocked".to_owned(),
    }
}

/// What to consider before an entry is added.
fn caution(denied: &DeniedConnection<OwnedValues>) -> &'static str {
    /// The port of DNS.
    const NAMES: u64 = 53;
    let address: Option<IpAddr> = denied.address.parse().ok();
    if address == Some(HOST_INSIDE) {
        return "";
    }
    match address {
        // RFC 3927; the metadata services of clouds are there.
        Some(IpAddr::V4(address)) if address.is_link_local() => {
            ", and clouds keep credentials at such addresses"
        }
        _ if denied.port == NAMES => {
            ", and lookups would pass by the list of names; the sandbox's own name server is 10.77.0.1"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::counted;
    use super::{Protocol, allowing};

    /// What purple-net writes, by its own test.
    const COUNTED: &str = include_str!("../../../../schema/report/tests/counted.jsonl");

    #[test]
    fn every_line_of_purple_nets_is_read() {
        let lines: Vec<_> = COUNTED.lines().collect();
        assert_eq!(lines.len(), 6);
        for line in lines {
            assert!(counted(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn the_smallest_entry() {
        let entry = |to, port, protocol| allowing(to, port, protocol);
        assert_eq!(
            entry("example.org", 443, Protocol::Tcp),
            r#"allow: ["example.org"]"#
        );
        assert_eq!(
            entry("example.org", 80, Protocol::Tcp),
            r#"allow: ["example.org:80"]"#
        );
        assert_eq!(
            entry("2001:db8::1", 443, Protocol::Udp),
            r#"allow: ["[2001:db8::1]/udp"]"#
        );
        assert_eq!(
            entry("10.0.0.7", 53, Protocol::Udp),
            r#"allow: ["10.0.0.7:53/udp"]"#
        );
        assert_eq!(
            entry("10.77.0.1", 8080, Protocol::Tcp),
            "host_services: [8080]"
        );
        assert_eq!(
            entry("host.purple.internal", 443, Protocol::Tcp),
            "host_services: [443]"
        );
    }
}
