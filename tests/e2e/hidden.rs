//! Text from elsewhere, in which characters hide, in every place that shows it: each form that each command
//! prints. Whoever adds a form adds it here; `tests/tidy/hidden.rs` finds what prints by itself.

use super::audit;
use super::inside::{PYTHON, script};
use purple_plan::sha256;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::{Policy, compile};
use purple_tests::run::Run;
use purple_tests::test_dir::{TestDir, binary};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

scenarios! {
    the_compiler_hides_nothing
    the_executor_hides_nothing
    the_operators_tool_hides_nothing
}

/// One of each kind: C0, a line feed, a terminal's sequence, DEL, C1, bidirectional marks and isolates,
/// zero-width characters, separators of lines and paragraphs, a byte order mark.
const HOSTILE: &str = "\u{1}\n\u{1b}[31m\u{7f}\u{85}\u{9b}2J\u{61c}\u{200b}\u{200f}\u{202e}\u{2066}\u{2028}\u{2029}\u{feff}";

/// Whether a character may not come out. A list of its own, so that the product's is tested too.
fn hides(character: char) -> bool {
    let ranges = [
        ('\u{61c}', '\u{61c}'),
        ('\u{200b}', '\u{200f}'),
        ('\u{2028}', '\u{202e}'),
        ('\u{2066}', '\u{2069}'),
        ('\u{feff}', '\u{feff}'),
    ];
    let listed = ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&character));
    (character.is_control() && character != '\n') || listed
}

/// Fails where something hidden is in what a sink got, where a line feed of the hostile text begins a line, or
/// where the text did not get there at all.
#[track_caller]
fn shown(sink: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let hidden: String = text.chars().filter(|one| hides(*one)).collect();
    assert!(hidden.is_empty(), "{sink}: {hidden:?} in {text:?}");
    let begins = |line: &str| {
        let line = line
            .split_once(": ")
            .map_or(line, |(program, rest)| match program {
                "purple" | "purple-exec" | "purplec" => rest,
                _ => line,
            });
        ["\\u{1b}", "\\u001b"]
            .iter()
            .any(|escape| line.starts_with(escape))
    };
    assert!(!text.lines().any(begins), "{sink}: a line feed in {text:?}");
    let there = ["u{9b}", "u009b", "%C2%9B"]
        .iter()
        .any(|form| text.contains(form));
    assert!(there, "{sink}: nothing of it in {text:?}");
}

fn both(done: &Output) -> Vec<u8> {
    [done.stdout.as_slice(), &done.stderr].concat()
}

/// The compiler's program in a place.
fn purplec(place: &TestDir, words: &[&str]) -> Vec<u8> {
    let mut command = Command::new(binary("purplec"));
    both(
        &command
            .args(words)
            .current_dir(place.at(""))
            .output()
            .expect("it runs"),
    )
}

/// A plan with the hostile text in each of its texts: sealed again, as whoever gives one away may do.
fn hostile_plan(place: &TestDir) -> PathBuf {
    let stand_in = "q".repeat(HOSTILE.len());
    let policy = Policy::new(place)
        .shows_if_there(&format!("/{stand_in}"), &format!("/{stand_in}"))
        .starts_in(&format!("/{stand_in}"))
        .environment(&[("HOSTILE", &stand_in)], &[]);
    let named = policy
        .text()
        .replacen("name: e2e", &format!("name: {stand_in}"), 1);
    let plan = place.at("plan.bin");
    let compiled = compile(&place.file("policy.yaml", named), &plan);
    assert!(compiled.status.success(), "{compiled:?}");
    let bytes = fs::read(&plan).expect("the plan");
    let body = bytes.get(..bytes.len() - 32).expect("a seal");
    let mut made = Vec::with_capacity(bytes.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        if rest.starts_with(stand_in.as_bytes()) {
            made.extend(HOSTILE.as_bytes());
            rest = &rest[HOSTILE.len()..];
        } else {
            made.push(*first);
            rest = after;
        }
    }
    made.extend(sha256(&made));
    place.file("hostile.bin", made)
}

