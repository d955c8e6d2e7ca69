//! The real `purple-net` beside the real executor: what a policy lists is reached, and nothing else.

use super::inside::PYTHON;
use purple_tests::host_service::HostService;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::{TestDir, binary};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

scenarios! {
    a_service_of_the_host_is_reached_and_nothing_else
    the_operator_reads_what_was_refused_and_what_would_allow_it
    a_published_port_leads_inside_and_no_other_does
    a_name_is_unknown_where_none_is_listed
}

fn a_service_of_the_host_is_reached_and_nothing_else(place: &TestDir) {
    let _helper = purple_net(place);
    let service = HostService::start();
    let (port, closed) = (service.port, service.closed);
    let policy = Policy::new(place).section(&format!(
        "network: {{allow: [api.example.org], host_services: [{port}]}}"
    ));
    let done = service.assert_only_this_is_reached(place, &policy.compile(place));
    let report = done.report.expect("a report");
    let counted = report["network"]["counted"].as_str().expect("lines");
    let lines: Vec<Value> = counted
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let line = policy.line_of("host_services");
    let carried = lines.iter().find(|one| one["kind"] == "rule");
    let carried = carried.map(|one| {
        (
            one["line"].clone(),
            one["bytes_out"].clone(),
            one["bytes_in"].clone(),
        )
    });
    assert_eq!(carried, Some((json!(line), json!(11), json!(13))));
    let denied: Vec<(&Value, &Value)> = lines
        .iter()
        .filter(|one| one["kind"] == "denied")
        .map(|one| (&one["address"], &one["port"]))
        .collect();
    assert_eq!(denied.len(), 2, "{counted}");
    assert!(denied.contains(&(&json!("10.77.0.1"), &json!(closed))));
    assert!(denied.contains(&(&json!("198.51.100.1"), &json!(443))));
    let names: Vec<&Value> = lines
        .iter()
        .filter(|one| one["kind"] == "refused_name")
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&json!("other.example")]);
}

/// Asks for a name and two addresses that no entry names, and for one that a line blocks.
const REFUSED: &str = include_str!("../probes/reach_what_is_refused.py");

fn the_operator_reads_what_was_refused_and_what_would_allow_it(place: &TestDir) {
    install(place);
    place.dir("log");
    let _helper = purple_net(place);
    let policy = Policy::new(place)
        .section("network: {allow: [api.example.org], blocked_ips: [192.0.2.0/24]}")
        .section(&format!(
            "audit: {{enabled: true, log_path: {:?}}}",
            place.text("log/audit.log")
        ));
    let _plan = policy.compile(place);
    let (file, report) = (place.text("policy.yaml"), place.text("report.json"));
    let arguments = [
        "run", "--policy", &file, "--report", &report, "--", PYTHON, "-ISc", REFUSED,
    ];
    let done = finished(purple(place, &arguments));
    assert_eq!(done.code(), 0, "{done}");
    let line = policy.line_of("blocked_ips");
    for said in [
        "refused 3x 203.0.113.9:22/tcp: `network: {allow: [\"203.0.113.9:22\"]}` or `--allow-host 203.0.113.9:22` would allow it",
        "refused 2x 203.0.113.9:53/udp: `network: {allow: [\"203.0.113.9:53/udp\"]}` or `--allow-host 203.0.113.9:53/udp` would allow it, and lookups would pass by the list of names",
        // There is one line for each name, with the number of its queries.
        "refused the name other.example (2 queries): `network: {allow: [\"other.example\"]}` or `--allow-host other.example` would allow it on port 443",
        &format!("refused 1x 192.0.2.7:443/tcp: policy line {line} refuses it"),
    ] {
        assert!(done.stderr.contains(said), "{said}\n{done}");
    }

    let read = |path: &str| fs::read_to_string(path).expect("it was written");
    let report: Value = serde_json::from_str(&read(&report)).expect("JSON");
    let audit = |what: &[&str]| {
        let (log, words) = (place.text("log/audit.log"), ["audit", "--log"]);
        let done = finished(purple(place, &[&words[..], &[&log], what].concat()));
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    // 3 + 2 + 1 connections and 2 queries.
    let all = audit(&["--all"]);
    let row: Vec<&str> = all
        .lines()
        .last()
        .expect("a row")
        .split_whitespace()
        .collect();
    assert_eq!(row.get(6), Some(&"8"), "{all}");
    let full = audit(&["--session", row.get(1).expect("an id")]);
    let blocked =
        format!("network          refused 1x 192.0.2.7:443/tcp: policy line {line} refuses it");
    assert!(full.lines().any(|one| one == blocked), "{full}");
    assert!(!full.contains("\"denied\""), "{full}");
    let log = read(&place.text("log/audit.log"));
    let record: Value = serde_json::from_str(log.lines().last().expect("a record")).expect("JSON");
    assert_eq!(report["connections"], record["connections"]);
    assert_eq!(report["network"]["counted"], Value::Null);
    let denied = &report["connections"]["denied"];
    let by_line: Vec<&Value> = denied
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["policy_line"] == line)
        .collect();
    assert_eq!(by_line.len(), 1, "{report}");
    assert_eq!(by_line[0]["entry"], Value::Null);

    // What would allow it allows it.
    let wider = Policy::new(place).section(
        "network: {allow: [\"203.0.113.9:22\", \"203.0.113.9:53/udp\", \"other.example\"]}",
    );
    let plan = wider.compile(place);
    for question in ["203.0.113.9:22", "203.0.113.9:53/udp", "other.example:443"] {
        let asked = Command::new(binary("purplec"))
            .args(["query", &plan.to_string_lossy(), "connect", question])
            .output()
            .expect("the compiler runs");
        let answer = String::from_utf8_lossy(&asked.stdout).into_owned();
        assert!(answer.contains(": allowed"), "{answer}");
    }
}

