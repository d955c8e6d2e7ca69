//! Control groups after their runs: those of a crowd are gone, and one that a killed run has left is
//! taken away by the next.

use crate::groups::{Delegated, groups, join, limited, owners_command};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use purple_tests::run::{Run, finish, piped};
use purple_tests::test_dir::{TestDir, binary};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command};
use std::time::Duration;

scenarios! {
    what_a_killed_run_leaves_is_taken_away_by_the_next
    a_crowd_leaves_nothing
}

/// A run that has said that it is ready, in a group of its own below one, and waits for its input's end.
fn waiting(place: &TestDir, plan: &Path, group: &Delegated) -> (Child, BufReader<ChildStdout>) {
    let run = Run::new(place, plan, &["sh", "-c", "echo ready; cat"]);
    let line = join(&group.0.join("caller"));
    let run = run.option(&["--cgroup", &group.0.display().to_string()]);
    let mut child = run.wrapped_by_root(&["sh", "-c", &line, "sh"]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    if line != "ready\n" {
        let done = finish(child, b"", Duration::from_secs(20));
        panic!("{done}");
    }
    (child, out)
}

fn end((child, mut out): (Child, BufReader<ChildStdout>)) {
    assert_eq!(finish(child, b"the end", Duration::from_mins(1)).good(), "");
    let mut said = String::new();
    assert!(out.read_to_string(&mut said).is_ok());
    assert_eq!(said, "the end");
}

fn what_a_killed_run_leaves_is_taken_away_by_the_next(place: &TestDir) {
    let copied = Command::new("cp")
        .arg(binary("purple"))
        .arg(place.at("purple"))
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "purple can be copied"
    );
    let group = Delegated::new(place);
    fs::create_dir(group.0.join("caller")).expect("a new group");
    let plan = limited(place, "pids_limit: 20").compile(place);
    let (mut killed, _out) = waiting(place, &plan, &group);
    let other = waiting(place, &plan, &group);
    let of = |child: &Child| group.0.join(format!("purple-{}", child.id()));
    // What a run makes at this moment has not been used yet, and its process may be one that we do not see.
    let new = group.0.join("purple-99999999");
    fs::create_dir(&new).expect("a new group");
    let id = Pid::from_raw(i32::try_from(killed.id()).expect("a process id"));
    kill(id, Signal::SIGKILL).expect("it runs");
    let _status = killed.wait().expect("its end");
    let left = of(&killed);
    let events = || fs::read_to_string(left.join("cgroup.events")).expect("it is left");
    while !events().contains("populated 0") {
        std::thread::yield_now();
    }
    let mut next = owners_command(place, &group.0.join("caller"));
    next.args(["./purple", "run", "--plan", "plan.bin", "--cgroup"])
        .arg(&group.0)
        .args(["--", "true"])
        .current_dir(place.at(""))
        .env("HOME", place.at("home"));
    assert_eq!(
        finish(piped(&mut next), b"", Duration::from_mins(1)).good(),
        ""
    );
    let mut found = groups();
    found.sort();
    let mut expected: Vec<PathBuf> = vec![of(&other.0), new.clone()];
    expected.sort();
    assert_eq!(
        found, expected,
        "the one that was left is gone, and no other"
    );
    end(other);
    fs::remove_dir(new).expect("ours");
    assert!(groups().is_empty(), "{:?}", groups());
}

fn a_crowd_leaves_nothing(place: &TestDir) {
    const CROWD: usize = 40;
    let group = Delegated::new(place);
    fs::create_dir(group.0.join("caller")).expect("a new group");
    let plan = limited(place, "pids_limit: 20, memory_limit_bytes: 64M").compile(place);
    let all: Vec<_> = (0..CROWD).map(|_| waiting(place, &plan, &group)).collect();
    assert_eq!(groups().len(), CROWD, "all at once");
    all.into_iter().for_each(end);
    assert!(groups().is_empty(), "{:?}", groups());
}
