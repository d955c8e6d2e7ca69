//! `purplec explain` and `--help`.

use std::path::Path;

use crate::run::{purplec, text};

#[test]
fn every_code_is_explained() {
    let at = Path::new(".");
    let list = text(&purplec(&["explain", "--list"], at).stdout);
    let codes: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(codes.len() >= 60, "{list}");
    for code in ["unknown-key", "error[unknown-key]", "Unknown_Key"] {
        let page = purplec(&["explain", code], at);
        let shown = text(&page.stdout);
        assert_eq!(page.status.code(), Some(0), "{code}");
        assert!(
            shown.starts_with("unknown-key\n\nSeverity: error\n"),
            "{shown}"
        );
        assert!(
            shown.contains("\n    name: ") && !shown.contains("```"),
            "{shown}"
        );
    }
    for code in codes {
        let page = text(&purplec(&["explain", code], at).stdout);
        assert!(page.starts_with(&format!("{code}\n")), "{page}");
    }
    let unknown = purplec(&["explain", "unknown-kye"], at);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        text(&unknown.stderr),
        "purplec: error: no diagnostic has the code `unknown-kye`\n  help: did you mean `unknown-key`?\n"
    );
    let strange = text(&purplec(&["explain", "\u{1b}[31mzzzzzzzzzz"], at).stderr);
    assert!(
        strange.contains("--list") && !strange.contains('\u{1b}'),
        "{strange}"
    );
}

#[test]
fn help_says_how_a_run_ends() {
    for arguments in [
        &["--help"][..],
        &["check", "--help"],
        &["compile", "--help"],
    ] {
        let help = text(&purplec(arguments, Path::new(".")).stdout);
        assert!(
            help.contains("Exit codes:\n  0  ") && help.contains("\n  1  "),
            "{help}"
        );
        assert!(help.lines().all(|line| line.len() <= 100), "{help}");
    }
}
