//! The forms in which findings are printed: one policy in each of them, and every case in those that
//! have a contract.

use super::{compiled, policies};
use jsonschema::Validator;
use purple_tests::repository::root;
use purplec::diagnostics::pages;
use purplec::diagnostics::render::{self, Form, JSON_SCHEMA, Look, Tally};
use purplec::pipeline::Compilation;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A policy with seven different mistakes, and how it is named.
const SEVEN: &str = "tests/spec/formats/seven-mistakes.yaml";

/// The look of a terminal of ninety columns.
const TERMINAL: Look = Look {
    form: Form::Graphical { unicode: true },
    colour: false,
    width: 90,
};

/// The look of a telephone.
const SMALL: Look = Look {
    form: Form::Narrow,
    colour: false,
    width: 40,
};

fn outcome(path: &Path) -> Compilation {
    let name = path
        .strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned();
    compiled(&name, &fs::read(path).expect("the file can be read")).0
}

fn tally(outcomes: &[Compilation]) -> Tally {
    let mut tally = Tally::default();
    for outcome in outcomes {
        tally.add(&outcome.diagnostics, outcome.suppressed.len());
    }
    tally
}

fn json(outcomes: &[Compilation]) -> String {
    let findings: Vec<String> = outcomes
        .iter()
        .map(|outcome| render::json_findings(&outcome.sources, &outcome.diagnostics))
        .collect();
    let suppressed: Vec<String> = outcomes
        .iter()
        .map(|outcome| render::json_suppressed(&outcome.sources, &outcome.suppressed))
        .collect();
    render::json(&findings, &suppressed, &tally(outcomes))
}

fn sarif(outcomes: &[Compilation]) -> String {
    let results = outcomes.iter().map(|outcome| {
        render::sarif_results(&outcome.sources, &outcome.diagnostics, &outcome.suppressed)
    });
    render::sarif(results.collect(), &tally(outcomes))
}

/// A policy in every form.
fn forms(outcome: &Compilation) -> Vec<(&'static str, String)> {
    let (sources, found) = (&outcome.sources, outcome.diagnostics.as_slice());
    let all = std::slice::from_ref(outcome);
    vec![
        ("human", render::human(sources, found)),
        ("terminal", render::human_as(TERMINAL, sources, found)),
        ("narrow", render::human_as(SMALL, sources, found)),
        ("json", json(all)),
        ("sarif", sarif(all)),
        ("github", render::github(sources, found)),
    ]
}

fn validator(schema: &str) -> Validator {
    let schema = serde_json::from_str::<Value>(schema).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

#[track_caller]
fn valid(validator: &Validator, text: &str) -> Value {
    let value = serde_json::from_str::<Value>(text).expect("the document is JSON");
    let wrong: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path().as_str()))
        .collect();
    assert!(wrong.is_empty(), "{}\n{text}", wrong.join("\n"));
    value
}

