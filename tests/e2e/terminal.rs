//! A sandbox on a terminal that others use too.

use super::inside::{PYTHON, python, script};
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

scenarios! { no_controlling_terminal }

/// Runs its arguments on a new terminal that is theirs to control, and passes on what they print.
const TERMINAL: &str = include_str!("../probes/on_a_new_terminal.py");

/// Tries to type into the terminal on standard input.
const ATTACK: &str = include_str!("../probes/type_into_the_terminal.py");

fn no_controlling_terminal(place: &TestDir) {
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
    let found = python(place, &plan, ATTACK)
        .wrapped(&wrapper)
        .finish()
        .facts();
    // The terminal is some other session's, which only root could take it from.
    let expected = json!({"terminal": true, "tty": "ENXIO", "type": "EPERM", "high": "EPERM",
        "linux": "EPERM", "control": "EPERM"});
    assert_eq!(found, expected);
}
