//! Comments that let findings stand.

use super::{codes, outcome};

#[test]
fn findings_stand_where_a_comment_says_why() {
    let text = "name: a\nsyscalls:\n  default_deny: false\n  allow:\n";
    for entry in [
        "    - ptrace # purple: allow[dangerous-call-allowed] debugging\n",
        "    # purple: allow[dangerous-call-allowed] debugging\n    - ptrace\n",
        "    # purple: allow[dangerous-call-allowed] debugging\n    # more words\n    - ptrace\n",
        "    #purple: allow[ dangerous-call-allowed ]: debugging\n    - \"ptrace\"\n",
    ] {
        let found = outcome(&format!("{text}{entry}"));
        assert_eq!(found.diagnostics, [], "{entry}");
        let [one] = found.suppressed.as_slice() else {
            unreachable!("{entry}")
        };
        assert_eq!(
            (one.diagnostic.code, one.reason.as_str()),
            ("dangerous-call-allowed", "debugging")
        );
    }
    let several = "    - ptrace # purple: allow[dangerous-call-allowed, syscall-duplicate] both\n";
    assert_eq!(codes(&format!("{text}{several}")), ["suppression-unused"]);
    assert_eq!(
        codes(&format!(
            "{text}    - ptrace\n    # purple: allow[dangerous-call-allowed] below it\n    - read\n"
        )),
        ["dangerous-call-allowed", "suppression-unused"]
    );
}

#[test]
fn a_hash_inside_a_text_begins_no_comment() {
    for description in [
        "\"x # purple: nonsense\"",
        "'x # purple: nonsense'",
        "x#purple: nonsense",
        "|\n  # purple: nonsense\n  text",
        ">-\n  text\n  # purple: nonsense",
    ] {
        let text = format!("name: a\ndescription: {description}\n");
        let found = codes(&text);
        assert!(
            !found.iter().any(|code| code.starts_with("suppression-")),
            "{text}{found:?}"
        );
    }
    assert_eq!(
        codes("name: a # purple: nonsense\nsyscalls: {allow: ['@default']}\n"),
        ["suppression-malformed"]
    );
}

#[test]
fn an_error_does_not_stand() {
    let found = codes("name: a\nresources:\n  pids_limit: 0 # purple: allow[out-of-range] few\n");
    assert_eq!(found, ["out-of-range", "suppression-of-error"]);
}

#[test]
fn a_suppression_is_read_in_whatever_letters_and_says_why() {
    let with = |comment: &str| {
        codes(&format!(
            "name: a\nsyscalls:\n  default_deny: false\n  allow:\n    - ptrace # {comment}\n"
        ))
    };
    assert_eq!(
        with("Purple: allow[dangerous-call-allowed] debugging"),
        Vec::<&str>::new()
    );
    assert_eq!(
        with("PURPLE: nonsense"),
        ["dangerous-call-allowed", "suppression-malformed"]
    );
    for reason in ["", ".", "--", "!?", "x"] {
        let found = with(&format!("purple: allow[dangerous-call-allowed] {reason}"));
        assert_eq!(found, ["suppression-reason-missing"], "{reason}");
    }
}