#[test]
fn one_policy_in_every_form() {
    let outcome = outcome(&root().join(SEVEN));
    let mut codes: Vec<_> = outcome.diagnostics.iter().map(|found| found.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(
        (codes.len(), outcome.diagnostics.len()),
        (7, 7),
        "{codes:?}"
    );
    for (form, text) in forms(&outcome) {
        insta::with_settings!(
            {
                snapshot_path => "snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            },
            { insta::assert_snapshot!(format!("seven-mistakes-{form}"), text) }
        );
    }
}

/// What the page shows is what is printed.
#[test]
fn the_page_of_formats_shows_what_is_printed() {
    let outcome = outcome(&root().join(SEVEN));
    let page = fs::read_to_string(root().join("docs/diagnostics/formats.md")).unwrap_or_default();
    let policy = fs::read_to_string(root().join(SEVEN)).expect("the policy can be read");
    assert!(
        page.contains(&format!("```yaml\n{policy}```\n")),
        "the policy is another one"
    );
    let blocks: Vec<&str> = page
        .split("```text\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .filter(|block| block.lines().count() > 4)
        .collect();
    for (form, text) in forms(&outcome) {
        let whole = text.trim_end();
        // Each block is the whole of a form, or its first lines.
        let found = blocks
            .iter()
            .any(|block| whole.starts_with(block.trim_end_matches("...").trim_end()));
        assert!(
            found,
            "docs/diagnostics/formats.md does not show {form}:\n{text}"
        );
    }
}

#[test]
fn json_is_what_its_schema_promises() {
    let validator = validator(JSON_SCHEMA);
    let outcomes: Vec<Compilation> = policies("tests/spec/cases")
        .iter()
        .map(|path| outcome(path))
        .collect();
    for one in outcomes.chunks(1) {
        valid(&validator, &json(one));
    }
    let value = valid(&validator, &json(&outcomes));
    let found: usize = outcomes
        .iter()
        .map(|outcome| outcome.diagnostics.len())
        .sum();
    assert_eq!(
        value
            .pointer("/findings")
            .and_then(Value::as_array)
            .map(Vec::len),
        Some(found)
    );
    assert_eq!(
        value.pointer("/summary/files"),
        Some(&Value::from(outcomes.len()))
    );
    let stands: usize = outcomes
        .iter()
        .map(|outcome| outcome.suppressed.len())
        .sum();
    assert_eq!(
        value
            .pointer("/suppressed")
            .and_then(Value::as_array)
            .map(Vec::len),
        Some(stands)
    );
    assert_eq!(
        value.pointer("/summary/suppressed"),
        Some(&Value::from(stands))
    );
    assert!(
        !validator.is_valid(&serde_json::json!({"format": 1})),
        "the schema lets all through"
    );
}

/// A policy with a finding that a comment lets stand, and two of another code.
const STANDS: &str = "name: a\nsyscalls:\n  allow:\n    - '@libc-start'\n    - '@libc-start'\n    \
    # purple: allow[dangerous-call-allowed] \"gdb\" attaches\n    - ptrace\n    - '@libc-start'\n";

#[test]
fn json_lists_what_comments_let_stand() {
    let (outcome, shown) = compiled("p.yaml", STANDS.as_bytes());
    let value = valid(
        &validator(JSON_SCHEMA),
        &json(std::slice::from_ref(&outcome)),
    );
    let codes = |list: &str, code: &str| -> Vec<String> {
        let all = value
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let code = |one: &Value| one.pointer(code).and_then(Value::as_str).map(str::to_owned);
        all.filter_map(code).collect()
    };
    assert_eq!(
        codes("findings", "/code"),
        ["syscall-duplicate"; 2],
        "{shown}"
    );
    assert_eq!(
        codes("suppressed", "/finding/code"),
        ["dangerous-call-allowed"]
    );
    assert_eq!(codes("suppressed", "/reason"), ["\"gdb\" attaches"]);
    let line = |place: &str| value.pointer(&format!("/suppressed/0/{place}/start/line"));
    assert_eq!(
        (line("finding/location"), line("comment")),
        (Some(&7.into()), Some(&6.into()))
    );
    let count = |key: &str| {
        value
            .pointer(&format!("/summary/{key}"))
            .and_then(Value::as_u64)
    };
    assert_eq!(
        ["warnings", "notes", "suppressed"].map(count),
        [Some(0), Some(2), Some(1)]
    );
    assert!(
        tally(std::slice::from_ref(&outcome))
            .summary()
            .ends_with("1 file checked: 2 notes\n1 finding suppressed with a reason")
    );
}

/// The schema of OASIS.
fn sarif_validator() -> Validator {
    let schema = root().join("tests/spec/formats/sarif-2.1.0.schema.json");
    let schema = fs::read_to_string(schema).expect("the schema can be read");
    // One pattern has a bracket that is not escaped, which stricter readers of patterns refuse.
    validator(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$"))
}

/// What a comment lets stand is listed with its reason, in the order of the text.
#[test]
fn sarif_lists_what_comments_let_stand() {
    let (outcome, shown) = compiled("p.yaml", STANDS.as_bytes());
    let value = valid(&sarif_validator(), &sarif(std::slice::from_ref(&outcome)));
    let results = value
        .pointer("/runs/0/results")
        .and_then(Value::as_array)
        .expect("results");
    let listed: Vec<_> = results
        .iter()
        .map(|one| {
            let line = one.pointer("/locations/0/physicalLocation/region/startLine");
            let code = one.get("ruleId").and_then(Value::as_str);
            let stands = one
                .get("suppressions")
                .and_then(Value::as_array)
                .map(Vec::len);
            (line.and_then(Value::as_u64), code, stands)
        })
        .collect();
    let twice = Some("syscall-duplicate");
    let stands = (Some(7), Some("dangerous-call-allowed"), Some(1));
    assert_eq!(
        listed,
        [(Some(5), twice, Some(0)), stands, (Some(8), twice, Some(0))],
        "{shown}"
    );
    let at = |pointer: &str| value.pointer(&format!("/runs/0/results/1/suppressions/0{pointer}"));
    assert_eq!(at("/kind"), Some(&"inSource".into()));
    assert_eq!(at("/justification"), Some(&"\"gdb\" attaches".into()));
    assert_eq!(
        at("/location/physicalLocation/region/startLine"),
        Some(&6.into())
    );
    let rules = value
        .pointer("/runs/0/tool/driver/rules")
        .and_then(Value::as_array);
    assert_eq!(
        rules.map(Vec::len),
        Some(2),
        "the rule of what stands is there too"
    );
}

#[test]
fn sarif_is_what_its_schema_promises() {
    let validator = sarif_validator();
    let outcomes: Vec<Compilation> = policies("tests/spec/cases")
        .iter()
        .map(|path| outcome(path))
        .collect();
    for one in outcomes.chunks(1) {
        valid(&validator, &sarif(one));
    }
    let value = valid(&validator, &sarif(&outcomes));
    let rules = value
        .pointer("/runs/0/tool/driver/rules")
        .and_then(Value::as_array);
    let rules = rules.expect("there are rules");
    for rule in rules {
        for text in [
            "/shortDescription/text",
            "/fullDescription/text",
            "/help/markdown",
        ] {
            let words = rule
                .pointer(text)
                .and_then(Value::as_str)
                .unwrap_or_default();
            assert!(words.len() > 10, "{text} of {rule}");
        }
    }
    let found = outcomes
        .iter()
        .map(|one| one.diagnostics.len() + one.suppressed.len());
    let found: usize = found.sum();
    let results = value.pointer("/runs/0/results").and_then(Value::as_array);
    assert_eq!(results.map(Vec::len), Some(found));
    for result in results.into_iter().flatten() {
        let id = result.get("ruleId");
        assert!(
            id.is_some() && rules.iter().any(|rule| rule.get("id") == id),
            "{result}"
        );
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
}

/// The region of a place is the text that is underlined, counted in characters.
#[test]
fn regions_count_characters() {
    let text = "name: a\ndescription: \"日本 é\"\nnetwork: {isolated: 3}\n";
    let (outcome, _) = compiled("a b/é.yaml", text.as_bytes());
    let value: Value = serde_json::from_str(&sarif(std::slice::from_ref(&outcome))).expect("JSON");
    let place = value
        .pointer("/runs/0/results/0/locations/0/physicalLocation")
        .expect("a place");
    assert_eq!(
        place.pointer("/artifactLocation/uri"),
        Some(&Value::from("a%20b/%C3%A9.yaml"))
    );
    let region = |key: &str| {
        place
            .pointer(&format!("/region/{key}"))
            .and_then(Value::as_u64)
    };
    assert_eq!(
        (region("startLine"), region("startColumn")),
        (Some(3), Some(21))
    );
    assert_eq!(
        (region("endLine"), region("endColumn")),
        (Some(3), Some(22))
    );
    let at = text.find('3').expect("it is there");
    assert_eq!(region("byteOffset"), u64::try_from(at).ok());
}

/// The same findings give the same bytes, and nothing of a policy reaches a screen raw.
#[test]
fn no_form_shows_anything_hidden() {
    let hidden = |character: char| {
        character.is_control() && character != '\n'
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    };
    for path in policies("tests/spec/cases") {
        let (first, second) = (forms(&outcome(&path)), forms(&outcome(&path)));
        assert!(first == second, "{} is not the same twice", path.display());
        for (form, text) in first {
            assert!(
                !text.contains(hidden),
                "{form} of {}: {text:?}",
                path.display()
            );
        }
    }
}

/// The list in `compiler/src/diagnostics/pages/table.rs` has every page, in order.
#[test]
fn every_page_is_in_the_compiler() {
    let mut codes: Vec<String> = fs::read_dir(root().join("docs/diagnostics"))
        .expect("the folder can be listed")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter_map(|name| Some(name.strip_suffix(".md")?.to_owned()))
        .filter(|name| name != "README" && name != "formats")
        .collect();
    codes.sort();
    let table = root().join("compiler/src/diagnostics/pages/table.rs");
    let text = fs::read_to_string(&table).expect("the table can be read");
    let (head, _) = text.split_once("&[\n").expect("the table has a head");
    let entry = |code: &String| {
        format!("    (\"{code}\", include_str!(\"../../../../docs/diagnostics/{code}.md\")),\n")
    };
    let wanted = format!(
        "{head}&[\n{}];\n",
        codes.iter().map(entry).collect::<String>()
    );
    if text != wanted && std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        fs::write(&table, wanted).expect("the table can be written");
        panic!("the table has been written anew: build again");
    }
    assert!(
        text == wanted,
        "the table is not the folder: run with INSTA_UPDATE=always"
    );
    assert!(pages::codes().eq(codes.iter().map(String::as_str)));
    let mut listed: Vec<&str> = pages::index().iter().map(|entry| entry.code).collect();
    listed.sort_unstable();
    assert_eq!(listed, codes);
    for code in &codes {
        let prose = pages::prose(pages::page(code).unwrap_or_default());
        assert!(prose.len() > 40, "{code}: {prose}");
    }
}
