//! Fixes: applied to the text that shows a finding, the finding is gone.

use super::{compiled, policies};
use purple_tests::repository::root;
use purplec::diagnostics::{Applicability, Diagnostic, Severity, fix};
use purplec::fix::fix_all;
use purplec::pipeline::Options;
use purplec::{diagnostics::Sink, parse};
use std::collections::BTreeSet;
use std::fs;

/// The codes whose findings have a fix in a case or on their page.
const WITH_FIX: [&str; 23] = [
    "address-overlap",
    "ambiguous-scalar",
    "byte-order-mark",
    "carriage-return",
    "conflicting-spellings",
    "control-character",
    "duplicate-item",
    "duplicate-path",
    "empty-value",
    "errno-unknown",
    "extends-unknown-profile",
    "group-unknown",
    "invisible-character",
    "older-spelling",
    "port-overlap",
    "syscall-duplicate",
    "syscall-unknown",
    "syscall-unknown-denied",
    "tab-indentation",
    "unknown-capability",
    "unknown-key",
    "unknown-value",
    "windows-line-endings",
];

/// The cases, and the first policy of each page.
fn texts() -> Vec<(String, Vec<u8>)> {
    let mut texts: Vec<(String, Vec<u8>)> = policies("tests/spec/cases")
        .iter()
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(path).expect("the file can be read"))
        })
        .collect();
    for code in purplec::diagnostics::pages::codes() {
        let page = root().join(format!("docs/diagnostics/{code}.md"));
        let page = fs::read_to_string(page).expect("the page can be read");
        let policy = page
            .split("```yaml\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        if let Some(policy) = policy.filter(|_| !page.contains("\nexample: none")) {
            texts.push((code.to_owned(), policy.as_bytes().to_vec()));
        }
    }
    texts
}

/// Each finding with a fix, alone: afterwards there is one finding of its code less.
#[test]
fn a_fix_takes_its_finding_away() {
    let mut seen = BTreeSet::new();
    for (name, text) in texts() {
        let (outcome, before) = compiled(&name, &text);
        for found in outcome
            .diagnostics
            .iter()
            .filter(|found| found.fix.is_some())
        {
            let source = &outcome.sources.policy().text;
            let fixed = fix::apply(source, std::slice::from_ref(found), true);
            let fixed = fixed.unwrap_or_else(|| panic!("{name}: nothing is changed:\n{before}"));
            let (after, text) = compiled(&name, fixed.text.as_bytes());
            let count =
                |all: &[Diagnostic]| all.iter().filter(|one| one.code == found.code).count();
            assert!(
                count(&after.diagnostics) < count(&outcome.diagnostics),
                "{name}: `{}` is still there in\n{}\n{before}\nnow:\n{text}",
                found.code,
                fixed.text
            );
            seen.insert(found.code);
        }
    }
    let missing: Vec<_> = WITH_FIX
        .iter()
        .filter(|code| !seen.contains(*code))
        .collect();
    assert!(missing.is_empty(), "no case shows a fix for {missing:?}");
}

/// Rounds end when no safe fix is left, and a policy that compiles does so afterwards.
#[test]
fn safe_fixes_leave_no_safe_fix_and_no_less() {
    for (name, text) in texts() {
        let mut sink = Sink::new();
        let source = parse::decode(&name, text, &mut sink);
        let whole = !sink.has_errors();
        let (before, shown) = compiled(&name, source.text.as_bytes());
        let fixed =
            fix_all(&source, &Options::default(), sink, false).expect("the compiler has no defect");
        let left = fixed.outcome.diagnostics.iter().filter(|found| {
            found
                .fix
                .as_ref()
                .is_some_and(|fix| fix.applicability == Applicability::Safe)
        });
        let syntax = before
            .diagnostics
            .iter()
            .any(|found| found.code == "yaml-syntax");
        assert!(left.count() == 0 || !whole || syntax, "{name}:\n{shown}");
        assert!(
            !whole || fixed.outcome.plan.is_some() || before.plan.is_none(),
            "{name}"
        );
        if fixed.applied.is_empty() {
            assert_eq!(fixed.source.text, source.text, "{name}");
        }
        if whole && before.plan.is_some() {
            let errors = |all: &[Diagnostic]| all.iter().any(|one| one.severity == Severity::Error);
            assert!(!errors(&fixed.outcome.diagnostics), "{name}");
        }
    }
}

#[test]
fn a_text_that_is_not_yaml_stays_as_it_is() {
    for text in [
        "name: a\r\nnetwork: [\r\n",
        "\u{feff}name: 'a\n",
        "name: a\r\nx: \u{fffd}: : [\n",
    ] {
        let mut sink = Sink::new();
        let source = parse::decode("p", text.into(), &mut sink);
        let fixed =
            fix_all(&source, &Options::default(), sink, true).expect("the compiler has no defect");
        assert_eq!((fixed.source.text.as_str(), fixed.applied.len()), (text, 0));
    }
    let mut sink = Sink::new();
    let source = parse::decode("p", b"name: a\r\nx: \xff\n".to_vec(), &mut sink);
    let fixed =
        fix_all(&source, &Options::default(), sink, true).expect("the compiler has no defect");
    assert!(fixed.applied.is_empty(), "what the byte was is not known");
}

#[test]
fn one_fix_leads_to_another() {
    let text = "nam: a\r\nnetwork: {isolated: yes, allow_outgoing: [443]}\r\n";
    let source = parse::decode("p", text.into(), &mut Sink::new());
    let fixed = fix_all(&source, &Options::default(), Sink::new(), true)
        .expect("the compiler has no defect");
    assert_eq!(
        fixed.source.text,
        "name: a\nnetwork: {isolated: true, allowed_outgoing_ports: [443]}\n"
    );
    let codes: Vec<_> = fixed.applied.keys().copied().collect();
    assert_eq!(
        codes,
        [
            "ambiguous-scalar",
            "older-spelling",
            "unknown-key",
            "windows-line-endings",
            "wrong-type"
        ]
    );
}
