//! Lists of ports, name servers and blocked addresses.

use super::{codes, outcome};

#[test]
fn a_protocol_beside_a_list_of_ports_is_reported_and_without_a_list_is_not() {
    let guarded = |network: &str, condition: &str| {
        let text = format!(
            "name: a\nnetwork: {{{network}}}\nsyscalls:\n  default_deny: false\n  \
             allow: [{{socket: 'domain == AF_INET && {condition}'}}]\n"
        );
        codes(&text)
            .iter()
            .filter(|code| **code == "guarded-value-allowed")
            .count()
    };
    for ports in [
        "isolated: true, allowed_outgoing_ports: [443]",
        "isolated: false, allowed_incoming_ports: [80]",
    ] {
        for (condition, found) in [
            ("protocol == IPPROTO_MPTCP", 1),
            ("protocol in {IPPROTO_MPTCP, IPPROTO_SMC}", 2),
            ("protocol == IPPROTO_UDP", 0),
            ("protocol != IPPROTO_MPTCP", 0),
        ] {
            assert_eq!(guarded(ports, condition), found, "{ports}: {condition}");
        }
    }
    for none in [
        "dns_servers: []",
        "isolated: false, allowed_outgoing_ports: [443]",
    ] {
        assert_eq!(guarded(none, "protocol == IPPROTO_MPTCP"), 0, "{none}");
    }
}

#[test]
fn ports_that_no_socket_can_use_are_reported_whatever_denies_the_sockets() {
    let found = |network: &str, lists: &str| {
        let text = format!(
            "name: a\nresources: {{session_timeout_seconds: 9}}\nnetwork: {{isolated: false, {network}}}\n\
             syscalls: {{default_deny: false, {lists}}}\n"
        );
        let outcome = outcome(&text);
        let mut all = outcome.diagnostics.iter();
        all.find(|one| one.code == "ports-without-socket")
            .map(|one| one.message.clone())
    };
    let families = "`socket` is denied for the families inet and inet6";
    for (lists, why) in [
        (
            "deny: [{socket: 'domain in {AF_INET, AF_INET6}'}]",
            Some(families),
        ),
        ("allow: [{socket: 'domain == AF_UNIX'}]", Some(families)),
        (
            "advanced_rules: [{syscall: socket, action: notify}]",
            Some("`socket` is denied"),
        ),
        ("deny: [socket, connect, bind]", Some("`socket` and")),
        ("deny: [{socket: 'domain == AF_INET6'}]", None),
        ("deny: [{socket: 'type & 0xf == SOCK_DGRAM'}]", None),
        (
            "allow: [{socket: 'domain == AF_INET && type == (SOCK_STREAM | SOCK_CLOEXEC)'}]",
            None,
        ),
        (
            "allow: [{socket: 'domain == AF_INET6 && protocol == IPPROTO_UDP'}]",
            None,
        ),
        ("advanced_rules: [{syscall: socket, action: log}]", None),
    ] {
        for network in [
            "allowed_outgoing_ports: [443]",
            "allowed_incoming_ports: [80/udp]",
        ] {
            let message = found(network, lists);
            let said = message
                .as_deref()
                .is_some_and(|text| why.is_some_and(|why| text.contains(why)));
            assert!(
                said || message.is_none() && why.is_none(),
                "{lists}: {message:?}"
            );
        }
    }
}

fn section(lines: &str) -> Vec<&'static str> {
    let text = format!(
        "name: a\nresources: {{session_timeout_seconds: 60}}\nnetwork:\n  isolated: false\n{lines}"
    );
    codes(&text)
}

#[test]
fn a_name_server_is_blocked_however_its_address_is_written() {
    for (block, server, is_blocked) in [
        ("192.0.2.0/24", "192.0.2.53", true),
        ("::ffff:192.0.2.0/120", "192.0.2.53", true),
        ("192.0.2.53", "::ffff:192.0.2.53", true),
        ("::ffff:c000:235", "192.0.2.53", true),
        ("0.0.0.0/0", "192.0.2.53", true),
        ("2001:db8::/32", "2001:db8::1", true),
        // No packet to an IPv4 address is IPv6.
        ("::/0", "192.0.2.53", false),
        ("::fffe:0:0/95", "192.0.2.53", false),
        ("2001:db8::/32", "2001:db9::1", false),
        ("192.0.2.0/24", "192.0.3.53", false),
    ] {
        let found = section(&format!(
            "  blocked_ips: [\"{block}\"]\n  dns_servers: [\"{server}\"]\n"
        ));
        let blocked = found.contains(&"dns-server-blocked");
        assert_eq!(blocked, is_blocked, "{block} {server} {found:?}");
    }
}

