//! Every diagnostic code in the compiler has a page.
//!
//! A code is the literal in a call that makes a diagnostic. In a file with a call whose code is
//! computed, every literal of two or more words in kebab case is taken for a code.

use crate::{none_of, one_of};
use purple_tests::repository::{Tracked, tracked};
use std::collections::BTreeSet;

/// The calls that make a diagnostic, and how many arguments stand before the code.
const CALLS: [(&str, usize); 4] = [
    ("Diagnostic::error(", 0),
    ("Diagnostic::warning(", 0),
    ("Diagnostic::note(", 0),
    ("Diagnostic::new(", 1),
];

/// The file that defines these calls.
const DEFINITION: &str = "compiler/src/diagnostics/mod.rs";

/// Every code in the text outside its tests, with its line; `None` for a computed code when no
/// literal could be meant.
fn codes(text: &str) -> Vec<(usize, Option<&str>)> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let (mut found, mut computed) = (Vec::new(), Vec::new());
    for (call, before) in CALLS {
        for (at, _) in text.match_indices(call) {
            let arguments = text.get(at + call.len()..).unwrap_or_default();
            let argument = arguments.splitn(before + 2, ',').nth(before).unwrap_or_default();
            match argument.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(code) => found.push((line(at), Some(code))),
                None => computed.push((line(at), None)),
            }
        }
    }
    if !computed.is_empty() {
        let literals = text.match_indices('"').filter_map(|(at, _)| {
            let literal = text.get(at + 1..)?.split('"').next()?;
            (literal.contains('-') && is_kebab_case(literal)).then_some((line(at), Some(literal)))
        });
        let literals = literals.collect::<Vec<_>>();
        found.extend(if literals.is_empty() { computed } else { literals });
    }
    found.sort_unstable();
    let mut seen = BTreeSet::new();
    found.retain(|&(_, code)| code.is_none() || seen.insert(code));
    found
}

fn is_kebab_case(code: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    code.split('-').all(plain)
}

fn without_page(files: &[Tracked]) -> Vec<String> {
    let has_page = |code: &str| {
        let page = format!("docs/diagnostics/{code}.md");
        files.iter().any(|file| file.path == page && !file.text.trim().is_empty())
    };
    let sources = files.iter().filter(|file| {
        file.path.starts_with("compiler/src/")
            && file.has_extension("rs")
            && file.path != DEFINITION
    });
    let mut findings = Vec::new();
    for file in sources {
        for (line, code) in codes(&file.text) {
            let problem = match code {
                None => "write the code as a literal where the diagnostic is made".to_owned(),
                Some(code) if !is_kebab_case(code) => format!("`{code}` is not in kebab case"),
                Some(code) if !has_page(code) => {
                    format!("`{code}` has no page; write docs/diagnostics/{code}.md")
                }
                Some(_) => continue,
            };
            findings.push(format!("{}:{line}: {problem}", file.path));
        }
    }
    findings
}

#[test]
fn every_code_has_a_page() {
    none_of(&without_page(&tracked()));
}

#[test]
fn bites_a_code_without_a_page() {
    let check = |code: &str, page: &str| {
        let source = Tracked::new("compiler/src/parse/mod.rs", code);
        without_page(&[source, Tracked::new(page, "# page\n")])
    };
    let page = "docs/diagnostics/duplicate-key.md";
    for call in [
        "Diagnostic::error(\"duplicate-key\", span, \"x\")",
        "Diagnostic::warning(\n    \"duplicate-key\",\n    span)",
        "Diagnostic::note(\"duplicate-key\", span, a, b)",
        "Diagnostic::new(Severity::Error, \"duplicate-key\", span)",
        "Diagnostic::new(\n    Severity::Note,\n    \"duplicate-key\",\n    span)",
    ] {
        assert!(check(call, page).is_empty(), "{call}");
        one_of(&check(call, "docs/diagnostics/other.md"), "`duplicate-key` has no page");
    }
    let second_line = "//! x\n\nDiagnostic::error(\"duplicate-key\", span, \"x\")";
    one_of(&check(second_line, "x.md"), "compiler/src/parse/mod.rs:3:");
    one_of(&check("Diagnostic::error(code, span, \"x\")", page), "as a literal");
    let computed = "let code = if x { \"duplicate-key\" } else { \"no-page\" };\n\
                    Diagnostic::error(code, span, \"some text\")";
    one_of(&check(computed, page), "mod.rs:1: `no-page` has no page");
    one_of(&check("Diagnostic::error(\"Duplicate_key\", span)", page), "not in kebab case");
    let tested = "//! x\n#[cfg(test)]\nDiagnostic::error(\"no-page\", span)";
    assert!(check(tested, page).is_empty());
}
