//! Threats 23, 24 and 26: what is used up, and what sandboxes share with the host and each other.

use super::attack::{attack, outside};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use purple_tests::host::survivors;
use purple_tests::inside::{PYTHON, facts_under, script};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare, finish};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

scenarios! {
    files_without_end
    output_without_end
    processes_that_leave_their_parents
    shared_memory_of_the_host
    two_sandboxes_at_once
}

/// Empty files take no room: their number is bounded too.
fn files_without_end(place: &TestDir) {
    let text = include_str!("../probes/files_without_end.py");
    assert_eq!(outside(place, text), json!({"it": ["ok", 140_000]}));
    let policy = Policy::new(place).filesystem("scratch_size_bytes: 1M");
    assert_eq!(
        facts_under(place, &policy, text),
        json!({"it": ["ENOSPC", true]})
    );
}

/// A gigabyte goes through, and takes no memory of the executor's.
fn output_without_end(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["head", "-c", "1073741824", "/dev/zero"]).report();
    let mut child = run.start();
    let mut out = child.stdout.take().expect("a pipe");
    let (mut total, mut buffer) = (0_usize, vec![0; 1 << 16]);
    loop {
        match out.read(&mut buffer).expect("a pipe") {
            0 => break,
            count => total += count,
        }
    }
    assert_eq!(finish(child, b"", Duration::from_mins(1)).code(), 0);
    assert_eq!(total, 1 << 30);
    let report: serde_json::Value =
        serde_json::from_str(&place.read("report.json")).expect("a report");
    assert!(
        report["peak_memory_bytes"].as_u64() < Some(32 << 20),
        "{report}"
    );
}

/// Two hundred, each in a session of its own and deaf to signals: the timeout ends them all.
fn processes_that_leave_their_parents(place: &TestDir) {
    let text = include_str!("../probes/daemons.py");
    // Without a sandbox they outlive the one who started them.
    let text = script(text);
    let here = [
        "sh",
        "-c",
        "cd output && exec \"$@\"",
        "sh",
        PYTHON,
        "-ISc",
        &text,
        "2",
        "0",
    ];
    assert_eq!(bare(place, &here).good(), "all there\n");
    for pid in place.read("output/alive").lines() {
        let pid = Pid::from_raw(pid.parse().expect("a process id"));
        assert_eq!(
            kill(pid, Signal::SIGTERM),
            Ok(()),
            "it is there and does not listen"
        );
        assert_eq!(kill(pid, Signal::SIGKILL), Ok(()), "it is there");
    }
    std::fs::remove_file(place.at("output/alive")).expect("its own");

    let policy = Policy::new(place).section("resources: {session_timeout_seconds: 5}");
    let plan = policy.compile(place);
    let done = Run::new(place, &plan, &[PYTHON, "-ISc", &text, "200", "600"]).finish();
    assert_eq!(
        (done.code(), done.out().as_str()),
        (124, "all there\n"),
        "{done}"
    );
    assert_eq!(survivors(place), Vec::<String>::new());
}

/// Makes one of each kind, and takes them away when its input ends.
const SHARED: &str = include_str!("../probes/shared_memory.py");

fn shared_memory_of_the_host(place: &TestDir) {
    // Another test may do the same at the same time.
    let (name, key) = (place.name(), std::process::id());
    let own = |text: &str| format!("KEY = {key}\n{}", text.replace("NAME", &name));
    let (holder, _out) = started(script_command(place, &own(SHARED)));
    let text = include_str!("../probes/find_shared_memory.py");
    let test = "resources::shared_memory_of_the_host";
    attack(place, &Policy::new(place), test, &own(text), &["ENOENT"]);
    assert_eq!(finish(holder, b"", Duration::from_secs(20)).code(), 0);
}

/// A bare Python script in the place, with pipes.
fn script_command(place: &TestDir, text: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(PYTHON);
    command
        .args(["-ISc", &script(text)])
        .current_dir(place.at("output"));
    if nix::unistd::Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    command
}

/// Starts something that says `ready`.
fn started(mut command: Command) -> (Child, BufReader<ChildStdout>) {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok());
    assert_eq!(line, "ready\n");
    (child, out)
}

/// One leaves things wherever two programs on one host could meet; the other looks for them.
fn two_sandboxes_at_once(place: &TestDir) {
    let name = place.name();
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        free.local_addr().expect("an address").port()
    };
    let one = format!(
        "ONE, PORT = \"{name}-one\", {port}\n{}",
        include_str!("../probes/leave_things.py")
    );
    let other = format!(
        "ONE, PORT = \"{name}-one\", {port}\n{}",
        include_str!("../probes/look_for_things.py")
    );
    let all = json!({"port": "ok", "abstract": "ok", "memory": "ok", "tmp": "ok", "shm": "ok", "process": "ok"});
    let (holder, _out) = started(script_command(place, &one));
    assert_eq!(
        outside(place, &other),
        all,
        "two programs without a sandbox meet"
    );
    assert_eq!(finish(holder, b"", Duration::from_secs(20)).code(), 0);

    let plan = Policy::new(place).compile(place);
    let first = Run::new(place, &plan, &[PYTHON, "-ISc", &script(&one)]);
    let (holder, _out) = started(first.command());
    let found = facts_under(place, &Policy::new(place), &other);
    let expected = json!({"port": "ECONNREFUSED", "abstract": "ECONNREFUSED", "memory": "ENOENT", "tmp": "ENOENT",
        "shm": "ENOENT", "process": "ESRCH"});
    assert_eq!(found, expected);
    assert_eq!(finish(holder, b"", Duration::from_secs(20)).code(), 0);
    assert_eq!(bare(place, &["true"]).good(), "");
}
