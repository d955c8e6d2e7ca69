//! `purplec query` answers each row of the table that `reached.rs` tries with a real program.

use super::reached::{Row, blocks};
use purple_tests::policy::Policy;
use purple_tests::test_dir::{TestDir, binary};
use std::path::Path;
use std::process::Command;

scenarios! {
    every_row_of_the_table_is_answered
}

fn every_row_of_the_table_is_answered(place: &TestDir) {
    let mut wrong = Vec::new();
    for block in blocks() {
        let plan = Policy::new(place).section(&block.section).compile(place);
        let differing = block.rows.iter().filter(|row| !is_answered(row, &plan));
        wrong.extend(differing.map(|row| {
            let Row {
                protocol,
                host,
                port,
                verdict,
            } = row;
            format!("{protocol} {host}:{port} is {verdict}")
        }));
    }
    assert!(
        wrong.is_empty(),
        "purplec query differs:\n{}",
        wrong.join("\n")
    );
}

/// Whether the plan's evaluator finds what the table says.
fn is_answered(row: &Row, plan: &Path) -> bool {
    let question = format!("{}:{}/{}", row.host, row.port, row.protocol);
    let asked = Command::new(binary("purplec"))
        .arg("query")
        .arg(plan)
        .args(["connect", &question, "--format", "json"])
        .output()
        .expect("the compiler runs");
    let answer: serde_json::Value =
        serde_json::from_slice(&asked.stdout).expect("an answer in JSON");
    let allowed = answer["allowed"].as_bool().expect("a verdict");
    allowed == ["open", "closed", "empty", "host"].contains(&row.verdict)
}
