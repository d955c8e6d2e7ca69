//! The policy reference: its examples compile.

use super::{compiled, compiled_by};
use purple_tests::repository::root;
use purplec::diagnostics::Severity;
use purplec::facts::HostFacts;
use purplec::pipeline::Options;
use purplec::resolve::GROUPS;
use std::fmt::Write as _;
use std::fs;

#[test]
fn the_examples_of_the_reference_compile() {
    let path = root().join("docs/policy-reference.md");
    let text = fs::read_to_string(path).expect("the reference can be read");
    let blocks = text.split("```yaml\n").skip(1);
    let examples: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 2, "the reference has lost its examples");
    let options = Options {
        facts: HostFacts::samples(),
        ..Options::default()
    };
    for example in examples {
        let text = format!("name: a\n{example}");
        let (outcome, text) = compiled_by("example", text.as_bytes(), &options);
        assert!(outcome.plan.is_some(), "{example}\n{text}");
        assert!(
            outcome
                .diagnostics
                .iter()
                .all(|one| one.severity < Severity::Warning),
            "{text}"
        );
    }
}

/// The table of protected paths is the compiler's. `INSTA_UPDATE=always` writes it anew.
#[test]
fn the_tables_of_protected_paths_are_the_compilers() {
    let path = root().join("docs/protected-paths.md");
    let text = fs::read_to_string(&path).expect("the page can be read");
    let mut expected = text
        .split("\n## ")
        .next()
        .expect("its head")
        .trim_end()
        .to_owned()
        + "\n";
    for group in GROUPS {
        write!(
            expected,
            "\n## `{}`\n\n| program | paths | source |\n| --- | --- | --- |\n",
            group.name
        )
        .expect("a text");
        for program in group.programs {
            let paths: Vec<String> = program
                .paths
                .iter()
                .map(|text| format!("`{}`", text.split('=').next().unwrap_or_default()))
                .collect();
            let (name, paths) = (program.name, paths.join(", "));
            writeln!(expected, "| {name} | {paths} | {} |", program.source).expect("a text");
        }
    }
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        fs::write(&path, &expected).expect("it can be written");
    }
    assert_eq!(text, expected, "INSTA_UPDATE=always writes it anew");
}

/// Each row of the table of conditions is a condition that is read as one.
#[test]
fn the_conditions_of_the_reference_are_conditions() {
    let path = root().join("docs/policy-reference.md");
    let text = fs::read_to_string(path).expect("the reference can be read");
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| write |"))
        .skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with("| ")).collect();
    assert!(rows.len() >= 8, "{rows:?}");
    for row in rows {
        let row = row.replace("\\|", "\u{1}");
        let shown = row
            .split('|')
            .nth(1)
            .unwrap_or_default()
            .replace('\u{1}', "|");
        let condition = shown.split('`').nth(1).unwrap_or_default();
        let call = ["openat", "ioctl", "socket"].into_iter().find(|call| {
            let arguments: &[&str] = match *call {
                "openat" => &["flags"],
                "ioctl" => &["cmd", "fd"],
                _ => &["domain"],
            };
            arguments.iter().any(|name| condition.contains(name))
        });
        // `A && B` stands for two conditions.
        let (condition, call) = match call {
            Some(call) => (condition.to_owned(), call),
            None => (
                condition.replace('A', "fd == 1").replace('B', "cmd != 2"),
                "ioctl",
            ),
        };
        let policy = format!("name: a\nsyscalls:\n  allow:\n    - {call}: \"{condition}\"\n");
        let (outcome, text) = compiled("example", policy.as_bytes());
        assert!(outcome.plan.is_some(), "{condition}\n{text}");
    }
}
