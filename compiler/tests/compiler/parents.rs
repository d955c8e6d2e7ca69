//! Policies that extend files: beside the policy, unreadable, in a cycle.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use crate::run::{GOOD, purplec, scratch, text};

#[test]
fn parents_are_files_beside_the_policy() {
    let directory = scratch();
    let at = directory.path();
    for name in ["team/deep", "other"] {
        fs::create_dir_all(at.join(name)).expect("mkdir");
    }
    fs::write(
        at.join("team/deep/p.yaml"),
        "name: p\nextends: ../base.yml\n",
    )
    .expect("write");
    fs::write(
        at.join("team/base.yml"),
        "name: b\nextends: base\nresources: {pids_limit: 7}\n",
    )
    .expect("write");
    let full = |from: &str, policy: &str| {
        let output = purplec(&["compile", policy, "--emit=resolved"], &at.join(from));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let here = full(".", "team/deep/p.yaml");
    assert!(here.contains("# team/deep/../base.yml:3\n"), "{here}");
    assert!(full("team/deep", "p.yaml").contains("# ../base.yml:3\n"));
    // The plan does not depend on where the compiler runs, nor on how the policy is named.
    let plan = |from: &str, policy: &str| {
        let to = at.join("out.plan");
        let to = to.to_string_lossy();
        let output = purplec(&["compile", policy, "-o", &to], &at.join(from));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        fs::read(at.join("out.plan")).expect("a plan")
    };
    let first = plan(".", "team/deep/p.yaml");
    assert_eq!(plan("team/deep", "./p.yaml"), first);
    assert_eq!(plan("other", "../team/deep/p.yaml"), first);
    // A link is a way to a file; what a policy extends is beside the link.
    symlink("../team/deep/p.yaml", at.join("other/p.yaml")).expect("symlink");
    fs::copy(at.join("team/base.yml"), at.join("base.yml")).expect("copy");
    assert_eq!(plan("other", "p.yaml"), first);
}

#[test]
fn parents_that_cannot_be_read() {
    let directory = scratch();
    let at = directory.path();
    fs::create_dir(at.join("dir")).expect("mkdir");
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&at.join("fifo"), mode).expect("mkfifo");
    let socket = UnixListener::bind(at.join("socket")).expect("bind");
    fs::write(at.join("file"), GOOD).expect("write");
    fs::write(at.join("large"), "#".repeat((1 << 20) + 1)).expect("write");
    symlink("loop", at.join("loop")).expect("symlink");
    symlink("/dev/zero", at.join("zero")).expect("symlink");
    for (parent, says) in [
        ("./missing", "there is no such file"),
        ("./dir", "this is a directory, not a file"),
        ("./fifo", "this is a FIFO, not a file"),
        ("./socket", "this is a socket, not a file"),
        ("./zero", "this is a device, not a file"),
        ("./file/x", "part of the path is not a directory"),
        (
            "./large",
            "the file is larger than 1 MiB, the limit for a policy",
        ),
        ("./loop", ""),
    ] {
        fs::write(at.join("p.yaml"), format!("name: a\nextends: {parent}\n")).expect("write");
        let output = purplec(&["check", "p.yaml"], at);
        let stdout = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{stdout}");
        let place =
            format!("p.yaml:2:10: error[extends-unreadable]: `{parent}` cannot be read: {says}");
        assert!(stdout.contains(&place), "{stdout}");
    }
    drop(socket);
    fs::write(at.join("empty"), "").expect("write");
    fs::write(at.join("bytes"), b"name: a\nx: \xff\n").expect("write");
    for (parent, says) in [
        ("./empty", "./empty:1:1: error[empty-document]"),
        ("./bytes", "./bytes:2:4: error[invalid-utf8]"),
    ] {
        fs::write(at.join("p.yaml"), format!("name: a\nextends: {parent}\n")).expect("write");
        let output = purplec(&["check", "p.yaml"], at);
        let stdout = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{stdout}");
        assert!(
            stdout.contains("p.yaml:2:10: error[extends-broken]"),
            "{stdout}"
        );
        assert!(stdout.contains(says), "{stdout}");
    }
}

/// Two ways to one file are one file.
#[test]
fn a_cycle_through_a_link_is_a_cycle() {
    let directory = scratch();
    let at = directory.path();
    fs::write(at.join("p.yaml"), "name: a\nextends: ./link.yaml\n").expect("write");
    symlink("p.yaml", at.join("link.yaml")).expect("symlink");
    let output = purplec(&["check", "p.yaml"], at);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(
        stdout.contains("error[extends-cycle]: the policy extends itself\n"),
        "{stdout}"
    );
}
