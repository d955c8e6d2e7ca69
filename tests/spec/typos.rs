//! A slip in every key and in every word of the schema, in names of calls, errors, capabilities, groups
//! and profiles, and what the compiler takes it for.
//!
//! Each key and word is written wrong in eight ways; each way must lead back to the word, or it is
//! in the list of those that do not (`snapshots/typos.snap`), where a reviewer sees it come and go.

use super::compiled;
use purplec::diagnostics::{Applicability, Diagnostic};
use purplec::resolve::CAPABILITIES;
use purplec::syscalls::groups::{group as known_group, groups};
use purplec::syscalls::{Arch, closest_errno, closest_name, names};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A word, written wrong in one way.
type Slip = fn(&str) -> Option<String>;

/// Ways to write a word wrong. `None` where a way leaves the word as it is.
const SLIPS: [(&str, Slip); 8] = [
    ("first letter left out", |word| without(word, 0)),
    ("middle letter left out", |word| {
        without(word, word.len() / 2)
    }),
    ("middle letter doubled", |word| {
        let at = word.len() / 2;
        Some(format!("{}{}", word.get(..=at)?, word.get(at..)?))
    }),
    ("letters swapped", |word| {
        let mut letters: Vec<char> = word.chars().collect();
        let at = (letters.len() / 2).checked_sub(1)?;
        letters.swap(at, at + 1);
        Some(letters.into_iter().collect())
    }),
    ("upper case", |word| Some(word.to_uppercase())),
    ("in camel case", |word| {
        let mut parts = word.split('_');
        let first = parts.next()?.to_owned();
        Some(parts.fold(first, |all, part| {
            let (head, tail) = part.split_at(part.len().min(1));
            all + &head.to_uppercase() + tail
        }))
    }),
    ("hyphens", |word| Some(word.replace('_', "-"))),
    ("the other number", |word| {
        Some(
            word.strip_suffix('s')
                .map_or_else(|| format!("{word}s"), str::to_owned),
        )
    }),
];

fn without(word: &str, at: usize) -> Option<String> {
    let mut letters = word.to_owned();
    (letters.len() > 1).then(|| letters.remove(at))?;
    Some(letters)
}

fn schema() -> Value {
    let output = purple_policy::json_schema();
    assert!(output.pointer("/properties/name").is_some());
    output
}

/// The schema behind a `$ref`.
fn followed<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let reference = schema
        .get("$ref")
        .or_else(|| schema.pointer("/allOf/0/$ref"));
    reference
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
        .unwrap_or(schema)
}

fn forms<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let schema = followed(root, schema);
    match schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Value::as_array)
    {
        Some(choices) => choices
            .iter()
            .flat_map(|choice| forms(root, choice))
            .collect(),
        None => vec![schema],
    }
}

fn property<'s>(form: &'s Value, key: &str) -> &'s Value {
    form.get("properties")
        .and_then(|all| all.get(key))
        .expect("what is required is described")
}

/// A value that the schema accepts.
fn sample(root: &Value, schema: &Value) -> Value {
    let example = schema
        .pointer("/examples/0")
        .or_else(|| followed(root, schema).pointer("/examples/0"));
    if let Some(example) = example {
        return example.clone();
    }
    let all = forms(root, schema);
    let form = all.first().expect("there is a form");
    if let Some(word) = form.get("const") {
        return word.clone();
    }
    match form.get("type").and_then(Value::as_str) {
        Some("object") => {
            let required = form.get("required").and_then(Value::as_array);
            let mut object = Map::new();
            for key in required.into_iter().flatten().filter_map(Value::as_str) {
                object.insert(key.to_owned(), sample(root, property(form, key)));
            }
            Value::Object(object)
        }
        Some("array") => json!([]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(1),
        _ => json!("x"),
    }
}

/// A slip in one word: the policy with the word, and what the word is called in the report.
struct Word {
    place: String,
    right: String,
    /// The word that is offered: another one where this is an older spelling.
    offered: String,
    policy: Box<dyn Fn(&str) -> Value>,
}

/// Every key and every word of the schema.
fn words(root: &Value) -> Vec<Word> {
    let mut found = Vec::new();
    visit(root, root, "", &(|inner| inner), &mut found);
    found
}

fn visit(
    root: &Value,
    schema: &Value,
    place: &str,
    around: &dyn Fn(Value) -> Value,
    found: &mut Vec<Word>,
) {
    /// Stands where the slip is put in.
    const SLOT: &str = "the slip";
    let put = |policy: Value| -> Box<dyn Fn(&str) -> Value> {
        let text = policy.to_string();
        assert_eq!(text.matches(SLOT).count(), 1, "{text}");
        Box::new(move |slip| serde_json::from_str(&text.replace(SLOT, slip)).expect("JSON"))
    };
    let offered = |word: &str, schema: &Value| {
        let description = schema
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let older = description.strip_prefix("Older spelling of `");
        older
            .and_then(|rest| rest.split('`').next())
            .unwrap_or(word)
            .to_owned()
    };
    for form in forms(root, schema) {
        if let Some(word) = form.get("const").and_then(Value::as_str) {
            found.push(Word {
                place: place.to_owned(),
                right: word.to_owned(),
                offered: offered(word, form),
                policy: put(around(json!(SLOT))),
            });
        }
        if let Some(items) = form.get("items") {
            visit(
                root,
                items,
                &format!("{place}[]"),
                &|inner| around(json!([inner])),
                found,
            );
        }
        let required = sample(
            root,
            &json!({"type": "object", "required": form.get("required"), "properties": form.get("properties")}),
        );
        let properties = form.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            let with = |name: &str, value: Value| {
                let mut object = required.as_object().expect("a mapping").clone();
                object.remove(key);
                object.insert(name.to_owned(), value);
                around(Value::Object(object))
            };
            let path = format!("{place}/{key}");
            found.push(Word {
                place: place.to_owned(),
                right: key.clone(),
                offered: offered(key, property),
                policy: put(with(SLOT, sample(root, property))),
            });
            visit(root, property, &path, &|inner| with(key, inner), found);
        }
    }
}

