//! What the kernel counts by user, through all sandboxes of that user: each has a share, and leaves some.

use super::inside::{PYTHON, script};
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

scenarios! { one_sandbox_leaves_others_some }

/// Takes what it gets and holds it.
const TAKE: &str = include_str!("../probes/take_what_counts_by_user.py");

/// What a program got, which goes on holding it.
struct Holder {
    got: Value,
    child: Child,
    _out: BufReader<ChildStdout>,
}

fn holder(mut command: Command) -> Holder {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    let got = serde_json::from_str(&line).expect("JSON");
    Holder {
        got,
        child,
        _out: out,
    }
}

/// An ordinary program of the user's.
fn outside(place: &TestDir) -> Command {
    let mut command = Command::new(PYTHON);
    command
        .args(["-ISc", &script(TAKE)])
        .current_dir(place.at("output"));
    if !place.who.is_root() && nix::unistd::Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    command
}

fn one_sandbox_leaves_others_some(place: &TestDir) {
    let all = json!({"inotify": 60, "timers": 1100, "queues": 5, "locked": 512});
    let free = holder(outside(place));
    let got = free.got.clone();
    assert_eq!(finish(free.child, b"", Duration::from_secs(20)).code(), 0);
    if got != all {
        let name = format!("shares-one-sandbox-leaves-others-some-{}", place.name());
        return skip(
            &name,
            &format!("without a sandbox a program gets {got} here"),
        );
    }
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &[PYTHON, "-ISc", &script(TAKE)]);
    // Landlock allows no message queue: the limit is what holds without it.
    let run = run.option(&["--unenforced", "landlock"]);
    let share = json!({"inotify": 48, "timers": 1024, "queues": 3, "locked": 256});
    // Two at once: of a root's sandboxes both are one user outside, and of a user's that user.
    let (first, second) = (holder(run.command()), holder(run.command()));
    assert_eq!((&first.got, &second.got), (&share, &share));
    for one in [first, second] {
        assert_eq!(finish(one.child, b"", Duration::from_secs(20)).code(), 0);
    }
}
