//! Policies and what the compiler says about them: the rendered text, compared as a whole.
//!
//! Each file of `cases/` has its rendering in `snapshots/`; a case named after a diagnostic's code
//! shows that diagnostic. Each file of `corpus/` is a policy that people wrote, and is free of
//! errors. After a change on purpose, run with `INSTA_UPDATE=always` and review the difference.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use purplec::diagnostics::{Diagnostic, Severity, Sink, render};
use purplec::parse;
use purplec::pipeline;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every code of the parse and validate stages that a policy's text can lead to.
const CODES: &[&str] = &[
    "ambiguous-scalar",
    "byte-order-mark",
    "carriage-return",
    "conflicting-spellings",
    "control-character",
    "duplicate-anchor",
    "duplicate-key",
    "empty-document",
    "empty-value",
    "invalid-utf8",
    "invalid-value",
    "invisible-character",
    "key-not-text",
    "merge-key",
    "missing-key",
    "number-too-large",
    "older-spelling",
    "out-of-range",
    "recursive-alias",
    "several-documents",
    "tab-indentation",
    "too-deep",
    "too-many-values",
    "undefined-alias",
    "unknown-key",
    "unknown-value",
    "windows-line-endings",
    "wrong-type",
    "yaml-directive",
    "yaml-syntax",
    "yaml-tag",
];

fn policies(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn checked(path: &Path) -> (Vec<Diagnostic>, String) {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut sink = Sink::new();
    let source = parse::decode(&name, fs::read(path).expect("the file can be read"), &mut sink);
    let found = pipeline::check(&source, sink).expect("no fault of the compiler");
    let text = render::human(&source, &found);
    (found, text)
}

#[test]
fn cases() {
    for path in policies("cases") {
        let (_, text) = checked(&path);
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        insta::with_settings!(
            {
                snapshot_path => "snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            },
            { insta::assert_snapshot!(name, text) }
        );
    }
}

#[test]
fn every_code_has_a_case_that_shows_it() {
    let mut cases = BTreeSet::new();
    for path in policies("cases") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let (found, text) = checked(&path);
        assert!(
            found.iter().any(|finding| name.starts_with(finding.code))
                || !CODES.contains(&name.as_str()),
            "{text}"
        );
        let hidden = |character: char| character.is_control() && character != '\n';
        assert!(!text.contains(hidden), "{name}: {text:?}");
        cases.insert(name);
    }
    for code in CODES {
        assert!(cases.contains(*code), "{code} has no case");
    }
}

#[test]
fn corpus_has_no_errors() {
    for path in policies("corpus") {
        let (found, text) = checked(&path);
        assert!(found.iter().all(|finding| finding.severity < Severity::Error), "{text}");
    }
}
