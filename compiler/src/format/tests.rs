//! What formatting does to policies, and that it never changes or loses anything.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it relies on"
)]

use super::{comments_of, format};
use crate::diagnostics::Sink;
use crate::parse::parse;
use crate::schema::meaning;
use crate::source::Source;
use std::path::Path;

pub(super) fn formatted(text: &str) -> Option<String> {
    let mut sink = Sink::new();
    let out = format(&Source::new("test.yaml", text), &mut sink);
    out.unwrap_or_else(|fault| panic!("{fault}:\n{text}"))
}

pub(super) fn meant(text: &str) -> serde_json::Value {
    let mut sink = Sink::new();
    let document = parse(&Source::new("test.yaml", text), &mut sink).expect("the text is YAML");
    meaning(&document)
}

#[track_caller]
fn becomes(text: &str, expected: &str) {
    assert_eq!(formatted(text).as_deref(), Some(expected), "{text}");
    assert_eq!(formatted(expected).as_deref(), Some(expected), "twice");
}

#[test]
fn keys_have_the_order_of_the_schema() {
    becomes(
        "network: {isolated: true}\nname: a\nfilesystem:\n  working_dir: /x\n  zzz: 1\n  scratch_paths: [/x]\n",
        "name: a\n\nfilesystem:\n  scratch_paths: [/x]\n  working_dir: /x\n  zzz: 1\n\nnetwork: {isolated: true}\n",
    );
    becomes(
        "environment:\n  set:\n    B: x\n    A: z\n",
        "environment:\n  set:\n    B: x\n    A: z\n",
    );
}

#[test]
fn older_spellings_get_their_preferred_names() {
    becomes(
        "resources: {timeout: 5, memory_limit: 1G}\n",
        "resources: {memory_limit_bytes: 1G, session_timeout_seconds: 5}\n",
    );
    becomes(
        "syscalls:\n  advanced_rules:\n  - {syscall: a, action: deny, conditions: [{arg: 0, op: lte, value: 1}]}\n",
        "syscalls:\n  advanced_rules:\n    - {syscall: a, action: deny, conditions: [{arg: 0, op: le, value: 1}]}\n",
    );
    // Both at once are an error that is not hidden.
    becomes(
        "resources: {timeout: 5, session_timeout_seconds: 6}\n",
        "resources: {session_timeout_seconds: 6, timeout: 5}\n",
    );
    // The word is renamed where it is an operator, not where it is something else.
    becomes(
        "network: {timeout: 5}\nname: neq\n",
        "name: neq\nnetwork: {timeout: 5}\n",
    );
}

#[test]
fn quotes_stand_where_they_are_needed() {
    becomes(
        "name: \"a\"\ndescription: 'it''s: \"x\"'\nsyscalls: {allow: ['read', \"0777\", 'on', \"a, b\", '443', \".\"]}\nenvironment: {set: {'A': \"1\", B: 'x y', \"no\": '2027-01-01', E: 2027-01-01}}\n",
        "name: a\ndescription: 'it''s: \"x\"'\nsyscalls: {allow: [read, \"0777\", \"on\", \"a, b\", \"443\", \".\"]}\nenvironment: {set: {A: \"1\", B: x y, \"no\": 2027-01-01, E: 2027-01-01}}\n",
    );
    becomes(
        "environment:\n  set:\n    A: \"2027-01-01\"\n    B: 2027-01-01\n    C: 0x1F\n    D: True\n",
        "environment:\n  set:\n    A: \"2027-01-01\"\n    B: 2027-01-01\n    C: 0x1F\n    D: true\n",
    );
}

