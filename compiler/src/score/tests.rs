//! The score of whole policies: order, direction, and the documented tables.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it relies on"
)]

use super::{Layer, POINTS, Score, word};
use crate::diagnostics::Sink;
use crate::pipeline::{self, Options, Stage};
use crate::source::Source;
use proptest::prelude::*;
use std::fmt::Write as _;

fn score(text: &str) -> Score {
    let options = Options {
        emit: Some(Stage::Ir),
        score: true,
        ..Options::default()
    };
    let source = Source::new("policy", text);
    let outcome = pipeline::compile(&source, &options, Sink::new()).expect("no defect");
    outcome
        .score
        .unwrap_or_else(|| unreachable!("{text}\n{:?}", outcome.diagnostics))
}

const OPEN: &str = "name: open\nsyscalls: {default_deny: false}\nfilesystem:\n  immutable_paths:\n    \
    - {host_path: /, sandbox_path: /host}\n  output_paths:\n    - {host_path: ., sandbox_path: /work}\n\
    network: {isolated: false}\n";

#[test]
fn an_open_policy_scores_high_a_shipped_one_low_and_an_empty_one_between() {
    let shipped = score(include_str!("../../../policies/ai-dev-safe.yaml"));
    let (open, empty) = (score(OPEN), score("name: empty\n"));
    assert!(shipped.overall < empty.overall && empty.overall < open.overall);
    let words = [&shipped, &empty, &open].map(|one| word(one.overall));
    assert_eq!(words, ["low", "medium", "high"]);
}

#[test]
fn a_named_change_lowers_the_score_as_it_says() {
    let before = score(OPEN);
    let best = before.changes.first().expect("there is one");
    assert_eq!(best.what, "leave out `/`");
    let after = score(&OPEN.replace(
        "immutable_paths:\n    - {host_path: /, sandbox_path: /host}\n  ",
        "",
    ));
    assert_eq!(after.overall, best.overall_after);
    assert!(after.overall < before.overall);
}

#[test]
fn the_page_has_the_tables_of_the_code() {
    let page = include_str!("../../../docs/exposure-score.md");
    let mut rows: Vec<(String, u32)> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [name, value] = cells.as_slice()
            && let Ok(value) = value.parse()
        {
            rows.push(((*name).to_owned(), value));
        }
    }
    let weights = Layer::ALL.map(|layer| (layer.name().to_owned(), layer.weight()));
    let points = POINTS
        .iter()
        .map(|(name, points)| ((*name).to_owned(), *points));
    let expected: Vec<_> = weights.into_iter().chain(points).collect();
    assert_eq!(rows, expected);
    assert_eq!(Layer::ALL.map(Layer::weight).iter().sum::<u32>(), 100);
}

#[test]
fn every_name_that_gives_points_is_in_the_table() {
    let source = include_str!("factors.rs");
    for (name, _) in POINTS {
        assert!(
            source.contains(&format!("\"{name}\"")),
            "{name} is never used"
        );
    }
    let used = source
        .match_indices('"')
        .filter_map(|(at, _)| source[at + 1..].split('"').next());
    for name in used.filter(|name| {
        name.split_once('/').is_some_and(|(layer, _)| {
            POINTS
                .iter()
                .any(|(known, _)| known.starts_with(&format!("{layer}/")))
        })
    }) {
        assert!(
            POINTS.iter().any(|(known, _)| *known == name),
            "{name} has no points"
        );
    }
}

/// What a random policy grants.
#[derive(Debug, Clone)]
struct Grants {
    calls: Vec<&'static str>,
    default_allow: bool,
    capabilities: Vec<&'static str>,
    network: Option<Vec<u16>>,
    read: Vec<&'static str>,
    write: Vec<&'static str>,
    limits: [bool; 5],
    pass: Vec<&'static str>,
    audit: bool,
}

const CALLS: [&str; 12] = [
    "read",
    "openat",
    "ptrace",
    "bpf",
    "mount",
    "io_uring_setup",
    "socket",
    "clone3",
    "kill",
    "open_by_handle_at",
    "execve",
    "keyctl",
];
const CAPABILITIES: [&str; 5] = [
    "CAP_SYS_ADMIN",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_TIME",
    "CAP_CHOWN",
    "CAP_SYS_PTRACE",
];
const PATHS: [&str; 8] = [
    "/usr",
    "/",
    "/run/docker.sock",
    "/home/me",
    "/proc",
    ".",
    "./output",
    "/srv/data",
];
const PASSED: [&str; 4] = ["API_TOKEN", "LD_PRELOAD", "EDITOR", "NODE_OPTIONS"];
const LIMITS: [&str; 5] = [
    "memory_limit_bytes: 2G",
    "pids_limit: 100",
    "session_timeout_seconds: 3600",
    "block_io_limit_bytes_per_sec: 100M",
    "cpu_shares: 0.5",
];

