//! `purple run` under a policy with an audit record: what it writes, what it says, and what it does
//! where it cannot write.

mod held;
mod signals;

use super::inside::{PYTHON, script};
use super::report::fits;
use held::{a_lost_end_shows, a_reader_cannot_hold_the_log_up};
use nix::unistd::Uid;
use purple_tests::identity::skip;
use purple_tests::operator::{finished, install, purple, without_environment};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, finish};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use signals::{
    a_signal_at_the_start_loses_no_record, it_stops_and_goes_on, killing_purple_kills_everything,
    signals_go_through_and_the_status_comes_back,
};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

scenarios! {
    a_run_is_one_line_that_names_what_was_denied
    any_bytes_stay_one_object_a_line
    a_changed_or_cut_log_is_found_out
    the_chain_goes_on_in_a_new_file
    many_at_once_make_one_chain
    a_log_that_cannot_be_written_refuses_the_run
    a_full_disk_refuses_the_run
    a_log_inside_is_refused
    a_refused_run_has_a_record
    signals_go_through_and_the_status_comes_back
    it_stops_and_goes_on
    killing_purple_kills_everything
    a_signal_at_the_start_loses_no_record
    the_operators_report_is_written_too
    a_reader_cannot_hold_the_log_up
    a_lost_end_shows
}

/// A policy whose log is `logs/audit.log` of the place; `more` is further keys of `audit`.
pub(crate) fn policy(place: &TestDir, more: &str) -> Policy {
    let log = place.text("logs/audit.log");
    let audit =
        format!("audit: {{enabled: true, detail_level: [syscall], log_path: {log:?}{more}}}");
    let policy = Policy::new(place).section(&audit).syscalls(&[
        "default_deny: false",
        "deny:",
        "  - ptrace",
    ]);
    place.file("policy.yaml", policy.text());
    policy
}

pub(crate) fn run(place: &TestDir, options: &[&str], command: &[&str]) -> Finished {
    let mut words = vec!["run", "--policy", "policy.yaml"];
    words.extend(options);
    words.push("--");
    words.extend(command);
    finished(purple(place, &words))
}

/// The records of runs that have ended; that of its start stands before each.
pub(crate) fn records(place: &TestDir) -> Vec<Value> {
    let mut started = Vec::new();
    let mut ended = Vec::new();
    for line in place.read("logs/audit.log").lines() {
        let record: Value = serde_json::from_str(line).expect("one object a line");
        if record["event_type"] == "sandbox_start" {
            fits("start", &record);
            started.push(record["sandbox_id"].clone());
        } else {
            fits("record", &record);
            assert!(started.contains(&record["sandbox_id"]), "{line}");
            ended.push(record);
        }
    }
    ended
}

fn verify(place: &TestDir) -> Finished {
    finished(purple(
        place,
        &["audit", "--verify", "--log", &place.text("logs/audit.log")],
    ))
}

/// Looks whether the log is whole, with two records for each of so many runs.
#[track_caller]
fn whole(place: &TestDir, runs: usize) {
    let records = 2 * runs;
    let done = verify(place);
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""), "{done}");
    assert!(
        done.out()
            .contains(&format!(": {records} records, each bound")),
        "{done}"
    );
}

