//! `purplec fmt`: what it writes, and what it leaves alone.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::run::{piped, purplec, scratch, text};

const UNTIDY: &str = "network: {isolated: true}  # c\nname: \"a\"\n";
const TIDY: &str = "name: a\nnetwork: {isolated: true}  # c\n";

#[test]
fn fmt_writes_what_is_not_in_style_and_names_it() {
    let directory = scratch();
    let at = directory.path();
    fs::write(at.join("untidy"), UNTIDY).expect("write");
    fs::write(at.join("tidy"), TIDY).expect("write");
    fs::set_permissions(at.join("untidy"), fs::Permissions::from_mode(0o640)).expect("chmod");
    let output = purplec(&["fmt", "--check", "untidy", "tidy"], at);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        "untidy: not formatted; `purplec fmt` formats it\n"
    );
    let output = purplec(&["fmt", "--diff", "untidy", "tidy"], at);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        "--- untidy\n+++ untidy (formatted)\n@@ -1,2 +1,2 @@\n+name: a\n network: {isolated: true}  # c\n-name: \"a\"\n"
    );
    assert_eq!(
        fs::read_to_string(at.join("untidy")).expect("read"),
        UNTIDY,
        "nothing is written"
    );
    let output = purplec(&["fmt", "untidy", "tidy"], at);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), "untidy: formatted\n".into())
    );
    assert_eq!(fs::read_to_string(at.join("untidy")).expect("read"), TIDY);
    let mode = fs::metadata(at.join("untidy"))
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640, "it stays as private as it was");
    let output = purplec(&["fmt", "--check", "untidy", "tidy"], at);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), String::new())
    );
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let directory = scratch();
    let at = directory.path();
    let broken = "name: a\nname: b\n";
    fs::write(at.join("broken"), broken).expect("write");
    fs::write(at.join("untidy"), UNTIDY).expect("write");
    for option in [&["fmt"][..], &["fmt", "--check"], &["fmt", "--diff"]] {
        let output = purplec(&[option, &["broken", "missing"]].concat(), at);
        assert_eq!(output.status.code(), Some(2), "a file that is not there");
        let says = text(&output.stderr);
        assert!(says.contains("broken:2:1: error[duplicate-key]"), "{says}");
        assert!(
            says.contains("missing: error: there is no such file"),
            "{says}"
        );
    }
    assert_eq!(
        purplec(&["fmt", "broken", "untidy"], at).status.code(),
        Some(1)
    );
    assert_eq!(fs::read_to_string(at.join("broken")).expect("read"), broken);
    assert_eq!(
        fs::read_to_string(at.join("untidy")).expect("read"),
        TIDY,
        "the others go on"
    );
}

#[test]
fn fmt_is_a_filter_for_standard_input() {
    let directory = scratch();
    for (input, prints, status) in [(UNTIDY, TIDY, 0), (TIDY, TIDY, 0), ("a: [", "", 1)] {
        let output = piped(&["fmt", "-"], directory.path(), input);
        assert_eq!(
            (output.status.code(), text(&output.stdout)),
            (Some(status), prints.to_owned())
        );
    }
}