/// A policy's text is refused where something hides in it, so what is hostile here is a file's name, a word
/// on the command line, or a plan.
fn the_compiler_hides_nothing(place: &TestDir) {
    let (bad, good) = (&format!("{HOSTILE}.yaml"), &format!("{HOSTILE}good.yaml"));
    place.file(
        bad,
        format!("name: a\n{HOSTILE}: 1\nresources: {{pids_limit: x}}\n"),
    );
    place.file(good, "name:   a\nsyscalls: {default_deny: false}\n");
    for words in [
        &["check", bad][..],
        &["check", "--format", "json", bad],
        &["check", "--format", "sarif", bad],
        &["check", "--format", "github", bad],
        &[
            "check",
            "--format",
            "github",
            "missing",
            &format!("{HOSTILE}missing"),
        ],
        &["check", "--score", good],
        &["check", "--score=json", good],
        &["check", "--target", HOSTILE, good],
        &["check", "--fix", bad],
        &["fmt", "--check", good],
        &["fmt", "--diff", good],
        &["fmt", good],
        &["compile", "-o", "-", bad],
        &["compile", "-o", "-", HOSTILE],
        &["compile", "--emit", "resolved", good],
        &["compile", "-o", &format!("{HOSTILE}/x"), good],
        &["explain", HOSTILE],
        &[&format!("--{HOSTILE}")],
        &["show", HOSTILE],
    ] {
        shown(&format!("purplec {words:?}"), &purplec(place, words));
    }
    let plan = hostile_plan(place);
    let plan = plan.to_str().expect("a path");
    for words in [
        &["show", plan][..],
        &["show", "--format", "json", plan],
        &["query", plan, HOSTILE],
        &["query", plan, "read", HOSTILE],
        &["verify", HOSTILE],
    ] {
        shown(&format!("purplec {words:?}"), &purplec(place, words));
    }
}

fn the_executor_hides_nothing(place: &TestDir) {
    let plan = hostile_plan(place);
    let done = Run::new(place, &plan, &["true"]).finish();
    shown("a directory of the plan's", done.stderr.as_bytes());
    let good = Policy::new(place).compile(place);
    let done = Run::new(place, &good, &[HOSTILE]).report().finish();
    shown("a command that is not there", done.stderr.as_bytes());
    shown(
        "the report",
        &fs::read(place.at("report.json")).expect("a report"),
    );
    let done = Run::new(place, &place.at(HOSTILE), &["true"]).finish();
    shown("a plan that is not there", done.stderr.as_bytes());
    let done = Run::new(place, &good, &["true"]).option(&["--report", &format!("{HOSTILE}/x")]);
    shown("a report that cannot be", done.finish().stderr.as_bytes());
    let done = Run::new(place, &good, &["true"]).option(&[&format!("--{HOSTILE}")]);
    shown("an option that is none", done.finish().stderr.as_bytes());
}

/// What the tool prints.
fn told(place: &TestDir, words: &[&str]) -> Vec<u8> {
    let done = finished(purple(place, words));
    [done.stdout.as_slice(), done.stderr.as_bytes()].concat()
}

fn the_operators_tool_hides_nothing(place: &TestDir) {
    install(place);
    for words in [
        &["run", "--policy", HOSTILE, "--", "true"][..],
        &["run", "--plan", HOSTILE, "--", "true"],
        &["run", "--profile", HOSTILE, "--", "true"],
        &["profile", "show", HOSTILE],
        &["profile", "create", HOSTILE],
        &["audit", "--all", "--log", HOSTILE],
        &["audit", "--verify", "--log", HOSTILE],
        &["doctor", "--target", &format!("{HOSTILE}/x")],
        &[HOSTILE],
    ] {
        shown(&format!("purple {words:?}"), &told(place, words));
    }

    drop(audit::policy(place, ""));
    let probe = script(include_str!("../probes/hidden_characters.py"));
    let done = audit::run(
        place,
        &["--report", "report.json"],
        &[PYTHON, "-ISc", &probe, HOSTILE],
    );
    assert!(done.status.success(), "{done}");
    shown(
        "the report",
        &fs::read(place.at("report.json")).expect("a report"),
    );
    let log = place.text("logs/audit.log");
    let line = place.read("logs/audit.log");
    shown("the log", line.as_bytes());
    shown_log(place, &log);

    // What an earlier release wrote has them raw.
    let raw = line
        .replace("\\u009b", "\u{9b}")
        .replace("\\u202e", "\u{202e}");
    assert_ne!(raw, line, "a thread's name and a path are in it");
    fs::write(&log, raw.replace("\\u007f", "\u{7f}")).expect("the log");
    shown_log(place, &log);
    let key = "\\u001b\\u009b\\u202e\\u000a\\u001b";
    fs::write(&log, format!("{{\"{key}\":1,\"{key}\":1}}\n")).expect("the log");
    shown(
        "a line that is no record",
        &told(place, &["audit", "--all", "--log", &log]),
    );
}

/// Each form of a log with the records of one run.
fn shown_log(place: &TestDir, log: &str) {
    let lines = place.read("logs/audit.log");
    let end = lines.lines().last().expect("a record");
    let record: serde_json::Value = serde_json::from_str(end).expect("a record");
    let session = record["sandbox_id"].as_str().expect("its name");
    for words in [
        &["audit", "--all", "--log", log][..],
        &["audit", "--all", "--format", "json", "--log", log],
        &["audit", "--session", session, "--log", log],
        &[
            "audit",
            "--session",
            session,
            "--format",
            "json",
            "--log",
            log,
        ],
    ] {
        shown(&format!("purple {words:?}"), &told(place, words));
    }
    let json = told(place, &["audit", "--all", "--format", "json", "--log", log]);
    let again: serde_json::Value = serde_json::from_slice(&json).expect("one object");
    assert_eq!(again, record, "it means the same");
}
