//! What happened, counted exactly and in bounded room, and the report of it.
//!
//! The report is lines of JSON. Every text in it is a name or an address in a checked spelling, so that
//! nothing needs an escape.

use crate::rules::{Protocol, Rules};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

mod places;
mod tally;

pub(crate) use places::Refusal;

use places::{Asked, Denied, Withheld, WrongName};
use tally::Tally;

/// So many different attempts of each kind have a row of their own before they are counted by class.
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

/// What a resolver did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asking {
    answers: u64,
    /// Queries without an answer, and the last error that said why.
    silent: u64,
    error: Option<Errno>,
}

/// All counts of a run.
#[derive(Debug)]
pub(crate) struct Counts {
    traffic: Vec<Traffic>,
    denied: Tally<Denied>,
    refused_names: Tally<Asked>,
    wrong_names: Tally<WrongName>,
    withheld: Tally<Withheld>,
    /// By the resolvers' order.
    resolvers: Vec<(SocketAddr, Asking)>,
    /// Connections to a service of the host that nobody answered, by the rule.
    unanswered: BTreeMap<usize, u64>,
    /// Attempts that were not carried because there was no room for them.
    pub(crate) without_room: u64,
    /// Attempts on the host's own addresses are denied; attempts with packets that are none are counted.
    pub(crate) malformed: u64,
    /// Logged packets that the kernel had no room for, by the gaps in their numbers.
    pub(crate) lost: u64,
}