#[test]
fn name_servers_are_of_use_where_something_that_is_allowed_has_a_name() {
    for (list, is_unused) in [
        ("allow: [\"203.0.113.7:443\"]", true),
        ("allowed_incoming_ports: [443]", true),
        ("allow: [a.org]", false),
        ("allow: [\"*.a.org\"]", false),
        ("allowed_outgoing_ports: [443]", false),
        ("host_services: [80]", false),
    ] {
        let found = section(&format!("  {list}\n  dns_servers: [192.0.2.53]\n"));
        let unused = found.contains(&"dns-port-closed");
        assert_eq!(unused, is_unused, "{list} {found:?}");
    }
}

#[test]
fn blocks_overlap_however_they_are_written() {
    for (first, second, overlap) in [
        ("192.0.2.0/24", "::ffff:192.0.2.0/120", true),
        ("::ffff:192.0.0.0/112", "192.0.2.1", true),
        ("::/0", "2001:db8::/32", true),
        ("::/0", "192.0.2.0/24", false),
    ] {
        let found = section(&format!("  blocked_ips: [\"{first}\", \"{second}\"]\n"));
        let overlaps = found.contains(&"address-overlap");
        assert_eq!(overlaps, overlap, "{first} {second} {found:?}");
    }
}

/// What the help to a finding says, by its code.
fn help(text: &str, code: &str) -> String {
    let outcome = outcome(text);
    let mut all = outcome.diagnostics.iter();
    let found = all.find(|one| one.code == code);
    found.and_then(|one| one.help.clone()).unwrap_or_default()
}

/// For each policy: a part of the help, and the policy after the help was followed.
#[test]
fn a_policy_that_follows_the_help_about_metadata_has_no_finding_any_more() {
    let text = |lines: &str| {
        format!(
            "name: a\nresources: {{session_timeout_seconds: 60}}\nnetwork:\n  mode: filtered\n{lines}"
        )
    };
    for (before, says, after) in [
        (
            "  allow: ['169.254.169.254:80', a.org]\n",
            "leave the entry out",
            "  allow: [a.org]\n",
        ),
        (
            "  allow: ['[fd00:ec2::254]:80', a.org]\n",
            "leave the entry out",
            "  allow: [a.org]\n",
        ),
        (
            "  allow: ['169.254.0.0/16:80', a.org]\n",
            "add `169.254.169.254` to `blocked_ips`, or",
            "  allow: ['169.254.0.0/16:80', a.org]\n  blocked_ips: [169.254.169.254]\n",
        ),
        (
            "  allow: ['169.254.0.0/16:80', '169.254.169.254:80', '169.254.169.254:443']\n",
            "and leave out the entries for it alone",
            "  allow: ['169.254.0.0/16:80']\n  blocked_ips: [169.254.169.254]\n",
        ),
    ] {
        let said = help(&text(before), "metadata-reachable");
        assert!(said.contains(says), "{before}: {said}");
        let left = codes(&text(after));
        let warned = [
            "metadata-reachable",
            "allow-without-effect",
            "allow-covered",
        ];
        assert!(
            !left.iter().any(|code| warned.contains(code)),
            "{after}: {left:?}"
        );
    }
}

/// The same where something is listed beside an isolated network.
#[test]
fn what_to_type_for_a_filtered_network_is_said_for_each_way_to_isolate_one() {
    for (code, list, more) in [
        ("entries-while-isolated", "allow: [a.org]", ""),
        ("entries-while-isolated", "host_services: [80]", ""),
        ("ports-while-isolated", "allowed_outgoing_ports: [443]", ""),
        (
            "dns-while-isolated",
            "dns_servers: [192.0.2.53]",
            "  allow: [a.org]\n",
        ),
    ] {
        for (head, said, after) in [
            (
                "network:\n  isolated: true\n",
                "write `mode: filtered` in place of `isolated: true`",
                "network:\n  mode: filtered\n",
            ),
            (
                "network:\n  mode: none\n",
                "write `mode: filtered` in place of `mode: none`",
                "network:\n  mode: filtered\n",
            ),
            (
                "extends: base\nnetwork:\n",
                "add the line `mode: filtered` to this `network` section",
                "extends: base\nnetwork:\n  mode: filtered\n",
            ),
        ] {
            let end = "resources: {session_timeout_seconds: 60}\n";
            let text = format!("name: a\n{head}  {list}\n{end}");
            let help = help(&text, code);
            assert!(help.contains(said), "{text}{help}");
            assert_eq!(help.contains("list under `allow`"), !more.is_empty());
            let before = codes(&text);
            let after = codes(&format!("name: a\n{after}  {list}\n{more}{end}"));
            // Opening what a parent isolates is reported.
            let loosens = |found: &str| found == "loosens-parent" && text.contains("extends: base");
            let known = |found: &&str| *found != code && before.contains(found) || loosens(found);
            assert!(after.iter().all(known), "{text}{before:?} {after:?}");
        }
    }
}