/// Listens on two ports, and answers each caller with what it says of itself.
const LISTENING: &str = include_str!("../probes/listen_inside.py");

/// Looks up a name.
const UNKNOWN: &str = include_str!("../probes/ask_for_a_name.py");

/// The resolver answers, also where a policy has nothing but addresses or published ports.
fn a_name_is_unknown_where_none_is_listed(place: &TestDir) {
    install(place);
    let _helper = purple_net(place);
    let policy = Policy::new(place).section("network: {allow: [\"192.0.2.9:80\"]}");
    let _plan = policy.compile(place);
    let file = place.text("policy.yaml");
    let arguments = ["run", "--policy", &file, "--", PYTHON, "-ISc", UNKNOWN];
    let done = finished(purple(place, &arguments));
    assert_eq!(done.out(), "True\n", "{done}");
    let said = "refused the name api.example.org (2 queries): `network: {allow: [\"api.example.org\"]}` or `--allow-host api.example.org` would allow it on port 443";
    assert!(done.stderr.contains(said), "{done}");
}

fn a_published_port_leads_inside_and_no_other_does(place: &TestDir) {
    let _helper = purple_net(place);
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let policy = Policy::new(place).section(&format!(
        "network: {{allowed_incoming_ports: [8080, 8081], publish: [{{host: {port}, inside: 8080}}]}}"
    ));
    let plan = policy.compile(place);
    let mut running = Run::new(place, &plan, &[PYTHON, "-ISc", LISTENING]).start();
    let mut out = BufReader::new(running.stdout.take().expect("a pipe"));
    let mut said = String::new();
    let _length = out.read_line(&mut said).expect("a line");
    assert_eq!(said, "ready\n");
    // What is not published is not there on the host, and what is, is on its loopback address alone.
    assert!(TcpStream::connect(("127.0.0.1", 8081)).is_err());
    let mut caller = TcpStream::connect(("127.0.0.1", port)).expect("it is published");
    caller.write_all(b"hello").expect("it listens");
    let mut answer = String::new();
    let _length = caller.read_to_string(&mut answer).expect("an answer");
    assert_eq!(answer, "hello from 127.0.0.1");
    assert!(running.wait().expect("it ends").success());

    // A port that is taken refuses the run.
    let taken = TcpListener::bind(("127.0.0.1", port)).expect("it is free again");
    let done = Run::new(place, &plan, &["true"]).finish();
    assert_eq!(done.code(), 125, "{done}");
    let said = format!(
        "publishing 127.0.0.1:{port} on the host: Address already in use (os error 98); another program listens there"
    );
    assert!(done.stderr.contains(&said), "{done}");
    drop(taken);
}