/// The finding about a slip.
fn finding(policy: &Value, slip: &str) -> Option<Diagnostic> {
    let text = policy.to_string();
    let (outcome, _) = compiled("slip", text.as_bytes());
    let of = |one: &Diagnostic| {
        matches!(one.code, "unknown-key" | "unknown-value")
            && outcome.sources.slice(one.span) == format!("{slip:?}")
    };
    let mut found = outcome.diagnostics.iter().filter(|one| of(one));
    let first = found.next().cloned();
    assert_eq!(found.next(), None, "one finding says it all: {text}");
    first
}

#[test]
fn every_key_and_word_is_found_again_behind_a_slip() {
    let root = schema();
    let words = words(&root);
    assert!(words.len() > 80, "{} words", words.len());
    let (mut tried, mut lost, mut shown) = (0, Vec::new(), Vec::new());
    for (number, word) in words.iter().enumerate() {
        let whole = (word.policy)(&word.right);
        assert_eq!(
            finding(&whole, &word.right),
            None,
            "the word itself is fine: {whole}"
        );
        for (way, (name, slip)) in SLIPS.iter().enumerate() {
            let Some(slip) = slip(&word.right).filter(|slip| *slip != word.right) else {
                continue;
            };
            let policy = (word.policy)(&slip);
            let same = words
                .iter()
                .any(|other| other.place == word.place && other.right == slip);
            if slip.is_empty() || same {
                continue;
            }
            tried += 1;
            let found = finding(&policy, &slip);
            let help = found
                .as_ref()
                .and_then(|one| one.help.clone())
                .unwrap_or_default();
            let meant = format!("did you mean `{}`?", word.offered);
            let line = format!(
                "{} {slip}: {help}",
                if word.place.is_empty() {
                    "/"
                } else {
                    &word.place
                }
            );
            if !help.starts_with(&meant) {
                lost.push(format!("{line} ({name} in {})", word.right));
            } else if number % 8 == 3 && way == number / 8 % SLIPS.len() && shown.len() < 10 {
                shown.push(line);
            }
            if let Some(fix) = found.and_then(|one| one.fix) {
                let edits: Vec<&str> = fix.edits.iter().map(|it| it.replacement.as_str()).collect();
                if help.starts_with(&meant) {
                    assert_eq!(edits, [word.offered.as_str()], "{policy}");
                }
            }
        }
    }
    let mut text = format!(
        "{} slips in {} keys and words, {} lost\n\nsome:\n",
        tried,
        words.len(),
        lost.len()
    );
    for (title, lines) in [("", &shown), ("\nlost:\n", &lost)] {
        text.push_str(title);
        for line in lines {
            writeln!(text, "  {line}").expect("a string takes it");
        }
    }
    snapshot("typos", &text);
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!(
        {
            snapshot_path => "snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        },
        { insta::assert_snapshot!(name, text) }
    );
}

/// How many of the slips in these names lead back to them, and the slips that do not.
fn found_again(
    names: &[&'static str],
    every: usize,
    closest: impl Fn(&str) -> Option<&'static str>,
) -> (usize, Vec<String>) {
    let (mut tried, mut lost) = (0, Vec::new());
    for name in names.iter().step_by(every) {
        for (_, slip) in SLIPS {
            let Some(slip) = slip(name).filter(|slip| slip.len() > 1) else {
                continue;
            };
            if names.contains(&slip.as_str()) {
                continue;
            }
            tried += 1;
            match closest(&slip) {
                Some(found) if found == *name => {}
                other => lost.push(format!("{name}: {slip}: {other:?}")),
            }
        }
    }
    (tried, lost)
}

/// Names are many and alike, so some slips lead to a neighbour; few do.
#[test]
fn names_of_calls_and_errors_are_found_again() {
    let arch = Arch::X86_64;
    let calls: Vec<&str> = names(arch).map(|(name, _)| name).collect();
    // Every third: the guess is slow in a build without optimisation.
    let (tried, lost) = found_again(&calls, 3, |slip| closest_name(arch, slip));
    assert!(
        tried > 700 && lost.len() * 30 < tried,
        "{} of {tried}: {lost:#?}",
        lost.len()
    );

    let errors: Vec<&str> = (1..134)
        .filter_map(|nr| purplec::syscalls::errno_name(arch, nr))
        .collect();
    let (tried, lost) = found_again(&errors, 1, closest_errno);
    assert!(
        tried > 500 && lost.len() * 20 < tried,
        "{} of {tried}: {lost:#?}",
        lost.len()
    );
}

#[test]
fn capabilities_are_found_again() {
    for name in CAPABILITIES {
        let short = name.trim_start_matches("CAP_").to_lowercase();
        let slips = SLIPS
            .iter()
            .filter_map(|(_, slip)| slip(name))
            .chain([short]);
        let slips: Vec<String> = slips.filter(|slip| slip != name).collect();
        let policy = json!({"name": "a", "capabilities": {"add": &slips}});
        let (outcome, text) = compiled("slip", policy.to_string().as_bytes());
        let help = format!("did you mean `{name}`?");
        let helped = outcome
            .diagnostics
            .iter()
            .filter(|it| it.help.as_ref() == Some(&help));
        let distinct: std::collections::BTreeSet<&String> = slips.iter().collect();
        assert!(helped.count() >= distinct.len(), "{text}");
    }
}

/// What a fix writes in place of a slip, and whether it may do so by itself.
fn fixed(text: &str, code: &str) -> Vec<(String, Applicability)> {
    let (outcome, _) = compiled("slip", text.as_bytes());
    let found = outcome.diagnostics.iter().filter(|one| one.code == code);
    let fixes = found.filter_map(|one| one.fix.as_ref());
    fixes
        .map(|fix| {
            (
                fix.edits
                    .iter()
                    .map(|edit| edit.replacement.as_str())
                    .collect(),
                fix.applicability,
            )
        })
        .collect()
}

/// A slip in the name of each group, and of each profile, has a fix that writes the name.
#[test]
fn groups_and_profiles_are_found_again() {
    let (mut tried, mut lost) = (0, Vec::new());
    for group in groups() {
        let bare = group.name.trim_start_matches('@');
        for (_, slip) in SLIPS {
            let Some(slip) = slip(bare).filter(|slip| known_group(&format!("@{slip}")).is_none())
            else {
                continue;
            };
            for sign in ["", "!"] {
                tried += 1;
                let text = format!("name: a\nsyscalls: {{deny: [\"{sign}@{slip}\", chroot]}}\n");
                let right = format!("\"{sign}{}\"", group.name);
                match fixed(&text, "group-unknown").as_slice() {
                    [(text, _)] if *text == right => {}
                    other => lost.push(format!("{sign}@{slip}: {other:?}")),
                }
            }
        }
    }
    assert!(
        tried > 300 && lost.len() * 20 < tried,
        "{} of {tried}: {lost:#?}",
        lost.len()
    );

    for name in purplec::profiles::names() {
        for (_, slip) in SLIPS {
            let Some(slip) = slip(name).filter(|slip| slip != name) else {
                continue;
            };
            let found = fixed(
                &format!("name: a\nextends: [{slip}]\n"),
                "extends-unknown-profile",
            );
            assert!(
                matches!(found.as_slice(), [(text, _)] if text == name),
                "{slip}: {found:?}"
            );
        }
    }
    for (text, code, right) in [
        (
            "syscalls: {allow: ['@File_Read']}",
            "group-unknown",
            "\"@file-read\"",
        ),
        (
            "extends: AI-dev-Safe",
            "extends-unknown-profile",
            "ai-dev-safe",
        ),
    ] {
        let safe = vec![(right.to_owned(), Applicability::Safe)];
        assert_eq!(fixed(&format!("name: a\n{text}\n"), code), safe);
    }
    for (text, code, right) in [
        (
            "syscalls: {allow: [\"@netwrok\"]}",
            "group-unknown",
            "\"@network\"",
        ),
        (
            "syscalls: {allow: [\"@system-service\"]}",
            "group-unknown",
            "\"@default\"",
        ),
        (
            "syscalls: {deny: [\"!chrot\"]}",
            "syscall-unknown",
            "\"!chroot\"",
        ),
        (
            "filesystem: {output_paths: [{host_path: o, sandbox_path: /o, read_only: ['!@projct']}]}",
            "invalid-path",
            "\"!@project\"",
        ),
    ] {
        let asked = vec![(right.to_owned(), Applicability::Unsafe)];
        assert_eq!(fixed(&format!("name: a\n{text}\n"), code), asked);
    }
    // What stands between the quotes is not the name: there is nothing to put in its place.
    assert_eq!(
        fixed(
            "name: a\nsyscalls: {allow: [\"\\x40netwrok\"]}\n",
            "group-unknown"
        ),
        []
    );
}
