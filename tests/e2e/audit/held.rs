//! What would keep a record from being written: a lock, a lost end.

use super::signals::started;
use super::{policy, records, run, verify};
use crate::e2e::inside::{PYTHON, script};
use nix::sys::signal::{Signal, kill};
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

/// Holds every lock of the log that it can get, read-only as it is shown.
const HOLD: &str = include_str!("../../probes/hold_the_locks_of_a_log.py");

pub(super) fn a_reader_cannot_hold_the_log_up(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    assert_eq!(run(place, &[], &["true"]).code(), 0);
    let look = Policy::new(place).shows(&place.text("logs"), "/look");
    let plan = look.compile(place);
    let mut child = Run::new(place, &plan, &[PYTHON, "-ISc", &script(HOLD)]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    // The head's lock, which was the log's until now, is the reader's to take; the lock's file is not
    // to be opened.
    let head = if place.who.is_root() { "EACCES" } else { "ok" };
    let expected = format!("{{\"head\": \"{head}\", \"lock\": \"EACCES\"}}\n");
    assert_eq!(line, expected);
    // The other one took its place.
    let _policy = policy(place, "");
    assert_eq!(run(place, &[], &["true"]).code(), 0);
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"\n").expect("it reads");
    drop(input);
    let done = finish(child, &[], Duration::from_secs(30));
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(records(place).len(), 2);
}

pub(super) fn a_lost_end_shows(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    assert_eq!(run(place, &[], &["true"]).code(), 0);
    let (child, _out, id) = started(place, "echo ready; sleep 600");
    kill(id, Signal::SIGKILL).expect("it is there");
    assert_eq!(
        finish(child, &[], Duration::from_secs(30)).signal(),
        Some(9)
    );

    assert_eq!(records(place).len(), 1);
    let done = verify(place);
    assert_eq!(done.code(), 0, "{done}");
    assert!(done.out().contains(": 3 records, each bound"), "{done}");
    assert!(done.out().contains("\nstarted, no end recorded"), "{done}");
    let log = place.text("logs/audit.log");
    let table = finished(purple(place, &["audit", "--all", "--log", &log])).good();
    let last = table.lines().last().expect("a row");
    let words: Vec<&str> = last.split_whitespace().skip(3).take(5).collect();
    assert_eq!(words, ["started", "no", "end", "-", "-"], "{table}");
    assert_eq!(table.lines().count(), 3, "each run is shown once: {table}");
}