impl Counts {
    /// Nothing yet, under so many rules, and of these resolvers.
    pub(crate) fn new(rules: usize, resolvers: &[SocketAddr]) -> Self {
        Self {
            traffic: vec![Traffic::default(); rules],
            denied: Tally::new(MAX_DENIED),
            refused_names: Tally::new(MAX_NAMES),
            wrong_names: Tally::new(MAX_NAMES),
            withheld: Tally::new(MAX_NAMES),
            resolvers: resolvers
                .iter()
                .map(|resolver| (*resolver, Asking::default()))
                .collect(),
            unanswered: BTreeMap::new(),
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
        why: Refusal,
        name: Option<&str>,
    ) {
        self.denied.count(Denied {
            protocol,
            to,
            why,
            name: name.map(str::to_owned),
        });
    }

    /// A name that was not resolved.
    pub(crate) fn refused_name(&mut self, name: &str) {
        self.refused_names.count(Asked(name.to_owned()));
    }

    /// A server name that was none of the address's, or a connection without one.
    pub(crate) fn wrong_name(&mut self, to: SocketAddr, name: Option<&str>) {
        self.wrong_names.count(WrongName {
            to,
            name: name.map(str::to_owned),
        });
    }

    /// A name whose addresses no entry opens; `address` is one of them.
    pub(crate) fn withheld(&mut self, name: &str, address: IpAddr) {
        let name = name.to_owned();
        self.withheld.count(Withheld { name, address });
    }

    /// A resolver has answered, whatever it said; by its index.
    pub(crate) fn answer(&mut self, resolver: usize) {
        if let Some((_, asking)) = self.resolvers.get_mut(resolver) {
            asking.answers = asking.answers.saturating_add(1);
        }
    }

    /// A resolver has not answered.
    pub(crate) fn silent(&mut self, resolver: usize, error: Option<Errno>) {
        if let Some((_, asking)) = self.resolvers.get_mut(resolver) {
            asking.silent = asking.silent.saturating_add(1);
            asking.error = error.or(asking.error);
        }
    }

    /// A connection to a service of the host was refused by the host.
    pub(crate) fn unanswered(&mut self, rule: usize) {
        let times = self.unanswered.entry(rule).or_default();
        *times = times.saturating_add(1);
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
        self.what_is_not_open(&mut report, rules);
        self.beyond(&mut report);
        self.attempts(&mut report);
        report.end(format_args!(
            r#"{{"kind":"others","without_room":{},"malformed":{},"lost":{},"lines_left_out":{}}}"#,
            self.without_room, self.malformed, self.lost, report.left_out
        ))
    }

    /// Why a program may not get further though an entry names where it goes.
    fn what_is_not_open(&self, report: &mut Report, rules: &Rules) {
        for (rule, times) in &self.unanswered {
            if let Some(of) = rules.all().get(*rule) {
                report.line(format_args!(
                    r#"{{"kind":"no_service","rule":{rule},"port":{},"times":{times}}}"#,
                    of.first_port
                ));
            }
        }
        for (resolver, asking) in &self.resolvers {
            if asking.silent > 0 {
                report.line(format_args!(
                    r#"{{"kind":"resolver","address":"{}","port":{},"unanswered":{},"answered":{},"errno":{}}}"#,
                    resolver.ip(),
                    resolver.port(),
                    asking.silent,
                    asking.answers,
                    Text(asking.error.and_then(errno_name)),
                ));
            }
        }
    }

    /// What has no row of its own.
    fn beyond(&self, report: &mut Report) {
        for ((protocol, place), port, times) in self.denied.beyond() {
            report.line(format_args!(
                r#"{{"kind":"beyond","of":"denied","protocol":"{}","addresses":"{}","port":{},"domain":null,"times":{times}}}"#,
                protocol.name(),
                place.name(),
                Number(port.copied()),
            ));
        }
        let names = self.refused_names.beyond();
        let names = names.map(|((), domain, times)| ("refused_names", domain, times));
        let wrong = self.wrong_names.beyond();
        let wrong = wrong
            .map(|((), domain, times)| ("server_names", domain.and_then(Option::as_ref), times));
        let withheld = self.withheld.beyond();
        let withheld = withheld.map(|((), domain, times)| ("withheld_names", domain, times));
        for (of, domain, times) in names.chain(wrong).chain(withheld) {
            report.line(format_args!(
                r#"{{"kind":"beyond","of":"{of}","protocol":null,"addresses":null,"port":null,"domain":{},"times":{times}}}"#,
                Text(domain.map(String::as_str)),
            ));
        }
    }

    fn attempts(&self, report: &mut Report) {
        for (denied, times) in self.denied.rows() {
            let (rule, host) = match denied.why {
                Refusal::Rules(rule) => (rule, false),
                Refusal::Host => (None, true),
            };
            report.line(format_args!(
                r#"{{"kind":"denied","protocol":"{}","address":"{}","port":{},"name":{},"rule":{},"host":{host},"times":{times}}}"#,
                denied.protocol.name(),
                denied.to.ip(),
                denied.to.port(),
                Text(denied.name.as_deref()),
                Number(rule),
            ));
        }
        for (Asked(name), times) in self.refused_names.rows() {
            report.line(format_args!(
                r#"{{"kind":"refused_name","name":{},"times":{times}}}"#,
                Text(Some(name))
            ));
        }
        for (withheld, times) in self.withheld.rows() {
            report.line(format_args!(
                r#"{{"kind":"withheld_name","name":{},"address":"{}","times":{times}}}"#,
                Text(Some(&withheld.name)),
                withheld.address
            ));
        }
        for (wrong, times) in self.wrong_names.rows() {
            report.line(format_args!(
                r#"{{"kind":"server_name","address":"{}","port":{},"name":{},"times":{times}}}"#,
                wrong.to.ip(),
                wrong.to.port(),
                Text(wrong.name.as_deref()),
            ));
        }
    }
}

/// The names of the errors that say why nothing answers (errno(3)).
fn errno_name(error: Errno) -> Option<&'static str> {
    match error {
        Errno::CONNREFUSED => Some("ECONNREFUSED"),
        Errno::NETUNREACH => Some("ENETUNREACH"),
        Errno::HOSTUNREACH => Some("EHOSTUNREACH"),
        Errno::ACCESS => Some("EACCES"),
        Errno::PERM => Some("EPERM"),
        _ => None,
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
struct Number<N>(Option<N>);

impl<N: std::fmt::Display> std::fmt::Display for Number<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("null"),
        }
    }
}

#[cfg(test)]
mod tests;