fn a_run_is_one_line_that_names_what_was_denied(place: &TestDir) {
    install(place);
    let policy = policy(place, "");
    let text = script(include_str!("../probes/denied_five_times.py"));
    let done = run(place, &[], &[PYTHON, "-ISc", &text]);
    assert_eq!(done.code(), 3, "{done}");
    let (own, rest) = (policy.line_of("- ptrace"), policy.line_of("default_deny"));
    let said = [
        format!("purple: denied 3x mount, policy line {rest}"),
        format!("purple: denied 1x ptrace, policy line {own}"),
        format!("purple: denied 1x socket (family AF_VSOCK), policy line {rest}"),
    ];
    assert_eq!(done.stderr.lines().collect::<Vec<_>>(), said, "{done}");

    let status = place.at("logs/audit.log").metadata().expect("the log");
    assert_eq!(
        (status.mode() & 0o7777, status.uid()),
        (0o600, place.who.uid)
    );
    let all = records(place);
    assert_eq!(all.len(), 1);
    let record = &all[0];
    let keys: Vec<&String> = record.as_object().expect("an object").keys().collect();
    let wanted = [
        "timestamp",
        "event_type",
        "sandbox_id",
        "policy_name",
        "command",
        "status",
        "outcome",
        "exit_code",
        "resource_usage",
        "security_events",
        "connections",
        "repositories",
        "plan",
        "receipt",
        "unenforced",
        "sequence",
        "previous",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(
        (&record["event_type"], &record["status"]),
        (&json!("sandbox_execution"), &json!("failed"))
    );
    assert_eq!(
        (&record["outcome"], &record["exit_code"]),
        (&json!("exited"), &json!(3))
    );
    assert_eq!(
        (&record["policy_name"], &record["command"][0]),
        (&json!("e2e"), &json!(PYTHON))
    );
    let usage = &record["resource_usage"];
    assert!(
        usage["cpu_time_seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds > 0.0),
        "{usage}"
    );
    assert!(
        usage["peak_memory_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes > 1 << 20),
        "{usage}"
    );
    assert!(usage["disk_io_bytes"].is_u64(), "{usage}");
    assert_eq!(record["receipt"]["seccomp"]["probe"], "EPERM");
    let event = |name: &str| {
        let events = record["security_events"].as_array().expect("a list");
        events
            .iter()
            .find(|one| one["syscall"] == name)
            .cloned()
            .unwrap_or_default()
    };
    let mount = event("mount");
    assert_eq!(
        (&mount["type"], &mount["count"]),
        (&json!("syscall_deny"), &json!(3))
    );
    assert_eq!(
        (&mount["policy_line"], &mount["errno"]),
        (&json!(rest), &json!("EPERM"))
    );
    assert_eq!(mount["unreliable_path"], "/target");
    assert_eq!(mount["arguments"]["flags"], "MS_NOSUID|MS_NODEV");
    assert_eq!(event("ptrace")["policy_line"], json!(own));
    assert_eq!(event("ptrace")["arguments"]["request"], "PTRACE_ATTACH");
    assert_eq!(event("socket")["arguments"]["family"], "AF_VSOCK");

    let log = place.text("logs/audit.log");
    let table = finished(purple(place, &["audit", "--all", "--log", &log])).good();
    let id = record["sandbox_id"].as_str().expect("an id");
    assert!(
        table.lines().nth(1).is_some_and(|row| row.contains(id)),
        "{table}"
    );
    let one = finished(purple(place, &["audit", "--session", id, "--log", &log])).good();
    assert!(
        one.contains(&format!("3x mount (policy line {rest})")),
        "{one}"
    );
    let json = ["audit", "--session", id, "--format", "json", "--log", &log];
    let text = place.read("logs/audit.log");
    let end = text.lines().last().expect("the record");
    assert_eq!(finished(purple(place, &json)).good(), format!("{end}\n"));
    whole(place, 1);
}

fn any_bytes_stay_one_object_a_line(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let text = script("syscall(SYS_mount, 0, b'/a\\n\"\\\\\\x1b\\xff{}', 0, 0, 0)");
    let words = [
        "two\nlines\r",
        "\"quoted\" \\",
        "\u{1b}[31m",
        "\u{2028}",
        "",
    ];
    let mut command = vec![PYTHON, "-ISc", &text];
    command.extend(words);
    let done = run(place, &[], &command);
    assert_eq!(done.code(), 0, "{done}");
    let all = records(place);
    assert_eq!(all.len(), 1);
    let found = all[0]["command"].as_array().expect("a list");
    assert_eq!(
        found
            .iter()
            .skip(3)
            .filter_map(Value::as_str)
            .collect::<Vec<_>>(),
        words
    );
    let path = &all[0]["security_events"][0]["unreliable_path"];
    assert_eq!(path, "/a\n\"\\\u{1b}\u{fffd}{}");
    let table = finished(purple(
        place,
        &["audit", "--all", "--log", &place.text("logs/audit.log")],
    ));
    assert!(!table.good().contains('\u{1b}'));
}

fn a_changed_or_cut_log_is_found_out(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    for status in ["1", "2", "3"] {
        assert_eq!(
            run(place, &[], &["sh", "-c", &format!("exit {status}")]).stderr,
            ""
        );
    }
    whole(place, 3);
    let log = place.at("logs/audit.log");
    let good = place.read("logs/audit.log");
    let lines: Vec<&str> = good.lines().collect();
    let changed = good.replace("\"exit_code\":2", "\"exit_code\":0");
    let last = good.replace("\"exit_code\":3", "\"exit_code\":0");
    let cases = [
        (
            changed,
            "logs/audit.log:5: record 4 was changed, or this one",
        ),
        (last, "record 6 is not the one that was written"),
        (
            [&lines[..2], &lines[4..], &[""]].concat().join("\n"),
            ":3: record 5 follows record 2: some are",
        ),
        (
            [&lines[..4], &[""]].concat().join("\n"),
            "the last record is 4, and 6 were written",
        ),
        (
            [&[lines[1], lines[0]], &lines[2..], &[""]]
                .concat()
                .join("\n"),
            "some are missing, or moved",
        ),
        (
            good.replace("{\"timestamp\"", "{timestamp"),
            ":1: this is not a record",
        ),
    ];
    for (text, finding) in cases {
        fs::write(&log, &text).expect("a file can be written");
        let done = verify(place);
        assert_eq!(done.code(), 1, "{finding}: {done}");
        assert!(done.stderr.contains(finding), "{finding}: {done}");
    }
    fs::write(&log, &good).expect("a file can be written");
    whole(place, 3);
    fs::remove_file(place.at("logs/audit.log.head")).expect("it is there");
    assert!(verify(place).stderr.contains("audit.log.head is gone"));
    let done = run(place, &[], &["touch", "/output/started"]);
    assert_eq!(done.code(), 125, "{done}");
    assert!(
        done.stderr.contains("it is gone, and the log has records"),
        "{done}"
    );
    assert!(!place.at("output/started").exists());
}

fn the_chain_goes_on_in_a_new_file(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    for to in ["audit.log.2", "audit.log.1", ""] {
        assert_eq!(run(place, &[], &["true"]).code(), 0);
        if !to.is_empty() {
            let moved = fs::rename(place.at("logs/audit.log"), place.at("logs").join(to));
            moved.expect("a log can be moved");
        }
    }
    let text = place.read("logs/audit.log");
    assert_eq!(text.lines().count(), 2);
    assert!(
        text.contains("\"sequence\":5,") && text.contains("\"sequence\":6,"),
        "{text}"
    );
    whole(place, 3);
    // What was rotated away is said, and a gap is found.
    fs::remove_file(place.at("logs/audit.log.2")).expect("it is there");
    assert!(
        verify(place)
            .good()
            .contains("those before 3 are in no file")
    );
    fs::rename(place.at("logs/audit.log.1"), place.at("logs/other")).expect("it is there");
    assert!(
        verify(place)
            .good()
            .contains("those before 5 are in no file")
    );
}

fn many_at_once_make_one_chain(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let all: Vec<Child> = (0..8)
        .map(|_| {
            let words = ["run", "--policy", "policy.yaml", "--", "true"];
            purple(place, &words).spawn().expect("purple starts")
        })
        .collect();
    for child in all {
        assert_eq!(finish(child, &[], Duration::from_mins(2)).code(), 0);
    }
    whole(place, 8);
}

fn a_log_that_cannot_be_written_refuses_the_run(place: &TestDir) {
    install(place);
    let touch = ["touch", "/output/started"];
    place.dir("logs");
    place.dir("logs/audit.log");
    let _policy = policy(place, "");
    let done = run(place, &[], &touch);
    assert_eq!(done.code(), 125, "{done}");
    assert!(done.stderr.starts_with("purple: the audit log ") && done.stderr.contains("directory"));
    assert!(!place.at("output/started").exists());
    // Where the policy says so, the run goes on, and that is said.
    let _policy = policy(place, ", on_failure: continue");
    let done = run(place, &[], &touch);
    assert_eq!(done.code(), 0, "{done}");
    assert!(
        done.stderr
            .contains("the run continues without a record, as the policy says"),
        "{done}"
    );
    assert!(place.at("output/started").exists());
}

fn a_full_disk_refuses_the_run(place: &TestDir) {
    if !Uid::effective().is_root() {
        skip(
            "audit-a_full_disk_refuses_the_run",
            "only root can mount a small file system",
        );
        return;
    }
    install(place);
    place.dir("logs");
    // In a mount namespace of its own, which no other process sees.
    let setup = "mount -t tmpfs -o size=64k,mode=0777 none logs && exec \"$@\"";
    let small = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["-m", "--propagation", "private", "sh", "-c", setup, "sh"]);
        command
            .args(place.who.setpriv())
            .args(["./purple", "run", "--policy", "policy.yaml", "--"])
            .args(words)
            .current_dir(place.at(""));
        without_environment(&mut command).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
            .env("HOME", place.at("home"))
            .env("XDG_STATE_HOME", place.at("home/.local/state"));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        finished(command)
    };
    let _policy = policy(place, "");
    let refused = small(&["touch", "/output/started"]);
    let started = place.at("output/started").exists();
    let _policy = policy(place, ", on_failure: continue");
    let went_on = small(&["sh", "-c", "exit 4"]);
    assert_eq!(refused.code(), 125, "{refused}");
    assert!(
        refused.stderr.contains("No space left on device"),
        "{refused}"
    );
    assert!(!started);
    assert_eq!(went_on.code(), 4, "{went_on}");
    assert!(
        went_on
            .stderr
            .contains("the run continues without a record"),
        "{went_on}"
    );
}

fn a_log_inside_is_refused(place: &TestDir) {
    install(place);
    let log = place.text("output/audit.log");
    let policy = Policy::new(place)
        .section(&format!("audit: {{enabled: true, log_path: {log:?}}}"))
        .syscalls(&["default_deny: false"]);
    place.file("policy.yaml", policy.text());
    let done = run(place, &[], &["true"]);
    assert_eq!(done.code(), 125, "{done}");
    assert!(done.stderr.contains("where the audit log lies"), "{done}");
    assert_eq!(
        fs::read_dir(place.at("output"))
            .expect("it is there")
            .count(),
        0
    );
}

fn a_refused_run_has_a_record(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    assert_eq!(run(place, &[], &["no-such-program"]).code(), 127);
    let all = records(place);
    assert_eq!(
        (&all[0]["outcome"], &all[0]["exit_code"]),
        (&json!("refused"), &json!(127))
    );
    assert_eq!(all[0]["status"], "refused");
    assert!(all[0]["receipt"].is_null());
}

fn the_operators_report_is_written_too(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let path = place.text("report.json");
    assert_eq!(run(place, &["--report", &path], &["true"]).code(), 0);
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    assert_eq!(report["plan"], records(place)[0]["plan"]);
    assert_eq!(
        place
            .at("report.json")
            .metadata()
            .expect("it")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    // A report that cannot be written refuses the run, as without a record.
    let done = run(
        place,
        &["--report", &place.text("none/report")],
        &["touch", "/output/started"],
    );
    assert_eq!(done.code(), 125, "{done}");
    assert!(!place.at("output/started").exists());
}
