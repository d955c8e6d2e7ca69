//! What `purple run` hands on to purple-exec, and what it makes of its answer.

use super::audit::{policy, records, run};
use super::inside::{PYTHON, script};
use super::subordinate::listed;
use purple_tests::identity::OUTSIDE_FOR_ROOT;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::Finished;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

scenarios! {
    the_id_outside_is_handed_on
    the_subordinate_ids_are_handed_on
    a_group_and_what_is_let_go_are_handed_on
    a_policy_that_only_notifies_is_heard
    what_finds_no_room_is_counted_and_denied
}

/// A run that makes a file; with a record, in which the receipt stands, and without, where purple
/// becomes purple-exec.
fn runs(place: &TestDir, options: &[&str]) -> [Finished; 2] {
    install(place);
    let report = place.text("report.json");
    let touch = ["touch", "/output/made"];
    let _recorded = policy(place, "");
    let recorded = run(place, options, &touch);
    place.file("policy.yaml", Policy::new(place).text());
    let mut all = vec!["--report", &report];
    all.extend(options);
    [recorded, run(place, &all, &touch)]
}

/// The ids outside, of users and groups, in both.
#[track_caller]
fn ids(place: &TestDir, done: &[Finished; 2]) -> [u64; 2] {
    for one in done {
        assert_eq!(one.good(), "");
    }
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    let outside = |receipt: &Value| {
        ["uid_map", "gid_map"].map(|key| receipt[key][1].as_u64().expect("an id"))
    };
    let found = outside(&report["receipt"]);
    assert_eq!(outside(&records(place)[0]["receipt"]), found);
    found
}

#[track_caller]
fn refused(place: &TestDir, done: &[Finished; 2], message: &str) {
    for one in done {
        one.refused(125, message);
    }
    assert!(!place.at("output/made").exists());
    let record = &records(place)[0];
    assert_eq!(
        (&record["status"], &record["outcome"]),
        (&json!("refused"), &json!("refused"))
    );
}

fn the_id_outside_is_handed_on(place: &TestDir) {
    let done = runs(place, &["--outside-id", "70001"]);
    if !place.who.is_root() {
        return refused(place, &done, "identity: only root can choose --outside-id");
    }
    assert_eq!(ids(place, &done), [70001, 70001]);
    assert_ne!(OUTSIDE_FOR_ROOT, 70001);
    // What is no id is refused before anything is made.
    for wrong in ["-1", "4294967296", "name"] {
        let option = format!("--outside-id={wrong}");
        let done = run(place, &[&option], &["true"]);
        assert_eq!(done.code(), 125, "{done}");
        assert!(done.stderr.contains("--outside-id"), "{done}");
    }
}

fn the_subordinate_ids_are_handed_on(place: &TestDir) {
    set_permissions(place.at("output"), Permissions::from_mode(0o777)).expect("its own directory");
    if place.who.is_root() {
        let done = runs(place, &["--subordinate-ids"]);
        let message = "identity: --subordinate-ids is not for root: root chooses with --outside-id";
        return refused(place, &done, message);
    }
    let Some((uid, gid)) = listed(place, "the_subordinate_ids_are_handed_on") else {
        return;
    };
    let done = runs(place, &["--subordinate-ids"]);
    assert_eq!(ids(place, &done), [u64::from(uid), u64::from(gid)]);
    let both = run(
        place,
        &["--subordinate-ids", "--outside-id", "70001"],
        &["true"],
    );
    assert_eq!(both.code(), 125, "{both}");
    assert!(both.stderr.contains("cannot be used with"), "{both}");
}

fn a_group_and_what_is_let_go_are_handed_on(place: &TestDir) {
    install(place);
    let limits = "resources: {pids_limit: 20}";
    place.file("policy.yaml", Policy::new(place).section(limits).text());
    let done = run(place, &["--cgroup", "/tmp"], &["touch", "/output/made"]);
    assert_eq!(done.code(), 125, "{done}");
    let said = "purple-exec: cgroup: /tmp is not a group of a cgroup2 file system\n";
    assert!(done.stderr.starts_with(said), "{done}");
    assert!(!place.at("output/made").exists());
    let done = run(
        place,
        &["--unenforced", "cgroup", "--cgroup", "/tmp"],
        &["true"],
    );
    assert_eq!(done.code(), 0, "{done}");
    assert!(
        done.stderr
            .contains("cgroup: not enforced, as --unenforced asked"),
        "{done}"
    );
}

