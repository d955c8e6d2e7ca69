//! A filtered network with the program that carries it, on a host with a world behind it. The virtual machines run it too.

use purple_tests::inside::{PYTHON, script};
use purple_tests::internet::Internet;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::fmt::Write as _;
use std::net::IpAddr;

scenarios! {
    every_row_of_the_table_holds
}

/// The table, which says what its words mean.
const TABLE: &str = include_str!("data/network.txt");

/// Tries to reach what its input names.
const REACH: &str = include_str!("../probes/reach.py");

/// A service of the host, at its loopback interface.
const SERVICE: &str = include_str!("../probes/service_of_the_host.py");

/// What comes of the targets of one policy.
pub(crate) struct Block {
    pub(crate) section: String,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) verdict: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) host: &'static str,
    pub(crate) port: &'static str,
}

impl Row {
    /// What the program finds.
    fn is(&self, found: &str) -> bool {
        match (self.verdict, self.protocol) {
            ("open", _) => {
                let mut words = found.split(' ');
                let address = words.nth(1);
                let host = self.host.trim_matches(['[', ']']);
                let canonical = |text: &str| text.parse().ok().map(|ip: IpAddr| ip.to_canonical());
                // A service of the host is called at its loopback interface.
                let is_named = canonical(host).is_none() || host == "10.77.0.1";
                let is_right = is_named || address.and_then(canonical) == canonical(host);
                found.starts_with("open ") && is_right && words.next() == Some(self.port)
            }
            ("closed" | "host", _) | ("denied", "tcp") => found == "ECONNREFUSED",
            ("denied", _) => ["EPERM", "ECONNREFUSED"].contains(&found),
            ("special", _) => ["EACCES", "EINVAL", "ENETUNREACH"].contains(&found),
            _ => found == "unresolved",
        }
    }
}

/// The table's policies, each with its rows: at least 300 of them.
pub(crate) fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(' ') {
            let is_new = blocks.last().is_none_or(|block| !block.rows.is_empty());
            if is_new {
                let (section, rows) = (
                    "network:\n  dns_servers: [203.0.113.53]\n".to_owned(),
                    vec![],
                );
                blocks.push(Block { section, rows });
            }
            let block = blocks.last_mut().expect("one was added");
            block.section.push_str(line);
            block.section.push('\n');
            continue;
        }
        let mut words = line.split_whitespace();
        let (Some(verdict), Some(protocol)) = (words.next(), words.next()) else {
            continue;
        };
        let known = [
            "open", "closed", "denied", "unknown", "host", "special", "empty",
        ];
        assert!(known.contains(&verdict), "{line}");
        let rows = words.map(|target| {
            let (host, port) = target.rsplit_once(':').expect("a port");
            Row {
                verdict,
                protocol,
                host,
                port,
            }
        });
        blocks.last_mut().expect("a policy first").rows.extend(rows);
    }
    let count: usize = blocks.iter().map(|block| block.rows.len()).sum();
    assert!(count >= 300, "{count} rows");
    blocks
}

fn every_row_of_the_table_holds(place: &TestDir) {
    let Some(mut internet) = Internet::new("reached-every_row_of_the_table_holds") else {
        return;
    };
    internet.serve_on_the_host(&[PYTHON, "-ISc", SERVICE]);
    let _helper = purple_net(place);
    let blocks = blocks();
    let count: usize = blocks.iter().map(|block| block.rows.len()).sum();
    let mut wrong = Vec::new();
    for block in &blocks {
        let plan = Policy::new(place).section(&block.section).compile(place);
        let mut input = String::new();
        for row in &block.rows {
            let host = row.host.trim_matches(['[', ']']);
            writeln!(input, "{} {host} {}", row.protocol, row.port).expect("a text has room");
        }
        let run = Run::new(place, &plan, &[PYTHON, "-ISc", &script(REACH)])
            .input(input.as_bytes())
            .wrapped_by_root(&["nsenter", &internet.host()]);
        let found = run.finish().facts();
        let found = found.as_array().expect("a list");
        assert_eq!(found.len(), block.rows.len(), "an answer to each row");
        for (row, found) in block.rows.iter().zip(found) {
            let found = found.as_str().expect("a text");
            let target = format!("{} {}:{}", row.protocol, row.host, row.port);
            if !row.is(found) {
                wrong.push(format!("{target} is {found}, not {}", row.verdict));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
