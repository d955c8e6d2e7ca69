//! `purplec show` and `purplec verify`, on plans and on files that are none.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test says what it relies on")]

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const POLICY: &str = "\
name: shown
filesystem:
  immutable_paths:
    - {host_path: /usr, sandbox_path: /usr}
  working_dir: /tmp
syscalls:
  default_deny: true
  allow: [read, write, execve, socket]
resources:
  pids_limit: 7
  session_timeout_seconds: 60
capabilities:
  add: [CAP_NET_BIND_SERVICE]
environment:
  set: {COLOUR: red}
  pass: [TOKEN]
audit:
  enabled: true
  detail_level: [syscall]
";

fn purplec(arguments: &[&str], at: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_purplec"))
        .args(arguments)
        .current_dir(at)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// A directory with a policy and its plan.
fn compiled() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("policy.yaml"), POLICY).expect("write");
    let output = purplec(&["compile", "policy.yaml", "-o", "plan"], dir.path());
    // Nothing could start under it, as warnings say; it has a bit of everything that a plan holds.
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    dir
}

#[test]
fn a_plan_in_words() {
    let dir = compiled();
    let output = purplec(&["show", "plan"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    let words = text(&output.stdout);
    for line in [
        "capabilities  CAP_NET_BIND_SERVICE",
        "network       loopback only",
        "starts in     /tmp",
        "timeout       60 s",
        "limit         pids.max = 7",
        "audit         runs, syscall, in the operator's log; a run without it ends",
        "files         /usr, read-only (line 4)",
        "environment   COLOUR=red",
        "environment   TOKEN from the caller",
        "allowed       execve read write",
        "denied        all other calls",
        "by arguments  socket",
    ] {
        assert!(words.lines().any(|found| found == line), "no line `{line}` in\n{words}");
    }
    let emitted = purplec(&["compile", "policy.yaml", "--emit", "plan"], dir.path());
    assert_eq!(text(&emitted.stdout), words);
}

#[test]
fn a_plan_as_json() {
    let dir = compiled();
    let output = purplec(&["show", "--json", "plan"], dir.path());
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown["policy"], "shown");
    assert_eq!(shown["process"]["inner_namespaces"], serde_json::json!(["user", "network"]));
    assert_eq!(shown["filters"][0]["allowed"], serde_json::json!(["execve", "read", "write"]));
    assert_eq!(shown["filters"][0]["by_arguments"], serde_json::json!(["socket"]));
    let audit = serde_json::json!({
        "detail_level": ["syscall"], "on_failure": "end", "log_path": ""
    });
    assert_eq!(shown["audit"], audit);
    let usr =
        shown["mounts"].as_array().and_then(|all| all.iter().find(|one| one["target"] == "/usr"));
    assert_eq!(usr.expect("the mount")["attributes"], serde_json::json!(["ro", "nosuid", "nodev"]));
}

#[test]
fn the_program_is_what_the_plan_holds() {
    let dir = compiled();
    let output = purplec(&["show", "plan", "--bpf", "program"], dir.path());
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""));
    let program = fs::read(dir.path().join("program")).expect("a file");
    let plan = fs::read(dir.path().join("plan")).expect("a plan");
    assert!(program.len().is_multiple_of(8) && program.len() > 8);
    assert!(plan.windows(program.len()).any(|part| part == program));
    // It starts by loading the architecture: BPF_LD|BPF_W|BPF_ABS, offset 4.
    assert_eq!(program[..8], [0x20, 0, 0, 0, 4, 0, 0, 0]);
}

#[test]
fn what_is_no_plan() {
    let dir = compiled();
    let good = fs::read(dir.path().join("plan")).expect("a plan");
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    fs::write(dir.path().join("flipped"), &flipped).expect("write");
    fs::write(dir.path().join("cut"), &good[..good.len() - 1]).expect("write");
    fs::write(dir.path().join("text"), POLICY).expect("write");
    for command in ["verify", "show"] {
        for (file, code, says) in [
            (
                "flipped",
                1,
                "flipped: error: the seal does not match: the plan was changed after it was compiled\n",
            ),
            ("cut", 1, "cut: error: the plan is cut short, extended or too large\n"),
            ("text", 1, "text: error: not a plan\n"),
            ("nowhere", 2, "nowhere: error: there is no such file\n"),
            (".", 2, ".: error: this is a directory, not a plan\n"),
        ] {
            let output = purplec(&[command, file], dir.path());
            let found = (output.status.code(), text(&output.stderr));
            assert_eq!(found, (Some(code), says.to_owned()), "{command} {file}");
            assert!(output.stdout.is_empty());
        }
    }
    let output = purplec(&["verify", "plan"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("plan: sealed, sha256:"));
}