impl Grants {
    fn text(&self) -> String {
        let mut text = format!(
            "name: a\nsyscalls:\n  default_deny: {}\n  allow: {:?}\ncapabilities:\n  add: {:?}\naudit:\n  enabled: {}\nenvironment:\n  pass: {:?}\n",
            !self.default_allow, self.calls, self.capabilities, self.audit, self.pass
        );
        let mut line = |line: &str| writeln!(text, "{line}").expect("a string grows");
        line("resources:\n  cpu_shares: 1");
        let limits = LIMITS.iter().zip(self.limits).filter(|(_, set)| *set);
        let limits: Vec<&str> = limits.map(|(limit, _)| *limit).collect();
        let mut text = if limits.is_empty() {
            text.replace("resources:\n  cpu_shares: 1\n", "")
        } else {
            text.replace("cpu_shares: 1", &limits.join("\n  "))
        };
        if let Some(ports) = &self.network {
            let ports = match ports.as_slice() {
                [] => "[1-65535]".to_owned(),
                ports => format!("{ports:?}"),
            };
            write!(
                text,
                "network:\n  isolated: false\n  allowed_outgoing_ports: {ports}\n"
            )
            .expect("a string grows");
        }
        text.push_str("filesystem:\n");
        for (key, paths, inside) in [
            ("immutable_paths", &self.read, "r"),
            ("output_paths", &self.write, "w"),
        ] {
            writeln!(text, "  {key}:").expect("a string grows");
            if paths.is_empty() {
                text = text.trim_end().to_owned() + " []\n";
            }
            for (at, path) in paths.iter().enumerate() {
                writeln!(
                    text,
                    "    - {{host_path: {path}, sandbox_path: /{inside}{at}}}"
                )
                .expect("a string grows");
            }
        }
        text
    }

    /// The same with one thing more.
    fn more(&self, kind: usize, which: usize) -> Self {
        let mut more = self.clone();
        let pick = |all: &[&'static str]| all[which % all.len()];
        let add = |list: &mut Vec<&'static str>, one| {
            if !list.contains(&one) {
                list.push(one);
            }
        };
        match kind {
            0 => add(&mut more.calls, pick(&CALLS)),
            1 => more.default_allow = true,
            2 => add(&mut more.capabilities, pick(&CAPABILITIES)),
            3 => {
                let port = u16::try_from(which % 1000 + 1).unwrap_or(1);
                match &mut more.network {
                    None => more.network = Some(vec![port]),
                    // An empty list stands for every port.
                    Some(ports) if ports.is_empty() || which.is_multiple_of(7) => ports.clear(),
                    Some(ports) => ports.push(port),
                }
            }
            4 => more.read.push(pick(&PATHS)),
            5 => more.write.push(pick(&PATHS)),
            6 => more.limits[which % 5] = false,
            7 => add(&mut more.pass, pick(&PASSED)),
            8 if !more.read.is_empty() => {
                let moved = more.read.pop().unwrap_or("/usr");
                more.write.push(moved);
            }
            _ => more.audit = false,
        }
        more
    }
}

fn grants() -> impl Strategy<Value = Grants> {
    let some =
        |all: &'static [&'static str]| proptest::sample::subsequence(all, 0..=all.len().min(4));
    (
        some(&CALLS),
        any::<bool>(),
        some(&CAPABILITIES),
        proptest::option::of(proptest::collection::vec(1..1000_u16, 0..4)),
        some(&PATHS),
        some(&PATHS),
        any::<[bool; 5]>(),
        some(&PASSED),
        any::<bool>(),
    )
        .prop_map(
            |(calls, default_allow, capabilities, network, read, write, limits, pass, audit)| {
                Grants {
                    calls,
                    default_allow,
                    capabilities,
                    network,
                    read,
                    write,
                    limits,
                    pass,
                    audit,
                }
            },
        )
}

