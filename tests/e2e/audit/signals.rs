//! `purple` between its caller and the run: signals, stopping and its own end.

use super::{policy, records, run};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use purple_tests::host::survivors;
use purple_tests::operator::{install, purple};
use purple_tests::run::{Finished, finish};
use purple_tests::test_dir::TestDir;
use purple_tests::wait::wait_until;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};
use std::time::Duration;

/// A program that has said that it is ready.
fn ready(place: &TestDir, script: &str) -> (Child, BufReader<ChildStdout>, Pid) {
    install(place);
    let _policy = policy(place, "");
    started(place, script)
}

/// The same where the program and the policy are in their places.
pub(super) fn started(place: &TestDir, script: &str) -> (Child, BufReader<ChildStdout>, Pid) {
    let words = ["run", "--policy", "policy.yaml", "--", "sh", "-c", script];
    let mut child = purple(place, &words).spawn().expect("purple starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    assert_eq!(line, "ready\n");
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    (child, out, id)
}

fn ended(child: Child, mut out: BufReader<ChildStdout>) -> Finished {
    let mut done = finish(child, &[], Duration::from_secs(30));
    assert!(out.read_to_end(&mut done.stdout).is_ok());
    done
}

pub(super) fn signals_go_through_and_the_status_comes_back(place: &TestDir) {
    let script = "trap 'echo got TERM' TERM; trap 'echo got USR1; exit 7' USR1; echo ready
while :; do sleep 0.05; done";
    let (child, mut out, id) = ready(place, script);
    kill(id, Signal::SIGTERM).expect("it is there");
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    assert_eq!(line, "got TERM\n");
    kill(id, Signal::SIGUSR1).expect("it is there");
    let done = ended(child, out);
    assert_eq!(
        (done.code(), done.out().as_str()),
        (7, "got USR1\n"),
        "once each: {done}"
    );
    assert_eq!(run(place, &[], &["sh", "-c", "kill -KILL $$"]).code(), 137);
    let record = &records(place)[1];
    assert_eq!(
        (&record["status"], &record["outcome"]),
        (&json!("failed"), &json!("signaled"))
    );
}

pub(super) fn it_stops_and_goes_on(place: &TestDir) {
    let script = "trap 'echo got TERM; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let (child, out, id) = ready(place, script);
    kill(id, Signal::SIGTSTP).expect("it is there");
    let stopped = waitpid(id, Some(WaitPidFlag::WUNTRACED));
    assert_eq!(stopped, Ok(WaitStatus::Stopped(id, Signal::SIGTSTP)));
    kill(id, Signal::SIGCONT).expect("it is there");
    let continued = waitpid(id, Some(WaitPidFlag::WCONTINUED));
    assert_eq!(continued, Ok(WaitStatus::Continued(id)));
    kill(id, Signal::SIGTERM).expect("it is there");
    let done = ended(child, out);
    assert_eq!(
        (done.code(), done.out().as_str()),
        (7, "got TERM\n"),
        "{done}"
    );
}

pub(super) fn killing_purple_kills_everything(place: &TestDir) {
    let (child, out, id) = ready(place, "setsid sleep 600 & echo ready; sleep 600");
    kill(id, Signal::SIGKILL).expect("it is there");
    assert_eq!(ended(child, out).signal(), Some(9));
    assert_eq!(survivors(place), Vec::<String>::new());
}

/// A signal that comes as soon as purple-exec is there, before `purple` waits for it: the program has run, and
/// what it was denied and how it ended is in the record.
pub(super) fn a_signal_at_the_start_loses_no_record(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    for number in 0..5 {
        let began = place.at(&format!("output/began-{number}"));
        let script = format!("touch /output/began-{number}; sleep 600");
        let words = ["run", "--policy", "policy.yaml", "--", "sh", "-c", &script];
        let child = purple(place, &words).spawn().expect("purple starts");
        let id = child.id();
        let children = format!("/proc/{id}/task/{id}/children");
        let has_child = || fs::read_to_string(&children).is_ok_and(|all| !all.trim().is_empty());
        wait_until("purple-exec is there", has_child);
        let id = Pid::from_raw(i32::try_from(id).expect("a process id"));
        kill(id, Signal::SIGSTOP).expect("it is there");
        wait_until("the program runs", || began.exists());
        kill(id, Signal::SIGTERM).expect("it is there");
        kill(id, Signal::SIGCONT).expect("it is there");
        let done = finish(child, &[], Duration::from_secs(30));
        assert_eq!(done.code(), 143, "{done}");
        let all = records(place);
        assert_eq!(all.len(), number + 1);
        assert_eq!(all[number]["exit_code"], 143, "{}", all[number]);
    }
}
