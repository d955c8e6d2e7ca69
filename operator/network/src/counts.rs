//! What happened, counted exactly and in bounded room, and the report of it.
//!
//! The report is lines of JSON. Every text in it is a name or an address in a checked spelling, so that
//! nothing needs an escape.

use crate::rules::{Protocol, Rules};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

/// So many different entries of each kind are kept; what comes to others is counted in one number.
const MAX_DENIED: usize = 1024;
const MAX_NAMES: usize = 512;

/// The most bytes of a report: what the executor reads of it.
const MAX_REPORT: usize = 1 << 20;

/// What went through under one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Connections, and flows of datagrams.
    pub(crate) connections: u64,
    /// Bytes to the outside.
    pub(crate) sent: u64,
    /// Bytes from the outside.
    pub(crate) received: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Denied {
    protocol: Protocol,
    to: SocketAddr,
    rule: Option<usize>,
    name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WrongName {
    to: SocketAddr,
    name: Option<String>,
}

/// Keys with how often each came, and how often others did for which there was no room.
#[derive(Debug)]
struct Tally<K> {
    times: BTreeMap<K, u64>,
    others: u64,
    limit: usize,
}

impl<K: Ord> Tally<K> {
    fn new(limit: usize) -> Self {
        Self {
            times: BTreeMap::new(),
            others: 0,
            limit,
        }
    }

    fn count(&mut self, key: K) {
        let full = self.times.len() >= self.limit;
        match self.times.get_mut(&key) {
            Some(times) => *times = times.saturating_add(1),
            None if full => self.others = self.others.saturating_add(1),
            None => {
                let _none = self.times.insert(key, 1);
            }
        }
    }
}

/// All counts of a run.
#[derive(Debug)]
pub(crate) struct Counts {
    traffic: Vec<Traffic>,
    denied: Tally<Denied>,
    refused_names: Tally<String>,
    wrong_names: Tally<WrongName>,
    /// Attempts that were not carried because there was no room for them.
    pub(crate) without_room: u64,
    /// Attempts on the host's own addresses are denied; attempts with packets that are none are counted.
    pub(crate) malformed: u64,
    /// Logged packets that the kernel had no room for, by the gaps in their numbers.
    pub(crate) lost: u64,
}

impl Counts {
    /// Nothing yet, under so many rules.
    pub(crate) fn new(rules: usize) -> Self {
        Self {
            traffic: vec![Traffic::default(); rules],
            denied: Tally::new(MAX_DENIED),
            refused_names: Tally::new(MAX_NAMES),
            wrong_names: Tally::new(MAX_NAMES),
            without_room: 0,
            malformed: 0,
            lost: 0,
        }
    }

    /// The traffic under a rule.
    pub(crate) fn under(&mut self, rule: usize) -> Option<&mut Traffic> {
        self.traffic.get_mut(rule)
    }

    /// A connection that was refused.
    pub(crate) fn denied(
        &mut self,
        protocol: Protocol,
        to: SocketAddr,
        rule: Option<usize>,
        name: Option<&str>,
    ) {
        self.denied.count(Denied {
            protocol,
            to,
            rule,
            name: name.map(str::to_owned),
        });
    }

    /// A name that was not resolved.
    pub(crate) fn refused_name(&mut self, name: &str) {
        self.refused_names.count(name.to_owned());
    }

    /// A server name that was none of the address's, or a connection without one.
    pub(crate) fn wrong_name(&mut self, to: SocketAddr, name: Option<&str>) {
        self.wrong_names.count(WrongName {
            to,
            name: name.map(str::to_owned),
        });
    }

    /// The report: lines of JSON.
    pub(crate) fn report(&self, rules: &Rules) -> String {
        let mut report = Report::default();
        for ((index, traffic), rule) in self.traffic.iter().enumerate().zip(rules.all()) {
            if *traffic != Traffic::default() {
                report.line(format_args!(
                    r#"{{"kind":"rule","rule":{index},"line":{},"connections":{},"bytes_out":{},"bytes_in":{}}}"#,
                    rule.line, traffic.connections, traffic.sent, traffic.received
                ));
            }
        }
        for (denied, times) in &self.denied.times {
            report.line(format_args!(
                r#"{{"kind":"denied","protocol":"{}","address":"{}","port":{},"name":{},"rule":{},"times":{times}}}"#,
                denied.protocol.name(),
                denied.to.ip(),
                denied.to.port(),
                Text(denied.name.as_deref()),
                Number(denied.rule),
            ));
        }
        for (name, times) in &self.refused_names.times {
            report.line(format_args!(
                r#"{{"kind":"refused_name","name":{},"times":{times}}}"#,
                Text(Some(name))
            ));
        }
        for (wrong, times) in &self.wrong_names.times {
            report.line(format_args!(
                r#"{{"kind":"server_name","address":"{}","port":{},"name":{},"times":{times}}}"#,
                wrong.to.ip(),
                wrong.to.port(),
                Text(wrong.name.as_deref()),
            ));
        }
        report.end(format_args!(
            r#"{{"kind":"others","denied":{},"refused_names":{},"server_names":{},"without_room":{},"malformed":{},"lost":{},"lines_left_out":{}}}"#,
            self.denied.others,
            self.refused_names.others,
            self.wrong_names.others,
            self.without_room,
            self.malformed,
            self.lost,
            report.left_out
        ))
    }
}

#[derive(Default)]
struct Report {
    text: String,
    left_out: u64,
}

impl Report {
    /// Room that is kept for the last line.
    const LAST: usize = 512;

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let line = line.to_string();
        if self.text.len() + line.len() + Self::LAST < MAX_REPORT {
            self.text.push_str(&line);
            self.text.push('\n');
        } else {
            self.left_out += 1;
        }
    }

    fn end(&self, line: std::fmt::Arguments<'_>) -> String {
        let mut text = self.text.clone();
        // Writing to a string does not fail.
        let _ignored = writeln!(text, "{line}").is_ok();
        text
    }
}