/// Ports and ranges of them.
fn ports() -> impl Strategy<Value = Vec<String>> {
    let one = (1..60_000_u16, 0..40_u16, 0..3_usize).prop_map(|(first, length, protocol)| {
        let last = first + length;
        let protocol = ["", "/tcp", "/udp"][protocol];
        format!("{first}-{last}{protocol}")
    });
    proptest::collection::vec(one, 1..4)
}

/// The score of the network with these lists, in tenths.
fn reachable(outgoing: &[String], incoming: &[String], block: bool) -> u32 {
    let block = if block { "10.0.0.0/8" } else { "192.0.2.0/24" };
    let found = score(&format!(
        "name: a\nnetwork:\n  isolated: false\n  allowed_outgoing_ports: {outgoing:?}\n  \
         allowed_incoming_ports: {incoming:?}\n  blocked_ips: [{block}]\n"
    ));
    network(&found)
}

fn reachable_nowhere() -> u32 {
    let blocked = "name: a\nnetwork: {isolated: false, blocked_ips: [0.0.0.0/0, '::/0']}\n";
    network(&score(blocked))
}

fn network(score: &Score) -> u32 {
    let mut layers = score.layers.iter();
    let found = layers.find(|(layer, _)| *layer == Layer::Network);
    found.expect("every layer has a score").1
}

#[test]
fn listed_destinations_count_less_than_all_and_the_hosts_network_most() {
    let of = |keys: &str| network(&score(&format!("name: a\nnetwork: {{{keys}}}\n")));
    let named = of("allow: [api.github.com]");
    let private = of("allow: [\"10.0.0.0/8:443\"]");
    let service = of("allow: [api.github.com], host_services: [80]");
    let every = of("isolated: false, allowed_outgoing_ports: [443/tcp]");
    let host = of("mode: host, reason: x");
    assert!(0 < named && named < private && named < service);
    assert!(private < every && every < host, "{private} {every} {host}");
    assert_eq!(host, 100);
}

#[test]
fn ports_count_by_their_number_and_not_by_the_entries_of_a_list() {
    let of = |ports: &[&str]| {
        let ports: Vec<String> = ports.iter().map(|port| (*port).to_owned()).collect();
        reachable(&ports, &[], false)
    };
    assert_eq!(of(&["443", "80", "53"]), 49);
    assert_eq!(of(&["80-81", "81-82/tcp"]), of(&["80", "81", "82"]));
    assert!(of(&["1-65535"]) > of(&["443", "80", "53"]));
    // A filtered network reaches what is listed.
    assert_eq!(of(&[]), 0);
    // The reach counts, not the word.
    assert_eq!(
        network(&score(
            "name: a\nnetwork: {isolated: true, allowed_outgoing_ports: [443]}\n"
        )),
        0
    );
}

proptest! {
    #[test]
    fn granting_more_never_lowers_a_score(grants in grants(), kind in 0..10_usize, which in 0..1000_usize) {
        let (before, after) = (score(&grants.text()), score(&grants.more(kind, which).text()));
        prop_assert!(before.overall <= after.overall);
        for ((layer, less), (_, more)) in before.layers.iter().zip(&after.layers) {
            prop_assert!(less <= more, "{}: {less} to {more}", layer.name());
        }
    }

    #[test]
    fn the_changes_named_are_the_best_first_and_lower_it(grants in grants()) {
        let found = score(&grants.text());
        let after: Vec<u32> = found.changes.iter().map(|change| change.overall_after).collect();
        prop_assert!(after.is_sorted() && after.iter().all(|after| *after <= found.overall));
        prop_assert!(found.overall <= 100 && after.len() <= 3);
    }
}

proptest! {
    // Each case compiles several policies.
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_wider_network_never_has_a_lower_score(
        few in ports(), more in ports(), in_few in ports(), in_more in ports(), block in any::<bool>(),
    ) {
        let all = |one: &[String], two: &[String]| [one, two].concat();
        let few_score = reachable(&few, &in_few, block);
        for wider in [
            reachable(&all(&few, &more), &in_few, block),
            reachable(&few, &all(&in_few, &in_more), block),
            reachable(&few, &in_few, false),
            reachable(&["1-65535".to_owned()], &in_few, block),
        ] {
            prop_assert!(few_score <= wider, "{few_score} to {wider}");
        }
        prop_assert!(reachable(&[], &[], true) >= reachable_nowhere());
    }
}
