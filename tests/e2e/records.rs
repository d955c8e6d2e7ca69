//! How a run ended, by its record; and logs with records in the older form.

use super::audit::{policy, records, run};
use super::report::fits;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::repository::root;
use purple_tests::run::{bare, finish};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::time::Duration;

scenarios! {
    every_end_has_its_status_and_outcome
    a_killed_executor_has_a_record
    a_report_that_cannot_be_read_is_said
    a_log_of_older_records_is_continued
    a_line_that_is_no_record_is_named
}

fn every_end_has_its_status_and_outcome(place: &TestDir) {
    install(place);
    let log = place.text("logs/audit.log");
    let audit = format!("audit: {{enabled: true, detail_level: [syscall], log_path: {log:?}}}");
    let policy = Policy::new(place)
        .section(&audit)
        .section("resources: {session_timeout_seconds: 2}")
        .syscalls(&["default_deny: false"]);
    place.file("policy.yaml", policy.text());
    let ends = [
        ("exit 0", 0, "completed", "exited"),
        ("exit 3", 3, "failed", "exited"),
        ("kill -TERM $$", 143, "failed", "signaled"),
        ("sleep 60", 124, "timeout", "timeout"),
    ];
    for (script, code, ..) in ends {
        assert_eq!(run(place, &[], &["sh", "-c", script]).code(), code);
    }
    assert_eq!(run(place, &[], &["no-such-program"]).code(), 127);
    let found: Vec<Value> = records(place)
        .iter()
        .map(|one| json!([one["exit_code"], one["status"], one["outcome"]]))
        .collect();
    let ends = ends.map(|(_, code, status, outcome)| json!([code, status, outcome]));
    let refused = json!([127, "refused", "refused"]);
    assert_eq!(found, [&ends[..], &[refused]].concat());
}

fn a_killed_executor_has_a_record(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let script = "echo ready; sleep 600";
    let words = ["run", "--policy", "policy.yaml", "--", "sh", "-c", script];
    let mut child = purple(place, &words).spawn().expect("purple starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    let id = child.id();
    let executor = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let executor = executor.expect("its children");
    let executor: i32 = executor.trim().parse().expect("one child");
    kill(Pid::from_raw(executor), Signal::SIGKILL).expect("it is there");
    let done = finish(child, &[], Duration::from_secs(30));
    assert_eq!(done.code(), 137, "{done}");
    let record = &records(place)[0];
    assert_eq!(
        (&record["status"], &record["outcome"]),
        (&json!("killed"), &json!("killed"))
    );
    assert!(record["receipt"].is_null() && record["unenforced"].is_null());
}

/// A program that writes another report than is declared stands where purple-exec should.
fn a_report_that_cannot_be_read_is_said(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let _programs = place.dir("programs");
    let copied = fs::copy(place.at("purple"), place.at("programs/purple"));
    assert!(copied.is_ok(), "{copied:?}");
    let script = "#!/bin/sh
while [ $1 != --parent ]; do shift; done
echo '{\"status\":1}' >/proc/self/fd/$3
";
    let _executor = place.script("programs/purple-exec", script);
    let (home, purple) = (place.text("home"), place.text("programs/purple"));
    let home = format!("HOME={home}");
    let words = [
        "env",
        &home,
        &purple,
        "run",
        "--policy",
        "policy.yaml",
        "--",
        "true",
    ];
    let done = bare(place, &words);
    assert_eq!(done.code(), 125, "{done}");
    assert_eq!(
        done.stderr,
        "purple: the report of purple-exec: `plan` is missing\n"
    );
    let record = &records(place)[0];
    assert_eq!(
        (&record["status"], &record["outcome"], &record["exit_code"]),
        (&json!("killed"), &json!("killed"), &json!(125))
    );
}

fn a_log_of_older_records_is_continued(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let _logs = place.dir("logs");
    for (from, to) in [
        ("older.log", "logs/audit.log"),
        ("older.log.head", "logs/audit.log.head"),
    ] {
        let text = fs::read_to_string(root().join("tests/e2e/data").join(from));
        let _file = place.file(to, text.expect("the sample"));
    }
    assert_eq!(run(place, &[], &["sh", "-c", "exit 3"]).code(), 3);
    let text = place.read("logs/audit.log");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 10);
    let last: Value = serde_json::from_str(lines[9]).expect("JSON");
    fits("record", &last);
    assert_eq!(last["sequence"], 10);

    let log = place.text("logs/audit.log");
    let audit = |words: &[&str]| {
        let mut all = vec!["audit"];
        all.extend(words);
        all.extend(["--log", &log]);
        finished(purple(place, &all)).good()
    };
    assert!(audit(&["--verify"]).contains(": 10 records, each bound"));
    // A run is shown once, by its end.
    let shown: String = [&lines[..8], &lines[9..]].concat().join("\n") + "\n";
    assert_eq!(audit(&["--all", "--format", "json"]), shown);
    let all = audit(&["--all"]);
    let ends: Vec<String> = all
        .lines()
        .map(|row| {
            let words: Vec<&str> = row.split_whitespace().skip(3).take(4).collect();
            words.join(" ")
        })
        .collect();
    let expected = [
        "STATUS OUTCOME EXIT DENIED",
        "failed exited 3 0",
        "completed exited 0 4",
        "timeout timeout 124 0",
        "refused refused 127 0",
        "failed signaled 137 0",
        "completed exited 0 0",
        "killed killed 125 0",
        "killed killed 137 0",
        "failed exited 3 0",
    ];
    assert_eq!(ends, expected);
    let older: Value = serde_json::from_str(lines[1]).expect("JSON");
    let one = audit(&["--session", older["sandbox_id"].as_str().expect("an id")]);
    for part in [
        "event_type       sandbox_execution\n",
        "status           completed\n",
        "outcome          exited\n",
        "denied           3x mount (policy line 13) arguments={\"dev_name\":",
        "denied           1x ptrace (policy line 14) ",
    ] {
        assert!(one.contains(part), "{part}\n{one}");
    }
}

fn a_line_that_is_no_record_is_named(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    assert_eq!(run(place, &[], &["true"]).code(), 0);
    let good = place.read("logs/audit.log");
    let more = good.lines().last().expect("the record of the end");
    let more = more.replace("{\"timestamp\"", "{\"more\":1,\"timestamp\"");
    let log = place.file("logs/audit.log", format!("{good}{more}"));
    let log = log.to_str().expect("a path in UTF-8");
    let done = finished(purple(place, &["audit", "--all", "--log", log]));
    assert_eq!(done.code(), 1, "{done}");
    assert_eq!(
        done.stderr,
        format!("purple: {log}:3: this is not a record: unknown key `more`\n")
    );
    assert_eq!(done.out().lines().count(), 2, "{done}");
}