/// A text or `null`. What could need an escape is replaced: no name has it.
struct Text<'t>(Option<&'t str>);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(text) = self.0 else {
            return f.write_str("null");
        };
        f.write_char('"')?;
        for letter in text.chars() {
            let plain = letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
            f.write_char(if plain { letter } else { '?' })?;
        }
        f.write_char('"')
    }
}

/// A number or `null`.
struct Number(Option<usize>);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::{Counts, MAX_DENIED, MAX_REPORT};
    use crate::rules::{Action, Protocol, Rule, Rules, Target};
    use std::net::{Ipv4Addr, SocketAddr};

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
        let mut counts = Counts::new(1);
        let to = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 443);
        let traffic = counts.under(0).expect("a rule");
        traffic.connections = 2;
        traffic.sent = 10;
        traffic.received = 20;
        for _ in 0..3 {
            counts.denied(Protocol::Udp, to, Some(0), None);
        }
        counts.denied(Protocol::Tcp, to, None, Some("api.example.org"));
        counts.refused_name("evil\"\n.test");
        counts.wrong_name(to, None);
        counts.lost = 4;
        assert_eq!(
            counts.report(&rules),
            include_str!("../../../schema/report/tests/counted.jsonl")
        );
    }

    #[test]
    fn what_has_no_room_is_counted_together() {
        let mut counts = Counts::new(0);
        let long = format!("{}.test", "a".repeat(240));
        for round in 0..2 {
            for number in 0..u32::try_from(MAX_DENIED).expect("a small number") + 10 {
                let to = SocketAddr::new(Ipv4Addr::from_bits(number).into(), round);
                counts.denied(Protocol::Tcp, to, None, Some(&long));
            }
        }
        let report = counts.report(&Rules::default());
        assert!(report.len() < MAX_REPORT);
        assert_eq!(report.lines().count(), MAX_DENIED + 1);
        let rest = MAX_DENIED + 20;
        assert!(report.contains(&format!(r#""kind":"others","denied":{rest},"#)));
    }
}
