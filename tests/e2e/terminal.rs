//! A sandbox on a terminal that others use too.

use super::audit::policy;
use super::inside::{PYTHON, python, script};
use purple_tests::identity::skip;
use purple_tests::operator::install;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

scenarios! {
    typing_into_the_terminal
    a_job_of_a_shell
    a_job_that_is_recorded
    another_users_terminal_shows_everything_in_order
    the_terminal_by_its_other_name
    a_master_is_no_terminal
}

/// Runs its arguments on a new terminal that is theirs to control, and passes on what they print.
const TERMINAL: &str = include_str!("../probes/on_a_new_terminal.py");

/// Tries to type into the terminal on standard input.
const ATTACK: &str = include_str!("../probes/type_into_the_terminal.py");

fn typing_into_the_terminal(place: &TestDir) {
    let wrapper = [PYTHON, "-c", TERMINAL];
    let bare = Command::new(PYTHON)
        .args(["-c", TERMINAL, PYTHON, "-c", &script(ATTACK)])
        .output();
    let bare = String::from_utf8(bare.expect("python").stdout).expect("text");
    // What it typed is shown before.
    let facts = bare
        .find('{')
        .and_then(|start| bare.get(start..))
        .unwrap_or_default();
    let bare: Value = serde_json::from_str(facts).expect("facts");
    let allowed = fs::read_to_string("/proc/sys/dev/tty/legacy_tiocsti");
    if allowed.is_ok_and(|setting| setting.trim() == "1") {
        assert_eq!(
            (&bare["tty"], &bare["type"]),
            (&json!("ok"), &json!("ok")),
            "{bare}"
        );
    } else {
        skip(
            "terminal-attack_without_a_sandbox",
            "this kernel has TIOCSTI switched off",
        );
    }

    let plan = Policy::new(place).compile(place);
    let attack = || python(place, &plan, ATTACK).wrapped(&wrapper);
    let expected = |tty: &str| {
        json!({"terminal": true, "tty": tty, "type": "EPERM", "high": "EPERM",
            "linux": "EPERM", "control": "EPERM", "discipline": "EPERM"})
    };
    assert_eq!(attack().finish().facts(), expected("ok"), "its own");
    // The terminal is some other session's, which only root could take it from.
    let handed_on = attack().option(&["--inherit-stdio"]).finish().facts();
    assert_eq!(handed_on, expected("ENXIO"));
}

/// Runs its arguments as jobs of a shell, and shows what became of the terminal.
const JOBS: &str = include_str!("../probes/job_control.py");

/// What it shows where a shell's job is what it should be, and the caller's terminal is as it was.
fn as_a_shell_expects() -> Value {
    json!({
        "own": "/dev/pts/0 os.terminal_size(columns=99, lines=33) True END",
        "restored": true, "typed": true, "interrupted": "130", "suspended": true,
        "restored_while_suspended": true, "continued": true, "background_is_cooked": true,
        "background_read": true, "foreground": true, "resized": true, "pipeline": true,
        "mode": "0o600", "restored_at_the_end": true,
    })
}

/// The keyboard stops, continues and ends the program, and it reads what is typed while it has the
/// terminal and nothing else. What it does to modes, mode bits and flow is its own terminal's.
fn a_job_of_a_shell(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &[PYTHON, "-ISc", "SCRIPT"]);
    let run = run.wrapped(&[PYTHON, "-c", JOBS]);
    assert_eq!(run.finish().facts(), as_a_shell_expects());
}

/// The same where `purple` stays between the shell and the run, to keep a record.
fn a_job_that_is_recorded(place: &TestDir) {
    install(place);
    let _policy = policy(place, "");
    let home = format!("HOME={}", place.text("home"));
    let purple = place.text("purple");
    let words = [
        "env",
        &home,
        PYTHON,
        "-c",
        JOBS,
        &purple,
        "run",
        "--policy",
        "policy.yaml",
        "--",
        PYTHON,
        "-ISc",
        "SCRIPT",
    ];
    assert_eq!(bare(place, &words).facts(), as_a_shell_expects());
}

/// What is said of a terminal that is not this session's.
const NOT_READ: &str = "purple-exec: start: standard input is a terminal of another session (after `su -c` or `setsid`): it is not read; \
    `script` starts a command with a terminal of its own\r\n";

/// Root has made it, and it is not the terminal of this session: a user's supervisor cannot open it again.
fn another_users_terminal_shows_everything_in_order(place: &TestDir) {
    let section = "resources: {session_timeout_seconds: 3}";
    let plan = Policy::new(place).section(section).compile(place);
    let run = Run::new(place, &plan, &["sh", "-c", "seq 1 20000; sleep 600"]);
    let wrapper = [PYTHON, "-c", TERMINAL, "setsid", "-w"];
    let done = run.wrapped_by_root(&wrapper).finish();
    let mut expected = vec![NOT_READ.to_owned()];
    expected.extend((1..=20_000).map(|line| format!("{line}\r\n")));
    expected.push("purple-exec: timeout: ended after 3 s\r\n".to_owned());
    assert_eq!(done.code(), 124, "{done}");
    assert!(done.out() == expected.concat(), "{done}");
}

fn the_terminal_by_its_other_name(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let script = "echo out; echo err >&2; test -t 0 && test -t 1 && test -t 2";
    for redirection in [
        "</dev/tty",
        ">/dev/tty",
        "2>/dev/tty",
        "</dev/tty >/dev/tty",
    ] {
        let redirected = format!("exec \"$@\" {redirection}");
        let wrapper = [PYTHON, "-c", TERMINAL, "sh", "-c", &redirected, "sh"];
        let run = Run::new(place, &plan, &["sh", "-c", script]).wrapped(&wrapper);
        assert_eq!(run.finish().good(), "out\r\nerr\r\n", "{redirection}");
    }
}

/// Opened again, it would be the master of another terminal: what is written would be seen by nobody.
fn a_master_is_no_terminal(place: &TestDir) {
    const MASTER: &str =
        "import os, pty, sys; os.dup2(pty.openpty()[0], 1); os.execvp(sys.argv[1], sys.argv[1:])";
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["echo", "out"]).wrapped(&[PYTHON, "-c", MASTER]);
    let said =
        "start: descriptor 1 is the master of a terminal; --inherit-stdio hands it on as it is";
    run.finish().refused(125, said);
}
