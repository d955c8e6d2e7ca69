//! Destinations, services and published ports: what is read, and what is refused and where.
#![expect(clippy::unwrap_used, reason = "a test says what it relies on")]

use crate::diagnostics::Sink;
use crate::pipeline::{Compilation, Options, Stage, compile};
use crate::source::Source;

fn outcome(network: &str) -> Compilation {
    let text = format!("name: a\nnetwork: {network}\nresources: {{session_timeout_seconds: 60}}\n");
    let options = Options {
        emit: Some(Stage::Ir),
        ..Options::default()
    };
    compile(&Source::new("p", text), &options, Sink::new()).unwrap()
}

/// The findings' codes, and the text that each is at.
fn found(network: &str) -> Vec<(&'static str, String)> {
    let outcome = outcome(network);
    let all = outcome.diagnostics.iter();
    all.map(|one| (one.code, outcome.sources.slice(one.span).to_owned()))
        .collect()
}

fn network_lines(network: &str) -> Vec<String> {
    let outcome = outcome(network);
    assert_eq!(outcome.diagnostics, [], "{network}");
    let listing = outcome.listing.unwrap();
    let lines = listing
        .lines()
        .filter_map(|line| line.strip_prefix("network allow out "));
    lines.map(str::to_owned).collect()
}

#[test]
fn an_entry_says_its_hosts_and_ports_in_one_way() {
    for (entry, means) in [
        ("api.github.com", "api.github.com 443/tcp"),
        ("API.GitHub.com.", "api.github.com 443/tcp"),
        ("*.example.org:443", "*.example.org 443/tcp"),
        ("example.org/udp", "example.org 443/udp"),
        ("example.org:8000-8100/udp", "example.org 8000-8100/udp"),
        ("198.51.100.0/24:5432/tcp", "198.51.100.0/24 5432/tcp"),
        ("198.51.100.7", "198.51.100.7 443/tcp"),
        ("[2001:db8::]/32:443", "2001:db8::/32 443/tcp"),
        ("[2001:db8::1]:53/udp", "2001:db8::1 53/udp"),
        ("[::ffff:198.51.100.7]:444", "198.51.100.7 444/tcp"),
        ("_dns.example.org", "_dns.example.org 443/tcp"),
    ] {
        let list = format!("{{allow: ['{entry}']}}");
        assert_eq!(network_lines(&list), [means], "{entry}");
    }
}

#[test]
fn what_is_no_destination_is_refused_at_the_part_that_is_wrong() {
    let long = format!("{}.org", "a".repeat(64));
    let longer = ["a23456789"; 26].join(".");
    for (entry, code, at) in [
        ("https://a.org", "invalid-destination", "https://"),
        ("a.org:https", "invalid-destination", "https"),
        ("a.org:0", "invalid-port", "0"),
        ("a.org:65536", "invalid-port", "65536"),
        ("a.org:+80", "invalid-port", "+"),
        ("a.org:90-80", "invalid-port", "90-80"),
        ("a.org:443/icmp", "invalid-port", "/icmp"),
        ("*", "wildcard-misplaced", "*"),
        ("a.*.org", "wildcard-misplaced", "a.*.org"),
        ("a*.org:80", "wildcard-misplaced", "a*.org"),
        ("*.*.org", "wildcard-misplaced", "*.*.org"),
        ("münchen.org", "name-not-ascii", "münchen.org"),
        (&long, "name-too-long", &long),
        (&longer, "name-too-long", &longer),
        ("a..org", "invalid-destination", "a..org"),
        ("a b.org", "invalid-destination", "a b.org"),
        ("a.org/24", "invalid-destination", "/24"),
        ("fe80::1%eth0", "invalid-address", "%eth0"),
        ("[fe80::1%eth0]", "invalid-address", "[fe80::1%eth0]"),
        ("2001:db8::1", "invalid-destination", "2001:db8::1"),
        ("[2001:db8::1]/32", "invalid-address", "[2001:db8::1]/32"),
        ("[192.0.2.1]", "invalid-address", "[192.0.2.1]"),
        ("10.0.0.1/8:80", "invalid-address", "10.0.0.1/8"),
        ("10.0.0.0/33", "invalid-address", "10.0.0.0/33"),
        ("300.1.1.1", "invalid-address", "300.1.1.1"),
        ("1.2.3", "invalid-address", "1.2.3"),
        ("a.b.3", "invalid-address", "a.b.3"),
        ("localhost:80", "destination-is-inside", "localhost"),
        (
            "host.purple.internal",
            "destination-is-inside",
            "host.purple.internal",
        ),
        ("@", "invalid-destination", "@"),
        ("@Git", "invalid-destination", "@Git"),
        ("@nobody", "host-group-unknown", "@nobody"),
        ("!a.org", "removes-nothing", "!a.org"),
    ] {
        let found = found(&format!("{{allow: ['{entry}']}}"));
        let first = found
            .first()
            .map(|(code, at)| (*code, at.trim_matches('\'')));
        assert_eq!(first, Some((code, at)), "{entry}: {found:?}");
    }
}

#[test]
fn the_mode_is_what_either_key_says() {
    for (keys, link) in [
        ("{}", "loopback"),
        ("{isolated: true}", "loopback"),
        ("{mode: none}", "loopback"),
        ("{mode: none, isolated: true}", "loopback"),
        ("{isolated: false}", "filtered"),
        ("{mode: filtered, isolated: false}", "filtered"),
        ("{allow: [a.org]}", "filtered"),
        ("{host_services: [80]}", "filtered"),
        ("{publish: [{host: 1, inside: 2}]}", "filtered"),
        ("{allowed_outgoing_ports: [443]}", "loopback"),
        ("{isolated: true, allow: [a.org]}", "loopback"),
        ("{mode: host, reason: x}", "host"),
    ] {
        let listing = outcome(keys).listing.unwrap();
        assert!(
            listing.contains(&format!("network {link} wanted")),
            "{keys}"
        );
    }
    for (keys, code) in [
        ("{mode: none, isolated: false}", "network-mode-conflict"),
        ("{mode: filtered, isolated: true}", "network-mode-conflict"),
        (
            "{mode: host, isolated: true, reason: x}",
            "network-mode-conflict",
        ),
        ("{mode: host}", "network-host-reason"),
        (
            "{mode: host, reason: x, dns_servers: [192.0.2.1]}",
            "network-host-lists",
        ),
    ] {
        let found = found(keys);
        assert!(
            found.iter().any(|(own, _)| *own == code),
            "{keys}: {found:?}"
        );
    }
}

#[test]
fn a_port_of_the_host_has_one_use() {
    let twice = found("{publish: [{host: 1, inside: 2}, {host: 1, inside: 3, address: 0.0.0.0}]}");
    assert!(
        twice.contains(&("publish-twice", "1".to_owned())),
        "{twice:?}"
    );
    let two = found("{publish: [{host: 1, inside: 2}, {host: 1, inside: 3, address: 127.0.0.2}]}");
    assert_eq!(two, []);
    let services = found("{host_services: [80, {port: 80, reason: x}, 53]}");
    let expected = ["80", "53"].map(|at| ("host-service-taken", at.to_owned()));
    assert_eq!(services, expected);
}