#[test]
fn comments_stay_with_what_they_belong_to() {
    becomes(
        "# about the file\n\n# about the network\nnetwork:   # here\n  # first\n  isolated: true # why\n  # last of the network\n# about the name\nname: a\n# the end\n",
        "# about the file\n\n# about the name\nname: a\n\n# about the network\nnetwork:  # here\n  # first\n  isolated: true  # why\n  # last of the network\n# the end\n",
    );
    becomes(
        "syscalls:\n  allow: [read, # a\n    # b\n    write # c\n    # d\n  ] # e\n",
        "syscalls:\n  allow:  # e\n    - read  # a\n    # b\n    - write  # c\n    # d\n",
    );
    becomes(
        "filesystem:\n  immutable_paths:\n  - # dash\n    # above\n    sandbox_path: /a\n    host_path: /b\n",
        "filesystem:\n  immutable_paths:\n    # dash\n    - host_path: /b\n      # above\n      sandbox_path: /a\n",
    );
    becomes("name:\n  # between\n  a\n", "# between\nname: a\n");
    becomes(
        "description: |  # head\n  text\n# after\nname: a\n",
        "# after\nname: a\n\ndescription: |  # head\n  text\n",
    );
}

/// Whether a list goes on one line depends on where the line begins, for the comment too.
#[test]
fn a_comment_behind_a_list_that_takes_several_lines() {
    for length in 80..100 {
        let item = "x".repeat(length);
        let text = format!("a:\n  b:\n    - [{item}, m]  # c\n");
        let expected = if length + 11 > 100 {
            format!("a:\n  b:\n    # c\n    - - {item}\n      - m\n")
        } else {
            text.clone()
        };
        becomes(&text, &expected);
    }
}

#[test]
fn the_line_for_editors_stays_on_top() {
    let line = "# yaml-language-server: $schema=x.json";
    becomes(
        &format!("{line}\n# about audit\naudit: {{}}\nname: a\n"),
        &format!("{line}\nname: a\n# about audit\naudit: {{}}\n"),
    );
}

#[test]
fn a_suppression_stays_on_its_line() {
    let names = "reboot, ".repeat(20);
    let text =
        format!("syscalls:\n  allow: [{names}bpf]  # purple: allow[baseline-opened] tracing\n");
    becomes(&text, &text);
    let below = "syscalls:\n  allow:\n    # purple: allow[baseline-opened] tracing\n    - bpf\n    - read  # purple: allow[x] y\n";
    becomes(below, below);
}

#[test]
fn anchors_and_aliases_are_kept() {
    becomes(
        "filesystem:\n  output_paths:\n  - &out\n    sandbox_path: /o\n    host_path: ./o\n  immutable_paths: [*out]\n",
        // An alias cannot come first: the order stays.
        "filesystem:\n  output_paths:\n    - &out\n      sandbox_path: /o\n      host_path: ./o\n  immutable_paths: [*out]\n",
    );
    becomes(
        "syscalls:\n  deny: &d   [a]\n  &k allow: *d\n",
        "syscalls:\n  deny: &d [a]\n  &k allow: *d\n",
    );
    becomes(
        "environment: {set: {A: &x '1', B: *x }}\n",
        "environment: {set: {A: &x \"1\", B: *x}}\n",
    );
}

#[test]
fn texts_of_several_lines() {
    becomes(
        "description: one\n  two # c\nname: a\n",
        "name: a\n\ndescription: one\n  two  # c\n",
    );
    becomes(
        "description: one\n   two\n   three\nname: a\n",
        "name: a\n\ndescription: one\n  two\n  three\n",
    );
    becomes(
        "description: \"one\n   two\"\nname: a\n",
        "name: a\ndescription: one two\n",
    );
    becomes(
        "description: >-\n      one\n      two\n\nname: a\n",
        "name: a\n\ndescription: >-\n  one\n  two\n",
    );
    becomes(
        "description: |+\n  one\n\nname: a\n",
        "name: a\ndescription: \"one\\n\\n\"\n",
    );
}

