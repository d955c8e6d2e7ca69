//! A plan's network in words.

use super::super::source_line;
use purple_plan::{NetAction, NetRule, NetworkMode, Plan, net_rule_flags, network_flags};
use purplec::show::network::address;
use std::net::SocketAddr;

/// Each thing that the network has, the mode first.
pub(super) fn words(plan: &Plan<'_>) -> Vec<String> {
    let narrowed = plan.network.flags & network_flags::NARROWED != 0;
    let mode = match plan.network.mode {
        NetworkMode::Loopback if narrowed => "loopback only (the policy asks for more)",
        NetworkMode::Loopback => "loopback only",
        NetworkMode::Filtered => "filtered: everything that is not listed is refused",
        NetworkMode::Host => "the host's: everything that the host reaches, and its own services",
    };
    let mut lines = vec![mode.to_owned()];
    for rule in &plan.net_rules {
        let line = source_line::words(plan, rule.line);
        let line = line.map_or(String::new(), |line| format!(" ({line})"));
        lines.push(format!("{}{line}", entry(&rule)));
    }
    if plan.network.mode == NetworkMode::Filtered {
        let servers: Vec<String> = plan
            .net_resolvers
            .iter()
            .filter_map(|one| Some(address(one.family, &one.address)?.to_string()))
            .collect();
        lines.push(match servers.as_slice() {
            [] => "names are resolved by the host's resolvers".to_owned(),
            servers => format!("names are resolved by {}", servers.join(", ")),
        });
    }
    lines
}

/// An entry in words.
pub(super) fn entry(rule: &NetRule<'_>) -> String {
    let ports = ports(rule);
    let host = host(rule);
    match rule.action {
        NetAction::Allow => format!("connects to {host}, {ports}"),
        NetAction::Block => format!("never connects to {host}"),
        NetAction::HostService => format!("connects to port {} of the host, tcp", rule.first_port),
        NetAction::Publish => {
            let at = address(rule.family, &rule.address);
            let at = at.map(|address| SocketAddr::new(address, rule.first_port).to_string());
            format!(
                "{} of the host leads to port {} inside",
                at.unwrap_or_default(),
                rule.last_port
            )
        }
        NetAction::Listen => format!("listens on {ports}"),
    }
}

fn host(rule: &NetRule<'_>) -> String {
    let name = rule.name.to_string_lossy();
    if !name.is_empty() {
        let below = rule.flags & net_rule_flags::WILDCARD != 0;
        return format!("{}{name}", if below { "*." } else { "" });
    }
    match address(rule.family, &rule.address) {
        Some(address) => {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            match rule.prefix {
                prefix if prefix == whole => address.to_string(),
                prefix => format!("{address}/{prefix}"),
            }
        }
        None if rule.flags & net_rule_flags::PUBLIC_ONLY != 0 => {
            "every public address and name".to_owned()
        }
        None => "every address".to_owned(),
    }
}

fn ports(rule: &NetRule<'_>) -> String {
    let protocol = match rule.protocol {
        6 => "tcp",
        17 => "udp",
        _ => "tcp and udp",
    };
    match (rule.first_port, rule.last_port) {
        (0 | 1, u16::MAX) => format!("every port, {protocol}"),
        (first, last) if first == last => format!("port {first}, {protocol}"),
        (first, last) => format!("ports {first}-{last}, {protocol}"),
    }
}