/// Without a section `audit` there is no log; people are told at the end all the same, and the report
/// has all.
fn a_policy_that_only_notifies_is_heard(place: &TestDir) {
    install(place);
    let policy = Policy::new(place).syscalls(&["default_deny: false", "on_deny: notify"]);
    place.file("policy.yaml", policy.text());
    let text = script(include_str!("../probes/denied_calls_of_seven_kinds.py"));
    let report = place.text("report.json");
    let done = run(place, &["--report", &report], &[PYTHON, "-ISc", &text]);
    assert_eq!(
        (done.code(), done.out().as_str()),
        (0, "{\"found\": [\"EPERM\"]}\n"),
        "{done}"
    );
    let line = policy.line_of("default_deny");
    let mut said: Vec<String> = [
        (7, "mount"),
        (6, "umount2"),
        (5, "pivot_root"),
        (4, "kexec_load"),
    ]
    .map(|(count, name)| format!("purple: denied {count}x {name}, policy line {line}"))
    .into();
    said.push("purple: denied 6x other calls".to_owned());
    assert_eq!(done.stderr.lines().collect::<Vec<_>>(), said, "{done}");
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    let rows = report["denied"].as_array().expect("a list");
    let counts: Vec<u64> = rows
        .iter()
        .filter_map(|row| row["count"].as_u64())
        .collect();
    assert_eq!(counts.iter().sum::<u64>(), 28, "{report}");
    assert_eq!(
        (rows.len(), &report["denied_beyond"]),
        (7, &json!([])),
        "{report}"
    );
    // Nobody asked for a record.
    assert!(!place.at("home/.local").exists() && !place.at("logs").exists());
    let done = finished(purple(
        place,
        &["run", "--policy", "policy.yaml", "--", "true"],
    ));
    assert_eq!(done.good(), "", "no report is needed");
}

/// More kinds of denied calls than the list has room for: rows are alike in number and policy line.
fn what_finds_no_room_is_counted_and_denied(place: &TestDir) {
    const KINDS: usize = 700;
    const ROOM: usize = 640;
    install(place);
    let rule = |number| {
        format!(
            "  - {{syscall: getpriority, action: notify, conditions: [{{arg: 1, op: eq, value: {number}}}]}}"
        )
    };
    let rules: Vec<String> = (1..=KINDS).map(rule).collect();
    let mut lines = vec!["default_deny: false", "advanced_rules:"];
    lines.extend(rules.iter().map(String::as_str));
    let log = place.text("logs/audit.log");
    let audit = format!("audit: {{enabled: true, detail_level: [syscall], log_path: {log:?}}}");
    let policy = Policy::new(place).section(&audit).syscalls(&lines);
    place.file("policy.yaml", policy.text());
    let text = script(&format!(
        "KINDS = {KINDS}\n{}",
        include_str!("../probes/denied_calls_of_many_kinds.py")
    ));
    let report = place.text("report.json");
    let done = run(place, &["--report", &report], &[PYTHON, "-ISc", &text]);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(
        done.out(),
        "{\"first\": \"ok\", \"others\": [\"EPERM\"]}\n",
        "none was let through"
    );
    let said: Vec<&str> = done.stderr.lines().collect();
    assert_eq!(said.len(), 5, "{done}");
    assert_eq!(
        said[4],
        format!("purple: denied {}x other calls", KINDS - 4),
        "{done}"
    );
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    assert_eq!(report["denied"].as_array().map(Vec::len), Some(ROOM));
    let beyond = KINDS - ROOM;
    assert_eq!(
        (&report["denied_beyond"], &report["denied_whole"]),
        (&json!([{"syscall": 140, "count": beyond}]), &json!(true))
    );
    let record = &records(place)[0];
    let events = record["security_events"].as_array().expect("a list");
    assert_eq!(events.len(), ROOM + 1);
    let last = json!({"type": "denials_not_listed", "syscall": "getpriority", "pid": null,
        "process": null, "arguments": null, "unreliable_path": null, "errno": null, "count": beyond, "first_at": null,
        "policy_line": null, "policy_source": null});
    assert_eq!(events[ROOM], last);
}
