//! `purplec check --fix` and `--diff`: what is written, and what is left alone.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use crate::run::{NOTE, piped, purplec, read, scratch, text, write};

#[test]
fn fixes_are_written_whole_and_keep_the_file() {
    let directory = scratch();
    let at = directory.path();
    write(
        &directory,
        "real/p.yaml",
        "name: a\r\nresources: {timeout: 5} # why\r\n",
    );
    symlink("real/p.yaml", at.join("link.yaml")).expect("symlink");
    let real = at.join("real/p.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("chmod");
    let owner = fs::metadata(&real).expect("stat").uid();

    let diff = purplec(&["check", "--diff", "link.yaml"], at);
    assert_eq!(diff.status.code(), Some(1), "something would change");
    let shown = text(&diff.stdout);
    assert!(
        shown.contains("+resources: {session_timeout_seconds: 5} # why\n"),
        "{shown}"
    );
    assert!(
        read(&directory, "link.yaml").contains('\r'),
        "--diff writes nothing"
    );

    let fixed = purplec(&["check", "--fix", "link.yaml"], at);
    assert_eq!(fixed.status.code(), Some(0), "{}", text(&fixed.stdout));
    let said = "link.yaml: 2 findings fixed: 1 older-spelling, 1 windows-line-endings\n";
    assert_eq!(text(&fixed.stderr), said);
    assert_eq!(text(&fixed.stdout), "1 file checked: nothing found\n");
    assert_eq!(
        read(&directory, "real/p.yaml"),
        "name: a\nresources: {session_timeout_seconds: 5} # why\n"
    );
    assert!(
        fs::symlink_metadata(at.join("link.yaml"))
            .expect("stat")
            .is_symlink()
    );
    let found = fs::metadata(&real).expect("stat");
    assert_eq!((found.mode() & 0o7777, found.uid()), (0o640, owner));
    assert_eq!(
        fs::read_dir(at.join("real")).expect("list").count(),
        1,
        "nothing is left behind"
    );
    let time = found.mtime_nsec();
    assert_eq!(
        text(&purplec(&["check", "--fix", "link.yaml"], at).stderr),
        ""
    );
    assert_eq!(
        fs::metadata(&real).expect("stat").mtime_nsec(),
        time,
        "nothing to do, not written"
    );
}

#[test]
fn unsafe_fixes_are_asked_for() {
    let directory = scratch();
    let at = directory.path();
    let policy = "name: a\nsyscalls: {allow: [raed, read, read], default_deny: true}\n";
    write(&directory, "p.yaml", policy);
    let alone = purplec(&["check", "--unsafe-fixes", "p.yaml"], at);
    assert_eq!(
        alone.status.code(),
        Some(2),
        "nothing is written without --fix"
    );
    assert_eq!(read(&directory, "p.yaml"), policy);
    assert_eq!(
        purplec(&["check", "--fix", "p.yaml"], at).status.code(),
        Some(1)
    );
    assert_eq!(
        read(&directory, "p.yaml"),
        policy.replace(", read, read", ", read")
    );
    assert_eq!(
        purplec(&["check", "--fix", "--unsafe-fixes", "p.yaml"], at)
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        read(&directory, "p.yaml"),
        "name: a\nsyscalls: {allow: [read], default_deny: true}\n"
    );
}

#[test]
fn a_file_that_must_not_change_does_not() {
    let directory = scratch();
    let at = directory.path();
    for (name, policy) in [("syntax.yaml", "name: a\r\nx: [\r\n"), ("only.yaml", NOTE)] {
        write(&directory, name, policy);
    }
    let only = at.join("only.yaml");
    fs::set_permissions(&only, fs::Permissions::from_mode(0o444)).expect("chmod");
    assert_eq!(
        purplec(&["check", "--fix", "--unsafe-fixes", "syntax.yaml"], at)
            .status
            .code(),
        Some(1)
    );
    assert_eq!(read(&directory, "syntax.yaml"), "name: a\r\nx: [\r\n");
    let output = purplec(&["check", "--fix", "only.yaml"], at);
    assert_eq!(output.status.code(), Some(2));
    let says = "only.yaml: error: the file is read-only; it is not changed\n";
    assert_eq!(text(&output.stderr), says);
    assert_eq!(read(&directory, "only.yaml"), NOTE);
}

#[test]
fn standard_input_is_fixed_to_standard_output() {
    let directory = scratch();
    let at = directory.path();
    let output = piped(&["check", "--fix", "-"], at, NOTE);
    assert_eq!(
        text(&output.stdout),
        "name: a\nresources: {session_timeout_seconds: 5}\n"
    );
    assert!(text(&output.stderr).contains("<stdin>: 1 finding fixed: 1 older-spelling\n"));
    assert_eq!(output.status.code(), Some(0));
    let same = piped(&["check", "--fix", "-"], at, "name: [\n");
    assert_eq!(
        (text(&same.stdout).as_str(), same.status.code()),
        ("name: [\n", Some(1))
    );
    write(&directory, "p.yaml", NOTE);
    let both = piped(&["check", "--fix", "-", "p.yaml"], at, NOTE);
    assert_eq!(both.status.code(), Some(2));
    assert_eq!(read(&directory, "p.yaml"), NOTE);
}

/// What `--fix` leaves alone is not offered.
#[test]
fn fixes_of_what_is_not_text_are_not_counted() {
    let directory = scratch();
    let at = directory.path();
    fs::write(at.join("p.yaml"), b"name: [\xda]\n").expect("write");
    let checked = purplec(&["check", "p.yaml"], at);
    let shown = text(&checked.stdout);
    assert!(
        shown.contains("error[invalid-utf8]") && shown.contains("error[wrong-type]"),
        "{shown}"
    );
    assert!(!shown.contains("fix"), "{shown}");
    fs::write(at.join("q.yaml"), b"name: [q]\n").expect("write");
    let checked = purplec(&["check", "q.yaml"], at);
    assert!(
        text(&checked.stdout).contains("1 safe fix"),
        "{}",
        text(&checked.stdout)
    );
}