#[test]
fn other_shapes() {
    becomes("{name: a, audit: {}}\n", "name: a\naudit: {}\n");
    becomes("--- # c\nname: a\n...\n# d\n", "# c\nname: a\n# d\n");
    becomes(
        "\u{feff}name: a\r\naudit:\r\n  enabled:   true\r\n",
        "name: a\n\naudit:\n  enabled: true\n",
    );
    becomes("a: {b, c: }\n", "a: {b: null, c: null}\n");
    becomes(
        "a:\n- - x\n  - w\n-\n- - - z\n",
        "a:\n  - - x\n    - w\n  -\n  - - - z\n",
    );
    becomes("[a,b]\n", "- a\n- b\n");
    becomes("? a\n: b\n", "a: b\n");
    becomes("[]\n", "[]\n");
    becomes("[ # c\n]\n", "# c\n[]\n");
    becomes("&x # c\n# d\n\n- a\n", "# c\n# d\n\n- a\n");
    for text in [
        "a: [",
        "name: a\nname: b\n",
        "a: !x y\n",
        "# only\n",
        "a: on\n",
    ] {
        assert_eq!(formatted(text), None, "{text}");
    }
}

/// The policies that there are: the profiles, those that people wrote, and the cases of the tests.
pub(super) fn policies() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a root");
    let mut found = Vec::new();
    for folder in ["policies", "tests/spec/corpus", "tests/spec/cases"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path.to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_policy_that_can_be_read_is_formatted() {
    let mut count = 0;
    for (name, text) in policies() {
        let Some(out) = formatted(&text) else {
            continue;
        };
        count += 1;
        assert_eq!(meant(&out), meant(&text), "{name}");
        assert_eq!(comments_of(&out), comments_of(&text), "{name}");
        assert_eq!(formatted(&out), Some(out), "{name}");
    }
    assert!(count > 60, "{count}");
}

#[test]
fn the_shipped_profiles_are_formatted() {
    let shipped = policies()
        .into_iter()
        .filter(|(name, _)| name.contains("/policies/"));
    let mut count = 0;
    for (name, text) in shipped {
        assert!(
            text.starts_with("# yaml-language-server: $schema="),
            "{name}"
        );
        assert_eq!(formatted(&text), Some(text), "{name}: run `purplec fmt`");
        count += 1;
    }
    assert!(count > 0);
}

/// Blocks of text at the end of a file without a line feed, with an anchor, in a list, with each header.
#[test]
fn blocks_of_text_are_formatted_or_left_as_they_are() {
    becomes(
        "name: a\ndescription: |\n  b",
        "name: a\n\ndescription: |-\n  b\n",
    );
    becomes(
        "name: a\ndescription: >\n  b\n  c",
        "name: a\n\ndescription: >-\n  b\n  c\n",
    );
    becomes("name: a\ndescription: |+\n  b", "name: a\ndescription: b\n");
    becomes(
        "name: a\ndescription: &x >-\n    b\n",
        "name: a\ndescription: &x b\n",
    );
    becomes(
        "name: a\nsyscalls:\n  allow:\n    - |\n      read",
        "name: a\n\nsyscalls:\n  allow:\n    - |-\n      read\n",
    );
    for header in [
        "|", "|-", "|+", ">", ">-", ">+", "|2", ">2-", "&x |", "&x >-",
    ] {
        for text in [
            "b",
            "b\n",
            "b\n  c\n",
            "b\n\n  c\n\n\n",
            "true\n",
            "1\n",
            "- b\n",
            "b: c\n",
            "b # c\n",
            "b ",
            "| ",
            "b\n  c ",
            "\n  b\n",
        ] {
            // At the top too, where no policy has one.
            for comment in ["", " # c", "#c"] {
                formatted(&format!("# b\n {header}{comment}\n  {text}"));
            }
            for (before, after) in [("description", ""), ("a", "z: 1\n")] {
                let after = if text.ends_with('\n') { after } else { "" };
                formatted(&format!("name: a\n{before}: {header}\n  {text}{after}"));
            }
        }
    }
}
