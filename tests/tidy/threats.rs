//! The threat model, the table of tests in `tests/adversarial/mod.rs` and the tests themselves agree.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, tracked};
use std::collections::{BTreeMap, BTreeSet};

const MODEL: &str = "docs/threat-model.md";
const TABLE: &str = "tests/adversarial/mod.rs";

/// Which tests stand for a threat.
type Tests<'f> = BTreeMap<u32, BTreeSet<&'f str>>;

fn text<'f>(files: &'f [Tracked], path: &str) -> &'f str {
    files
        .iter()
        .find(|file| file.path == path)
        .map_or("", |file| &file.text)
}

/// What the rows of the model say: `| NUMBER | ... | ... | tests in backticks |`.
fn model(text: &str) -> Tests<'_> {
    let rows = text.lines().filter_map(|line| {
        let (number, rest) = line.strip_prefix('|')?.split_once(" | ")?;
        let (_, tests) = rest.rsplit_once(" | ")?;
        Some((
            number.trim().parse().ok()?,
            tests.split('`').skip(1).step_by(2).collect(),
        ))
    });
    rows.collect()
}

/// What the table says: `//! NUMBER TEST`, the test in backticks.
fn table(text: &str) -> Tests<'_> {
    let mut found = Tests::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//! ")) {
        if let Some((number, test)) = line.split_once(' ')
            && let Ok(number) = number.parse()
        {
            found
                .entry(number)
                .or_default()
                .insert(test.trim_matches('`'));
        }
    }
    found
}

/// Whether a file of this path, below `tests` or from the root, has such a function.
fn exists(files: &[Tracked], test: &str) -> bool {
    test.split_once("::").is_some_and(|(path, name)| {
        let paths = [format!("tests/{path}.rs"), format!("{path}.rs")];
        let function = format!("fn {name}(");
        files
            .iter()
            .any(|file| paths.contains(&file.path) && file.text.contains(&function))
    })
}

/// The scenarios of the attacks, named as the model names them.
fn scenarios(files: &[Tracked]) -> impl Iterator<Item = String> {
    files
        .iter()
        .filter_map(|file| {
            let module = file
                .path
                .strip_prefix("tests/adversarial/")?
                .strip_suffix(".rs")?;
            let (_, rest) = file.text.split_once("scenarios! {")?;
            let names = rest.split_once('}')?.0.split_whitespace();
            Some(names.map(move |name| format!("adversarial/{module}::{name}")))
        })
        .flatten()
}

fn disagreements(files: &[Tracked]) -> Vec<String> {
    let (model, table) = (model(text(files, MODEL)), table(text(files, TABLE)));
    let mut findings = Vec::new();
    // Numbers are never given up, so none is missing below the largest.
    let last = model.keys().chain(table.keys()).max().copied();
    for threat in 1..=last.unwrap_or(1) {
        let none = BTreeSet::new();
        let (named, stand) = (
            model.get(&threat).unwrap_or(&none),
            table.get(&threat).unwrap_or(&none),
        );
        if named.is_empty() || named != stand {
            let both = format!("{MODEL} names {named:?} and {TABLE} {stand:?}");
            findings.push(format!(
                "threat {threat}: {both}; let both name the same tests"
            ));
        }
    }
    let all: BTreeSet<&str> = table.values().flatten().copied().collect();
    let gone = all.iter().filter(|test| !exists(files, test));
    findings.extend(gone.map(|test| format!("{TABLE}: there is no test `{test}`; correct it")));
    let silent = scenarios(files).filter(|test| !all.contains(test.as_str()));
    findings.extend(silent.map(|test| format!("{TABLE}: `{test}` stands for no threat; add it")));
    findings
}

#[test]
fn every_threat_has_its_tests() {
    none_of(&disagreements(&tracked()));
}

#[test]
fn bites_a_threat_without_a_test() {
    let check = |model: &str, table: &str, tests: &str| {
        let files = [
            Tracked::new(MODEL, model),
            Tracked::new(TABLE, table),
            Tracked::new("tests/adversarial/way.rs", tests),
        ];
        disagreements(&files)
    };
    let row = "| 1 | tried | stopped | `adversarial/way::out` |\n";
    let line = "//! 1 `adversarial/way::out`\n";
    let test = "scenarios! { out }\nfn out(place: &Place) {}\n";
    none_of(&check(row, line, test));
    one_of(&check("", line, test), "threat 1");
    let third = row.replace("| 1 |", "| 3 |");
    let both = format!("{line}{}", line.replace('1', "3"));
    one_of(&check(&format!("{row}{third}"), &both, test), "threat 2");
    one_of(&check(&row.replace("out", "in"), line, test), "threat 1");
    one_of(
        &check(row, line, "fn other() {}"),
        "no test `adversarial/way::out`",
    );
    let more = "scenarios! { out over }\nfn out(place: &Place) {}\n";
    one_of(
        &check(row, line, more),
        "`adversarial/way::over` stands for no threat",
    );
}
