//! What a filtered network has carried and refused: from purple-net's lines to a report, with the entry of a policy that
//! would allow what was refused.
//!
//! purple-net works for a program that is not trusted. A line that is not as it is declared makes the whole text worth nothing.

mod entry;
mod words;

pub use words::{in_full, refused};

pub(super) use words::lines;

use super::read::{Counted, NotDeclared, OwnedValues, counted};
use crate::policy_line;
use entry::{DEFAULT_PORT, allowing, host_service};
use purple_plan::{NetAction, Plan, SourceLine, is_public};
use purple_report::counted as line;
use purple_report::{
    Beyond, Carried, Connections, DeniedConnection, Protocol, RefusedName, Resolver,
    UnansweredService, WithheldName, WrongServerName,
};
use std::net::IpAddr;

/// Reads what purple-net has counted.
pub(super) fn connections(
    plan: &Plan<'_>,
    text: &str,
) -> Result<Connections<OwnedValues>, NotDeclared> {
    let mut all = Connections {
        carried: Vec::new(),
        denied: Vec::new(),
        refused_names: Vec::new(),
        withheld_names: Vec::new(),
        server_names: Vec::new(),
        services: Vec::new(),
        resolvers: Vec::new(),
        beyond: Vec::new(),
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
            Counted::WithheldName(one) => all.withheld_names.push(withheld_name(one)),
            Counted::NoService(one) => {
                let (policy_line, policy_source) = place(plan, rule_line(plan, one.rule));
                all.services.push(UnansweredService {
                    port: one.port,
                    times: one.times,
                    policy_line,
                    policy_source,
                });
            }
            Counted::Resolver(one) => all.resolvers.push(Resolver {
                address: one.address,
                port: one.port,
                unanswered: one.unanswered,
                answered: one.answered,
                errno: one.errno,
            }),
            Counted::Beyond(one) => {
                all.unlisted = all.unlisted.saturating_add(one.times);
                all.beyond.push(Beyond {
                    of: one.of,
                    protocol: one.protocol,
                    addresses: one.addresses,
                    port: one.port,
                    domain: one.domain,
                    times: one.times,
                });
            }
            Counted::Others(others) => {
                all.unlisted = all.unlisted.saturating_add(others.lines_left_out);
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
    let entry = match refusing {
        Some(_) => None,
        None if denied.host => host_service(denied.port, denied.protocol),
        None => allowing(to, denied.port, denied.protocol),
    };
    DeniedConnection {
        protocol: denied.protocol,
        address: denied.address,
        port: denied.port,
        name: denied.name,
        host: denied.host,
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

fn withheld_name(one: line::WithheldName<OwnedValues>) -> WithheldName<OwnedValues> {
    // A public one is blocked.
    let is_private = |address: &IpAddr| !is_public(*address);
    let address = one.address.parse().ok().filter(is_private);
    let entry = address.and_then(|_| allowing(&one.address, DEFAULT_PORT, Protocol::Tcp));
    WithheldName {
        name: one.name,
        address: one.address,
        times: one.times,
        entry,
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::counted;

    /// What purple-net writes, by its own test.
    const COUNTED: &str = include_str!("../../../../schema/report/tests/counted.jsonl");

    #[test]
    fn every_line_of_purple_nets_is_read() {
        let lines: Vec<_> = COUNTED.lines().collect();
        assert_eq!(lines.len(), 11);
        for line in lines {
            assert!(counted(line).is_ok(), "{line}");
        }
    }
}
