//! What a program sees of its sockets in a filtered network is what it sees on the host, for the same peer.

use super::inside::{PYTHON, script};
use purple_tests::internet::Internet;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use serde_json::Value;
use std::collections::BTreeSet;

scenarios! {
    sockets_behave_as_on_the_host
}

/// The table, which says what its lines mean.
const TABLE: &str = include_str!("data/sockets.txt");

/// What the table's reasons stand in for those who read about it.
const PAGE: &str = include_str!("../../docs/running.md");

/// What the rows need, and the rows.
const PROBE: [&str; 4] = [
    include_str!("../probes/sockets_rows.py"),
    include_str!("../probes/sockets_streams.py"),
    include_str!("../probes/sockets_datagrams.py"),
    include_str!("../probes/sockets_shared.py"),
];

const PEER: &str = include_str!("../probes/peer.py");

/// The peer, what nothing answers for, what routes of the host and of the world refuse, what is prohibited, and what has no route:
/// by IPv4 and by IPv6.
const ADDRESSES: [&str; 12] = [
    "203.0.113.5",
    "2001:db8:113::5",
    "203.0.113.90",
    "2001:db8:113::90",
    "203.0.113.91",
    "2001:db8:113::91",
    "203.0.113.92",
    "2001:db8:113::92",
    "203.0.113.93",
    "2001:db8:113::93",
    "203.0.113.94",
    "2001:db8:113::94",
];

const OPEN: &str = "network:
  allow:
    - \"203.0.113.0/24:1-65535\"
    - \"203.0.113.0/24:1-65535/udp\"
    - \"[2001:db8:113::]/48:1-65535\"
    - \"[2001:db8:113::]/48:1-65535/udp\"
";

/// A row of the table.
#[derive(Debug)]
struct Row {
    name: &'static str,
    host: &'static str,
    /// What is inside, and why, where it is something else.
    differs: Option<(&'static str, &'static str)>,
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let (key, text) = line.split_once(": ").unwrap_or_default();
        match (key, rows.last_mut()) {
            ("", _) => assert_eq!(line, "", "no row and no comment"),
            ("    inside", Some(row)) => row.differs = Some((text, "")),
            ("    because", Some(row)) => {
                let why = row.differs.as_mut().map(|(_, why)| why);
                *why.expect("`inside` first") = text;
            }
            (name, _) => rows.push(Row {
                name,
                host: text,
                differs: None,
            }),
        }
    }
    rows
}

fn sockets_behave_as_on_the_host(place: &TestDir) {
    let Some(mut internet) = Internet::new("sockets-sockets_behave_as_on_the_host") else {
        return;
    };
    prepare(&internet);
    internet.serve_in_the_world(&[PYTHON, "-ISc", PEER, ADDRESSES[0], ADDRESSES[1]]);
    let _helper = purple_net(place);
    let plan = Policy::new(place).section(OPEN).compile(place);
    let text = script(&PROBE.concat());
    let probe: Vec<&str> = [PYTHON, "-ISc", &text]
        .into_iter()
        .chain(ADDRESSES)
        .collect();
    let host: Value = serde_json::from_str(&internet.on_the_host(&probe)).expect("facts");
    let inside = Run::new(place, &plan, &probe)
        .wrapped_by_root(&["nsenter", &internet.host()])
        .finish()
        .facts();

    let rows = rows();
    assert!(rows.len() >= 96, "{} rows", rows.len());
    for found in [&host, &inside] {
        let found: BTreeSet<&str> = (found.as_object().expect("facts").keys())
            .map(String::as_str)
            .collect();
        let listed: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(found, listed, "the table has each row of the probe");
        assert_eq!(listed.len(), rows.len(), "no name stands twice");
    }
    let mut wrong = Vec::new();
    for row in &rows {
        let (expected, why) = row.differs.unwrap_or((row.host, ""));
        assert_eq!(row.differs.is_some(), expected != row.host, "{row:?}");
        assert!(PAGE.contains(why), "docs/running.md does not say: {why}");
        assert_eq!(row.differs.is_some(), why.len() > 20, "a reason: {row:?}");
        for (at, expected, found) in [
            ("on the host", row.host, &host),
            ("inside", expected, &inside),
        ] {
            if found[row.name] != expected {
                wrong.push(format!(
                    "{} {at}: {}, not {expected}",
                    row.name, found[row.name]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes the world refuse and lose what the table names, and say so each time.
fn prepare(internet: &Internet) {
    let [
        four,
        six,
        hole_4,
        hole_6,
        route_4,
        route_6,
        far_4,
        far_6,
        ban_4,
        ban_6,
        none_4,
        none_6,
    ] = ADDRESSES;
    for (kind, address) in [
        ("unreachable", route_4),
        ("unreachable", route_6),
        ("prohibit", ban_4),
        ("prohibit", ban_6),
        // The lookup goes on, and finds no other route.
        ("throw", none_4),
        ("throw", none_6),
    ] {
        let _said = internet.on_the_host(&["ip", "route", "add", kind, address]);
    }
    for (kind, address) in [
        ("blackhole", hole_4),
        ("blackhole", hole_6),
        ("unreachable", far_4),
        ("unreachable", far_6),
    ] {
        let _said = internet.in_the_world(&["ip", "route", "add", kind, address]);
    }
    // Errors are said in the name of the peer.
    for address in [format!("{four}/32"), format!("{six}/128")] {
        let _said = internet.in_the_world(&["ip", "addr", "add", &address, "dev", "lo"]);
    }
    // Only a router says what is unreachable, and no more than a few times a second if it is not told to.
    for (setting, value) in [
        ("ipv4/ip_forward", "1"),
        ("ipv6/conf/all/forwarding", "1"),
        ("ipv4/icmp_ratelimit", "0"),
        ("ipv6/icmp/ratelimit", "0"),
        ("ipv4/tcp_fastopen", "3"),
    ] {
        let write = format!("echo {value} >/proc/sys/net/{setting}");
        let _said = internet.in_the_world(&["sh", "-c", &write]);
    }
}
