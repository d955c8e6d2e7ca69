//! Floods, and every line of a report.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use super::{Counts, MAX_DENIED, MAX_REPORT, Refusal};
use crate::rules::{Action, Protocol, Rule, Rules, Target};
use rustix::io::Errno;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

fn at(address: [u8; 4], port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::from(address), port)
}

const UNLISTED: Refusal = Refusal::Rules(None);

#[test]
fn every_line_of_a_report() {
    let rules = Rules::new(vec![Rule {
        action: Action::Allow,
        protocol: None,
        first_port: 1,
        last_port: 2,
        target: Target::Any,
        server_name: false,
        line: 31,
    }]);
    let to = at([192, 0, 2, 1], 443);
    let mut counts = Counts::new(1, &[at([192, 0, 2, 53], 53), at([192, 0, 2, 54], 53)]);
    let traffic = counts.under(0).expect("a rule");
    traffic.connections = 2;
    traffic.sent = 10;
    traffic.received = 20;
    for _ in 0..3 {
        counts.denied(Protocol::Udp, to, Refusal::Rules(Some(0)), None);
    }
    counts.denied(Protocol::Tcp, to, UNLISTED, Some("api.example.org"));
    counts.denied(Protocol::Tcp, to, Refusal::Host, None);
    counts.refused_name("evil\"\n.test");
    counts.wrong_name(to, None);
    counts.withheld("db.example.org", Ipv4Addr::new(10, 1, 0, 7).into());
    counts.silent(0, Some(Errno::NETUNREACH));
    counts.silent(0, None);
    counts.answer(0);
    counts.answer(1);
    counts.unanswered(0);
    for port in 0..2000 {
        counts.denied(Protocol::Tcp, at([10, 0, 0, 1], port), UNLISTED, None);
    }
    counts.lost = 4;
    let report = counts.report(&rules);
    let is_one_of_many = |line: &&str| line.contains(r#""address":"10.0.0.1""#);
    let lines: Vec<&str> = report
        .lines()
        .filter(|line| !is_one_of_many(line))
        .collect();
    assert_eq!(
        lines.join("\n") + "\n",
        include_str!("../../../../schema/report/tests/counted.jsonl")
    );
}

#[test]
fn no_flood_hides_what_comes_later() {
    let mut counts = Counts::new(0, &[]);
    let long = format!("{}.test", "a".repeat(240));
    let address = |number: u32| Ipv4Addr::from_bits(0x0800_0000 + number).into();
    let mut total = 0_u64;
    for number in 0..20_000 {
        let port = u16::try_from(number % 5000).expect("a small number");
        for port in [443, port] {
            let to = SocketAddr::new(address(number), port);
            counts.denied(Protocol::Tcp, to, UNLISTED, Some(&long));
            total += 1;
        }
        counts.refused_name(&format!("{number}.flood.test"));
        counts.wrong_name(SocketAddr::new(address(0), 443), Some(&number.to_string()));
    }
    let later = [
        (Protocol::Tcp, at([10, 0, 0, 5], 22)),
        (Protocol::Tcp, at([169, 254, 169, 254], 80)),
        (Protocol::Udp, at([8, 8, 8, 8], 53)),
    ];
    for (protocol, to) in later {
        counts.denied(protocol, to, UNLISTED, None);
    }
    counts.refused_name("exfiltrate.example");
    let report = counts.report(&Rules::default());
    assert!(report.len() < MAX_REPORT);
    assert!(report.ends_with("\"lines_left_out\":0}\n"));
    for (protocol, to) in later {
        let line = format!(
            r#"{{"kind":"denied","protocol":"{}","address":"{}","port":{},"name":null,"rule":null,"host":false,"times":1}}"#,
            protocol.name(),
            to.ip(),
            to.port()
        );
        assert!(report.lines().any(|one| one == line), "{line}");
    }
    assert!(report.contains(r#"{"kind":"refused_name","name":"exfiltrate.example","times":1}"#));
    // Every attempt of the flood is in a row or in a count.
    let times = |line: &str| {
        let times = line.rsplit_once(':').expect("a number").1;
        times
            .trim_end_matches('}')
            .parse::<u64>()
            .expect("a number")
    };
    let (mut rows, mut beyond) = (0, 0);
    for line in report.lines() {
        if line.contains(r#""kind":"denied","protocol":"tcp","address":"8."#) {
            rows += times(line);
        } else if line.contains(r#""kind":"beyond","of":"denied""#) {
            beyond += times(line);
        }
    }
    assert_eq!(rows + beyond, total);
    assert!(rows > u64::try_from(MAX_DENIED).expect("a small number"));
    let of_https = r#""protocol":"tcp","addresses":"public","port":443,"domain":null,"times""#;
    assert!(report.contains(of_https));
    assert!(report.contains(
        r#""of":"refused_names","protocol":null,"addresses":null,"port":null,"domain":"flood.test""#
    ));
}
