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
        [
            "dangerous-call-allowed",
            "suppression-unused",
            "entry-without-effect"
        ]
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
fn a_comment_on_the_line_of_a_block_is_none_of_its_text() {
    for header in ["|-", ">", "|2+", "&token |-", "&token\n      |-"] {
        let with = |comment: &str| {
            codes(&format!(
                "name: a\nenvironment:\n  set:\n    # purple: {comment}\n    X_TOKEN: {header} # purple: {comment}\n        # purple: text\n        abc\n"
            ))
        };
        let found = with("allow[secret-in-plan] of a test");
        // One of the two is heard, and the other one is known.
        assert_eq!(found, ["suppression-unused"], "{header}");
        let found = with("nonsense");
        let malformed = found
            .iter()
            .filter(|code| **code == "suppression-malformed");
        assert_eq!(malformed.count(), 2, "{header}: {found:?}");
    }
}

/// What is found, by code and message.
fn said(text: &str) -> Vec<(&'static str, String)> {
    let found = outcome(text).diagnostics.into_iter();
    found.map(|one| (one.code, one.message)).collect()
}

#[test]
fn a_comment_lets_stand_what_its_own_line_names() {
    let ptrace = "ptrace # purple: allow[dangerous-call-allowed] gdb on own children";
    let with = |more: &[&str]| {
        let calls = [&["'@libc-start'", ptrace], more].concat();
        format!(
            "name: a\nsyscalls:\n  allow:\n    - {}\n",
            calls.join("\n    - ")
        )
    };
    assert_eq!(said(&with(&[])), []);
    let outcome = outcome(&with(&["process_vm_readv", "process_vm_writev"]));
    let [found] = outcome.diagnostics.as_slice() else {
        unreachable!("{:?}", outcome.diagnostics)
    };
    assert_eq!(found.code, "dangerous-call-allowed");
    assert!(
        found
            .message
            .starts_with("`process_vm_readv` and `process_vm_writev` are allowed: "),
        "{}",
        found.message
    );
    assert_eq!(found.related.len(), 1, "{found:?}");
    let [stands] = outcome.suppressed.as_slice() else {
        unreachable!("{:?}", outcome.suppressed)
    };
    assert!(
        stands
            .diagnostic
            .message
            .starts_with("`ptrace` is allowed: "),
        "{stands:?}"
    );
}

#[test]
fn a_comment_at_the_key_of_a_list_lets_none_of_its_entries_stand() {
    let text = "name: a\nsyscalls:\n  # purple: allow[baseline-opened] of the build\n  allow:\n    - '@libc-start'\n    - chroot\n    - acct\n";
    assert_eq!(codes(text), ["suppression-unused", "baseline-opened"]);
    let each = "name: a\nsyscalls:\n  allow:\n    - '@libc-start'\n    - chroot # purple: allow[baseline-opened] of the build\n    - acct\n";
    let message = "`acct` is allowed, and denied unless named".to_owned();
    assert_eq!(said(each), [("baseline-opened", message)]);
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

/// A finding about an alias stands where the value is written, so a comment there would let others stand with it.
#[test]
fn a_comment_at_a_value_that_an_alias_repeats_is_an_error() {
    let comment = "# purple: allow[dangerous-call-allowed] a word";
    for text in [
        format!(
            "name: a\nenvironment:\n  set: {{NOTE: &h ptrace}} {comment}\nsyscalls:\n  allow: [\"@default\", *h]\n"
        ),
        format!(
            "name: a\n{comment}\ndescription: &h ptrace\nsyscalls:\n  allow: [\"@default\", *h]\n"
        ),
        format!(
            "name: a\nsyscalls:\n  allow: &l\n    - \"@default\"\n    - ptrace {comment}\n  deny: *l\n"
        ),
    ] {
        let codes: Vec<&str> = said(&text).iter().map(|(code, _)| *code).collect();
        assert!(codes.contains(&"suppression-malformed"), "{text}{codes:?}");
    }
    let plain = format!(
        "name: &n a\nsyscalls:\n  allow:\n    - \"@default\"\n    - ptrace {comment}\ndescription: *n\n"
    );
    assert!(
        said(&plain)
            .iter()
            .all(|(code, _)| *code != "suppression-malformed")
    );
}
