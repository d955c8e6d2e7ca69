//! Every diagnostic code in the compiler has a page, and every page a code.

use super::{none_of, one_of};
use purple_tests::codes::{emitted, is_kebab_case};
use purple_tests::repository::{Tracked, tracked};
use std::collections::BTreeSet;

const PAGES: &str = "docs/diagnostics/";

fn without_page(files: &[Tracked]) -> Vec<String> {
    let has_page = |code: &str| {
        let page = format!("{PAGES}{code}.md");
        files
            .iter()
            .any(|file| file.path == page && !file.text.trim().is_empty())
    };
    let mut findings = Vec::new();
    for found in emitted(files) {
        let problem = match found.code {
            None => "write the code as a literal where the diagnostic is made".to_owned(),
            Some(code) if !is_kebab_case(code) => format!("`{code}` is not in kebab case"),
            Some(code) if !has_page(code) => {
                format!("`{code}` has no page; write {PAGES}{code}.md")
            }
            Some(_) => continue,
        };
        findings.push(format!("{}:{}: {problem}", found.file, found.line));
    }
    findings
}

fn without_code(files: &[Tracked]) -> Vec<String> {
    let codes: BTreeSet<_> = emitted(files)
        .into_iter()
        .filter_map(|found| found.code)
        .collect();
    let name = |file: &'_ Tracked| Some(file.path.strip_prefix(PAGES)?.to_owned());
    files
        .iter()
        .filter_map(name)
        .filter(|name| name != "README.md" && name != "formats.md")
        .filter(|name| {
            !name
                .strip_suffix(".md")
                .is_some_and(|code| codes.contains(code))
        })
        .map(|name| format!("{PAGES}{name}:1: the compiler has no such code; remove the page"))
        .collect()
}

#[test]
fn every_page_has_a_code() {
    none_of(&without_code(&tracked()));
}

#[test]
fn bites_a_page_without_a_code() {
    let source = Tracked::new(
        "compiler/src/parse/mod.rs",
        "Diagnostic::error(\"duplicate-key\", span)",
    );
    let check = |page: &str| without_code(&[source.clone(), Tracked::new(page, "# page\n")]);
    one_of(
        &check("docs/diagnostics/other.md"),
        "docs/diagnostics/other.md:1: the compiler has no",
    );
    one_of(
        &check("docs/diagnostics/duplicate-key.txt"),
        "duplicate-key.txt",
    );
    assert!(check("docs/diagnostics/duplicate-key.md").is_empty());
    assert!(check("docs/diagnostics/README.md").is_empty());
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
        "scope.error(\n    \"duplicate-key\",\n    pointer)",
        "scope.refuse_quantity(\"duplicate-key\", pointer, error)",
        "Diagnostic::new(Severity::Error, \"duplicate-key\", span)",
        "Diagnostic::new(\n    Severity::Note,\n    \"duplicate-key\",\n    span)",
    ] {
        assert!(check(call, page).is_empty(), "{call}");
        one_of(
            &check(call, "docs/diagnostics/other.md"),
            "`duplicate-key` has no page",
        );
    }
    let second_line = "//! x\n\nDiagnostic::error(\"duplicate-key\", span, \"x\")";
    one_of(&check(second_line, "x.md"), "compiler/src/parse/mod.rs:3:");
    one_of(
        &check("Diagnostic::error(code, span, \"x\")", page),
        "as a literal",
    );
    let computed = "let code = if x { \"duplicate-key\" } else { \"no-page\" };\n\
                    Diagnostic::error(code, span, \"some text\")";
    one_of(&check(computed, page), "mod.rs:1: `no-page` has no page");
    one_of(
        &check("Diagnostic::error(\"Duplicate_key\", span)", page),
        "not in kebab case",
    );
    let tested = "//! x\n#[cfg(test)]\nDiagnostic::error(\"no-page\", span)";
    assert!(check(tested, page).is_empty());
}
