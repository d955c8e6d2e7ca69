//! Verdicts.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use super::{Action, Protocol, Rule, Rules, Target, Verdict, is_named, is_within};
use std::net::SocketAddr;

fn rule(action: Action, target: Target, ports: (u16, u16)) -> Rule {
    Rule {
        action,
        protocol: Some(Protocol::Tcp),
        first_port: ports.0,
        last_port: ports.1,
        target,
        server_name: false,
        line: 0,
    }
}

fn named(name: &str, below: bool) -> Target {
    Target::Name {
        name: name.to_owned(),
        below,
    }
}

fn network(text: &str, prefix: u32) -> Target {
    Target::Network(text.parse().unwrap(), prefix)
}

fn to(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn carried(verdict: Verdict) -> Option<usize> {
    match verdict {
        Verdict::Carry { rule, .. } => Some(rule),
        _ => None,
    }
}

fn sample() -> Rules {
    Rules::new(vec![
        rule(Action::Block, network("203.0.113.66", 32), (0, u16::MAX)),
        Rule {
            server_name: true,
            ..rule(Action::Allow, named("api.example.org", false), (443, 443))
        },
        rule(Action::Allow, named("example.net", true), (443, 443)),
        rule(Action::Allow, network("10.1.0.0", 16), (5432, 5432)),
        rule(Action::HostService, Target::Any, (11434, 11434)),
        rule(Action::Publish, Target::Any, (18080, 8080)),
    ])
}

#[test]
fn an_address_is_opened_by_the_names_that_gave_it() {
    let rules = sample();
    let tcp =
        |address: &str, list: &[&str]| rules.verdict(Protocol::Tcp, to(address), &names(list));
    assert_eq!(
        tcp("203.0.113.5:443", &["api.example.org"]),
        Verdict::Carry {
            to: to("203.0.113.5:443"),
            rule: 1,
            server_name: true,
            host: false
        }
    );
    assert_eq!(tcp("203.0.113.5:443", &[]), Verdict::Refused(None));
    assert_eq!(
        tcp("203.0.113.5:444", &["api.example.org"]),
        Verdict::Refused(None)
    );
    assert_eq!(carried(tcp("203.0.113.5:443", &["a.example.net"])), Some(2));
    assert_eq!(carried(tcp("203.0.113.5:443", &["example.net"])), None);
    // Only the entry for a private address opens its ports, also where a name resolves to that address.
    let private = |port: u16, list: &[&str]| carried(tcp(&format!("10.1.0.7:{port}"), list));
    assert!(rules.answers("api.example.org", to("10.1.0.7:0").ip()));
    assert_eq!(private(443, &["api.example.org"]), None);
    assert_eq!(private(5432, &["api.example.org"]), Some(3));
    assert_eq!(private(5432, &[]), Some(3));
    let udp = rules.verdict(
        Protocol::Udp,
        to("203.0.113.5:443"),
        &names(&["api.example.org"]),
    );
    assert_eq!(udp, Verdict::Refused(None));
}

#[test]
fn a_block_beats_names_and_says_which_rule() {
    let verdict = sample().verdict(
        Protocol::Tcp,
        to("203.0.113.66:443"),
        &names(&["api.example.org"]),
    );
    // The rule blocks TCP.
    assert_eq!(verdict, Verdict::Refused(Some(0)));
}

#[test]
fn the_host_is_closed_but_for_its_services() {
    let rules = Rules::new(vec![
        rule(Action::Allow, Target::Any, (1, u16::MAX)),
        rule(Action::HostService, Target::Any, (8000, 80)),
    ]);
    for address in [
        "127.0.0.1:80",
        "0.0.0.0:80",
        "10.77.0.1:8000",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "[::ffff:8.8.8.8]:80",
    ] {
        assert_eq!(
            rules.verdict(Protocol::Tcp, to(address), &[]),
            Verdict::Refused(None),
            "{address}"
        );
    }
    assert_eq!(
        rules.verdict(Protocol::Tcp, to("10.77.0.1:80"), &[]),
        Verdict::Carry {
            to: to("127.0.0.1:8000"),
            rule: 1,
            server_name: false,
            host: true
        }
    );
    assert_eq!(
        rules.verdict(Protocol::Udp, to("10.77.0.1:53"), &[]),
        Verdict::Resolver
    );
    assert_eq!(
        carried(rules.verdict(Protocol::Tcp, to("10.0.0.1:80"), &[])),
        Some(0)
    );
}

#[test]
fn a_port_list_alone_reaches_public_addresses() {
    let rules = Rules::new(vec![rule(Action::Allow, Target::Public, (443, 443))]);
    let tcp = |address: &str| rules.verdict(Protocol::Tcp, to(address), &[]);
    assert_eq!(carried(tcp("8.8.8.8:443")), Some(0));
    assert_eq!(tcp("192.168.0.1:443"), Verdict::Refused(None));
    assert_eq!(tcp("169.254.169.254:443"), Verdict::Refused(None));
    assert!(rules.resolves("anything.test"));
    assert!(rules.answers("anything.test", "8.8.8.8".parse().unwrap()));
    assert!(!rules.answers("anything.test", "10.0.0.1".parse().unwrap()));
}

#[test]
fn listed_names_resolve_and_others_do_not() {
    let rules = sample();
    assert!(rules.resolves("api.example.org"));
    assert!(rules.resolves("a.b.example.net"));
    assert!(!rules.resolves("example.net"));
    assert!(!rules.resolves("evil-example.net"));
    assert!(!rules.resolves("example.org"));
    let answers = |name: &str, address: &str| rules.answers(name, address.parse().unwrap());
    assert!(answers("api.example.org", "203.0.113.5"));
    // Private, unless an entry for addresses opens it.
    assert!(!answers("api.example.org", "10.2.0.1"));
    assert!(answers("api.example.org", "10.1.2.3"));
    assert!(!answers("api.example.org", "127.0.0.1"));
    assert!(!answers("other.example.org", "203.0.113.5"));
}

#[test]
fn a_server_name_is_one_of_the_names_of_the_address() {
    let rules = sample();
    let at = to("203.0.113.5:443");
    let both = names(&["api.example.org", "a.example.net"]);
    assert!(rules.serves(at, &both, "api.example.org"));
    assert!(rules.serves(at, &both, "a.example.net"));
    assert!(!rules.serves(at, &both, "b.example.net"));
    // It gave the address once, but no rule opens the port under it.
    assert!(!rules.serves(at, &names(&["other.test"]), "other.test"));
}

#[test]
fn published_ports_are_bound_to_loopback_unless_an_address_is_given() {
    let rules = Rules::new(vec![
        rule(Action::Publish, network("0.0.0.0", 32), (18080, 8080)),
        rule(Action::Publish, network("192.0.2.1", 32), (1, 2)),
    ]);
    let published: Vec<_> = rules.published().collect();
    assert_eq!(published[0].host, to("127.0.0.1:18080"));
    assert_eq!((published[0].inside, published[0].rule), (8080, 0));
    assert_eq!(published[1].host, to("192.0.2.1:1"));
}

#[test]
fn prefixes_and_wildcards() {
    let within =
        |a: &str, b: &str, prefix| is_within(a.parse().unwrap(), b.parse().unwrap(), prefix);
    assert!(within("1.2.3.4", "0.0.0.0", 0));
    assert!(within("1.2.3.4", "1.2.3.0", 24));
    assert!(!within("1.2.4.4", "1.2.3.0", 24));
    assert!(!within("1.2.3.4", "1.2.3.4", 33));
    assert!(within("2001:db8::1", "2001:db8::", 32));
    assert!(within("2001:db8::1", "::", 0));
    assert!(!within("::1", "0.0.0.0", 0));
    assert!(is_named("a.x.org", "x.org", true));
    assert!(!is_named("x.org", "x.org", true));
    assert!(!is_named("ax.org", "x.org", true));
    assert!(!is_named(".x.org", "x.org", true));
}

#[test]
fn what_stands_for_several_hosts_is_never_carried() {
    let rules = Rules::new(vec![rule(Action::Allow, Target::Any, (1, u16::MAX))]);
    for address in [
        "224.0.0.1:443",
        "239.255.255.250:443",
        "255.255.255.255:443",
        "[ff02::1]:443",
        "[ff0e::1]:443",
    ] {
        let verdict = rules.verdict(Protocol::Tcp, to(address), &[]);
        assert_eq!(verdict, Verdict::Refused(None), "{address}");
    }
    assert_eq!(
        carried(rules.verdict(Protocol::Tcp, to("223.255.255.255:443"), &[])),
        Some(0)
    );
}
