//! Chains, numbers and sizes of parents have their bounds.

use super::super::texts::Texts;
use super::super::{compiled_beside, cpu_time};
use std::fmt::Write as _;
use std::time::Duration;

/// The limit is far above what each takes: it must hold for an unoptimised build on a loaded
/// machine, of processor time.
const LIMIT: Duration = Duration::from_secs(20);

#[track_caller]
fn answered(parents: &[(String, String)], policy: &str, code: Option<&str>) -> String {
    let start = cpu_time();
    let parents = parents
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let files = Texts::new(parents).files();
    let (outcome, text) = compiled_beside("policy.yaml", policy.as_bytes(), Some(files));
    let taken = cpu_time().saturating_sub(start);
    assert!(taken < LIMIT, "{taken:?}");
    assert!(text.len() < 200_000, "{} bytes are no help", text.len());
    assert_eq!(
        outcome.diagnostics.first().map(|found| found.code),
        code,
        "{text}"
    );
    text
}

fn chain(length: usize) -> Vec<(String, String)> {
    let text = |at: usize| match at + 1 {
        next if next == length => format!("name: p{at}\n"),
        next => format!("name: p{at}\nextends: ./{next}.yaml\n"),
    };
    (0..length)
        .map(|at| (format!("{at}.yaml"), text(at)))
        .collect()
}

#[test]
fn chains_have_an_end() {
    let policy = "name: a\nextends: ./0.yaml\nsyscalls: {allow: [\"@default\"]}\n";
    answered(&chain(16), policy, None);
    for length in [17, 300] {
        let text = answered(&chain(length), policy, Some("extends-too-many"));
        assert!(text.contains("a chain of more than 16"), "{text}");
    }
}

#[test]
fn many_parents_have_an_end() {
    let all = |count: usize| {
        let files: Vec<_> = (0..count)
            .map(|at| (format!("{at}.yaml"), format!("name: p{at}\n")))
            .collect();
        let mut list = String::new();
        for (name, _) in &files {
            assert!(writeln!(list, "  - {name}").is_ok());
        }
        (files, list)
    };
    let (files, list) = all(64);
    answered(
        &files,
        &format!("name: a\nsyscalls: {{allow: [\"@default\"]}}\nextends:\n{list}"),
        None,
    );
    let (files, list) = all(255);
    let text = answered(
        &files,
        &format!("name: a\nextends:\n{list}"),
        Some("extends-too-many"),
    );
    assert!(text.contains("a list of more than 64"), "{text}");

    // 40 parents with 40 parents each, all of them different.
    let (mut files, list) = all(40);
    for (at, (_, text)) in files.iter_mut().enumerate() {
        assert!(writeln!(text, "extends: [{}]", list_of(at)).is_ok());
    }
    for at in 0..40 {
        files.extend((0..40).map(|to| (format!("{at}-{to}.yaml"), "name: x\n".to_owned())));
    }
    let text = answered(
        &files,
        &format!("name: a\nextends:\n{list}"),
        Some("extends-too-many"),
    );
    assert!(text.contains("more than 64 texts"), "{text}");

    // 60 parents that name each other: read once each.
    let (mut files, list) = all(60);
    for (at, (_, text)) in files.iter_mut().enumerate() {
        let names: Vec<String> = (0..at).map(|to| format!("{to}.yaml")).collect();
        assert!(writeln!(text, "extends: [{}]", names.join(", ")).is_ok());
    }
    answered(
        &files,
        &format!("name: a\nsyscalls: {{allow: [\"@default\"]}}\nextends:\n{list}"),
        None,
    );
}

fn list_of(at: usize) -> String {
    let names: Vec<String> = (0..40).map(|to| format!("{at}-{to}.yaml")).collect();
    names.join(", ")
}

#[test]
fn large_parents_have_an_end() {
    let comment = |at: usize| {
        (
            format!("{at}.yaml"),
            format!("name: p\n#{}\n", "x".repeat(1_000_000)),
        )
    };
    let all = |count: usize| (0..count).map(comment).collect::<Vec<_>>();
    let list = |count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("{at}.yaml")).collect();
        format!(
            "name: a\nsyscalls: {{allow: [\"@default\"]}}\nextends: [{}]\n",
            names.join(", ")
        )
    };
    answered(&all(4), &list(4), None);
    let text = answered(&all(5), &list(5), Some("extends-too-many"));
    assert!(text.contains("more than 4 MiB of text"), "{text}");
    let larger = format!("name: p\n#{}\n", "x".repeat(1 << 20));
    answered(
        &[("0.yaml".to_owned(), larger)],
        &list(1),
        Some("extends-broken"),
    );

    // Each is within the caps of one text, and all of them are not.
    let values = |at: usize| {
        let names: Vec<String> = (0..30_000).map(|to| format!("V{at}x{to}")).collect();
        let text = format!("name: p\nenvironment: {{pass: [{}]}}\n", names.join(", "));
        (format!("{at}.yaml"), text)
    };
    let files: Vec<_> = (0..4).map(values).collect();
    answered(&files, &list(3), Some("plan-too-large"));
    let text = answered(&files, &list(4), Some("extends-too-many"));
    assert!(text.contains("more than 100000 values"), "{text}");
    let aliases = |at: usize| {
        let text = format!("&a {}", "t".repeat(100_000));
        let items = vec!["*a"; 40].join(", ");
        let text = format!("name: p\nenvironment: {{pass: [{text}, {items}]}}\n");
        (format!("{at}.yaml"), text)
    };
    let files: Vec<_> = (0..3).map(aliases).collect();
    let text = answered(&files, &list(3), Some("extends-too-many"));
    assert!(text.contains("more than 8 MiB, aliases expanded"), "{text}");
}
