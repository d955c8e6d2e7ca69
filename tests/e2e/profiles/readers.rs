//! Profiles of programs that read a project, or nothing, and have no network.

use super::trial::{NO_NETWORK, NO_PROJECT, NO_SOCKETS, READ_ONLY, SERVICE, Trial};
use purple_tests::inside::{PYTHON, script};
use purple_tests::project::on_host;
use purple_tests::run::{finish, piped};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

scenarios! {
    data_processing_agent
    security_scanner_agent
    minimal_sandbox
    strict
    code_analyst
    worker_of_ci
    honeypot
    mcp_server
}

const ABUSES: &str = include_str!("../../probes/abuses.py");
const ANALYSE: &str = include_str!("../../probes/workloads/analyse.py");
const BUILD: &str = include_str!("../../probes/workloads/build.py");
const MCP: &str = include_str!("../../probes/workloads/mcp.py");
const PROCESS: &str = include_str!("../../probes/workloads/process.py");
const SCAN: &str = include_str!("../../probes/workloads/scan.py");
const SUMS: &str = include_str!("../../probes/workloads/sums.py");
const WORDS: &str = include_str!("../../probes/workloads/words.py");

fn json_of(place: &TestDir, name: &str) -> Value {
    serde_json::from_str(&place.read(name)).expect("JSON")
}

fn data_processing_agent(place: &TestDir) {
    let mut orders = String::new();
    let mut sums = [0_u32; 3];
    for (customer, amount) in ["a", "b", "c"].iter().cycle().zip(1..=9_000_u32) {
        writeln!(orders, "{customer},{amount}").expect("a string grows");
        sums[(amount as usize - 1) % 3] += amount;
    }
    let files = [("process.py", PROCESS), ("orders.csv", &orders)];
    let trial = Trial::new(place, "04-data-processing-agent", &files);
    assert_eq!(trial.works(&["process.py"]), "");
    let expected = format!("north,{}\nsouth,{}\n", sums[0] + sums[2], sums[1]);
    assert_eq!(place.read("project/output/totals.csv"), expected);
    trial.fails(&[&READ_ONLY, &NO_NETWORK, &SERVICE]);
}

fn security_scanner_agent(place: &TestDir) {
    let key = format!("AKIA{}", "A".repeat(16));
    let settings = format!("region = 'x'\nkey = '{key}'\n");
    let trial = Trial::new(
        place,
        "07-security-scanner-agent",
        &[("scan.py", SCAN), ("settings.py", &settings)],
    );
    let old = format!("AKIA{}", "B".repeat(16));
    let script = format!(
        "git config user.name a && git config user.email b && echo {old} > old && git add old && git commit -qm old &&
        git rm -q old && git commit -qm gone"
    );
    assert_eq!(on_host(place, "project", &["sh", "-c", &script]), "");
    assert_eq!(trial.works(&["scan.py"]), "");
    assert_eq!(
        json_of(place, "project/output/report.json"),
        json!({"files": [{"file": "./settings.py", "line": 2}], "removed": [old]})
    );
    trial.fails(&[&READ_ONLY, &NO_SOCKETS]);
}

fn minimal_sandbox(place: &TestDir) {
    let trial = Trial::new(place, "10-minimal-sandbox", &[]);
    let script = "sort | uniq -c | sort -rn | head -1 && echo kept > kept && pwd";
    let mut command = trial.command("project", &["sh", "-c", script]);
    let child = piped(&mut command);
    let done = finish(child, b"b\na\nb\n", Duration::from_secs(20));
    assert_eq!(
        (done.code(), done.out().trim_start()),
        (0, "2 b\n/tmp\n"),
        "{done}"
    );
    assert!(!place.at("project/kept").exists());
    trial.fails(&[&NO_PROJECT, &NO_SOCKETS]);
}

fn strict(place: &TestDir) {
    let trial = Trial::new(place, "ai-strict", &[("words.py", WORDS)]).at("/workspace");
    assert_eq!(trial.works(&["-IS", "words.py"]), "");
    assert_eq!(
        json_of(place, "project/output/result"),
        json!(["of", "the", "project"])
    );
    trial.fails(&[&READ_ONLY, &NO_SOCKETS]);
}

fn code_analyst(place: &TestDir) {
    let trial = Trial::new(
        place,
        "code-analyst",
        &[("analyse.py", ANALYSE), ("sums.py", SUMS)],
    );
    assert_eq!(trial.works(&["analyse.py"]), "");
    assert_eq!(
        json_of(place, "project/output/functions.json"),
        json!({"functions": {"analyse.py": 0, "sums.py": 1}, "authors": ["a"]})
    );
    trial.fails(&[&READ_ONLY, &NO_SOCKETS]);
}

fn worker_of_ci(place: &TestDir) {
    let files = [("build.py", BUILD), ("sums.py", SUMS)];
    let trial = Trial::new(place, "cicd-worker", &files).at("/workspace");
    assert_eq!(
        trial.works(&["build.py", "/build"]),
        "tests 1 True\npacked 42\n"
    );
    assert!(place.at("project/build/sums.pyz").is_file());
    trial.fails(&[&READ_ONLY, &NO_NETWORK, &SERVICE]);
}

/// What it tries is written down.
fn honeypot(place: &TestDir) {
    let trial = Trial::new(place, "honeypot", &[]);
    trial.fails(&[&NO_PROJECT, &NO_SOCKETS]);
    let told = json!({"try": ["mount", "trace a process", "reach an address"], "home": "", "secret": "", "project": "/",
        "host": 1, "port": 1});
    let done = trial.run(
        "project",
        &[PYTHON, "-ISc", &script(ABUSES), &told.to_string()],
    );
    assert_eq!(done.code(), 0, "{done}");
    let log = place.read("logs/audit.log");
    let last: Value = serde_json::from_str(log.lines().last().expect("a record")).expect("JSON");
    let events = last["security_events"].as_array().expect("a list");
    for call in ["mount", "ptrace", "socket"] {
        assert!(
            events.iter().any(|event| event["syscall"] == call),
            "{call}: {last}"
        );
    }
}

fn mcp_server(place: &TestDir) {
    let trial = Trial::new(place, "mcp-server", &[("mcp.py", MCP)]);
    let read = |path: &str| json!({"name": "read", "arguments": {"path": path}});
    let asked = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": read("README")}),
        json!({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": read(&place.text("home/.ssh/id"))}),
    ];
    let lines: Vec<String> = asked.iter().map(|one| format!("{one}\n")).collect();
    let mut command = trial.command("project", &[PYTHON, "mcp.py"]);
    let child = piped(&mut command);
    let done = finish(child, lines.concat().as_bytes(), Duration::from_secs(20));
    assert_eq!(done.code(), 0, "{done}");
    let answers: Vec<Value> = done
        .out()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), 4, "{done}");
    assert_eq!(answers[1]["result"]["tools"][0]["name"], "read");
    assert_eq!(
        answers[2]["result"]["content"][0]["text"],
        "of the project\n"
    );
    assert_eq!(
        answers[3]["result"]["content"][0]["text"],
        "No such file or directory"
    );
    trial.fails(&[&READ_ONLY, &NO_NETWORK, &SERVICE]);
}
