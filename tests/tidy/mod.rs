//! The house rules as tests. Each check is a function from files to findings, a test that runs it on
//! the repository, and a test that shows it a bad example.
//!
//! A finding names the file and line and says what to do.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod dependencies;
mod diagnostics;
mod documents;
mod executor;
mod hidden;
mod imports;
mod operator;
mod probes;
mod sources;
mod stages;
mod threats;

/// Fails with every finding.
#[track_caller]
fn none_of(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} finding(s):\n{}\n",
        findings.len(),
        findings.join("\n")
    );
}

/// Fails unless the check found exactly one thing, with these words in it.
#[track_caller]
fn one_of(findings: &[String], words: &str) {
    match findings {
        [finding] => assert!(finding.contains(words), "`{words}` is not in: {finding}"),
        other => panic!("{} findings instead of one: {other:?}", other.len()),
    }
}
