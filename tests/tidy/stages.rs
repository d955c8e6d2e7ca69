//! Rules for what the compiler's late stages see of a policy: findings, scores and the comparison with
//! a target are about what it means, and code is made from the intermediate representation alone.
//!
//! The text's positions are there for findings to point at; nothing else of the text is.

use super::{none_of, one_of};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use purple_tests::repository::{Tracked, tracked};

/// The stages that judge: they see the meaning, and of the document where something stands.
const JUDGES: [&str; 3] = [
    "compiler/src/lint/",
    "compiler/src/score/",
    "compiler/src/target/",
];
/// The methods of a document that say where something stands.
const POSITIONS: [&str; 2] = ["span", "key_span"];
/// The one that reads the text: what lets a finding stand is a comment, and comments have no meaning.
const READS_COMMENTS: &str = "compiler/src/lint/suppress.rs";

/// The stage that makes code.
const EMIT: &str = "compiler/src/emit/";
/// What it does without: a policy as it is written, and how that becomes a meaning.
const NOT_IN_EMIT: [&str; 3] = ["purple_policy", "resolve", "validate"];

/// The words and marks of a source, without comments; groups are opened, and begin and end with a mark.
fn flat(text: &str) -> Vec<String> {
    fn below(tokens: TokenStream, found: &mut Vec<String>) {
        for token in tokens {
            let TokenTree::Group(group) = token else {
                found.push(token.to_string());
                continue;
            };
            let (open, close) = match group.delimiter() {
                Delimiter::Brace => ("{", "}"),
                Delimiter::Bracket => ("[", "]"),
                Delimiter::Parenthesis | Delimiter::None => ("(", ")"),
            };
            found.push(open.to_owned());
            below(group.stream(), found);
            found.push(close.to_owned());
        }
    }
    let tokens = text
        .parse()
        .unwrap_or_else(|error| panic!("no Rust: {error}\n{text}"));
    let mut found = Vec::new();
    below(tokens, &mut found);
    found
}

/// What follows each place with these words and marks.
fn after<'t>(all: &'t [String], start: &[&str]) -> Vec<&'t [String]> {
    let here = |at: &usize| {
        let rest = all.get(*at..).unwrap_or_default();
        rest.len() >= start.len() && rest.iter().zip(start).all(|(word, wanted)| word == wanted)
    };
    (0..all.len())
        .filter(here)
        .filter_map(|at| all.get(at + start.len()..))
        .collect()
}

/// The sources below a folder but for their tests.
fn sources<'f>(files: &'f [Tracked], folder: &str) -> impl Iterator<Item = &'f Tracked> {
    files.iter().filter(move |file| {
        let tests = file.path.contains("/tests/") || file.path.ends_with("tests.rs");
        file.path.starts_with(folder) && file.has_extension("rs") && !tests
    })
}

fn sees_too_much(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    let judges = JUDGES.iter().flat_map(|folder| sources(files, folder));
    for file in judges.filter(|file| file.path != READS_COMMENTS) {
        let (path, all) = (&file.path, flat(&file.text));
        if all.iter().any(|word| word == "purple_policy") {
            findings.push(format!(
                "{path}: `purple_policy`: judge what a policy means, not how it is written"
            ));
        }
        for rest in after(&all, &["crate", ":", ":", "parse"]) {
            if !rest.iter().take(3).eq([":", ":", "Document"]) {
                findings.push(format!("{path}: of `parse` only `Document` is seen here"));
            }
        }
        for method in after(&all, &["document", "."])
            .iter()
            .filter_map(|rest| rest.first())
        {
            if !POSITIONS.contains(&method.as_str()) {
                findings.push(format!(
                    "{path}: `document.{method}`: of a document only {} are seen here",
                    POSITIONS.join(" and ")
                ));
            }
        }
    }
    for file in sources(files, EMIT) {
        let all = flat(&file.text);
        for word in NOT_IN_EMIT
            .iter()
            .filter(|word| all.iter().any(|it| it == *word))
        {
            findings.push(format!(
                "{}: `{word}`: code is made from the intermediate representation alone",
                file.path
            ));
        }
    }
    findings
}

#[test]
fn late_stages_see_meanings_and_positions() {
    none_of(&sees_too_much(&tracked()));
}

#[test]
fn the_stages_are_there() {
    let files = tracked();
    for folder in JUDGES.iter().chain([&EMIT]) {
        assert!(sources(&files, folder).next().is_some(), "{folder}");
    }
    assert!(files.iter().any(|file| file.path == READS_COMMENTS));
}

#[test]
fn bites_a_judge_that_reads_the_policy() {
    for (text, words) in [
        ("use purple_policy::Policy;", "`purple_policy`"),
        ("use crate::parse::Node;", "only `Document`"),
        ("use crate::parse::{Document, Node};", "only `Document`"),
        ("use crate::parse;", "only `Document`"),
        (
            "fn f() { scope\n.document\n.scalar_at(\"/a\"); }",
            "`document.scalar_at`",
        ),
        ("fn f() { g(document.to_json()); }", "`document.to_json`"),
        ("fn f() { g!(document.to_json()); }", "`document.to_json`"),
    ] {
        for folder in JUDGES {
            let bad = Tracked::new(&format!("{folder}x.rs"), text);
            one_of(&sees_too_much(&[bad]), words);
        }
    }
}

#[test]
fn bites_an_emitter_that_reads_the_policy() {
    for (text, word) in [
        ("use purple_policy::Policy;", "`purple_policy`"),
        ("use crate::resolve::Resolved;", "`resolve`"),
        ("use crate::{ir, validate};", "`validate`"),
    ] {
        let bad = Tracked::new("compiler/src/emit/plan/x.rs", text);
        one_of(&sees_too_much(&[bad]), word);
    }
}

#[test]
fn meanings_positions_and_tests_are_fine() {
    for (path, text) in [
        ("compiler/src/lint/x.rs", "use crate::parse::Document;"),
        (
            "compiler/src/lint/x.rs",
            "fn f() { self.document.key_span(\"/a\"); }",
        ),
        ("compiler/src/lint/x.rs", "fn f() { a.parse::<u64>(); }"),
        (
            "compiler/src/lint/x.rs",
            "// purple_policy, document.to_json()\n",
        ),
        ("compiler/src/lint/tests/x.rs", "use purple_policy::Policy;"),
        ("compiler/src/emit/tests.rs", "use crate::resolve::resolve;"),
        (READS_COMMENTS, "use crate::parse;"),
        ("compiler/src/resolve/x.rs", "use purple_policy::Policy;"),
    ] {
        let found = sees_too_much(&[Tracked::new(path, text)]);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}
