//! The binary at its edges: files that are no policies, outputs that cannot be written, exit codes.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{GOOD, purplec, scratch, text};

#[track_caller]
fn unreadable(name: &str, directory: &Path, says: &str) {
    for arguments in [&["check", name][..], &["compile", name, "-o", "out.plan"]] {
        let output = purplec(arguments, directory);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stderr), format!("{says}\n"), "{arguments:?}");
        assert!(!directory.join("out.plan").exists());
    }
}

#[test]
fn files_that_cannot_be_read() {
    let directory = scratch();
    let at = directory.path();
    fs::create_dir(at.join("dir")).expect("mkdir");
    fs::write(at.join("file"), GOOD).expect("write");
    symlink("nowhere", at.join("dangling")).expect("symlink");
    symlink("loop", at.join("loop")).expect("symlink");
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&at.join("fifo"), mode).expect("mkfifo");
    let socket = UnixListener::bind(at.join("socket")).expect("bind");

    unreadable("missing", at, "missing: error: there is no such file");
    unreadable("dangling", at, "dangling: error: there is no such file");
    unreadable(
        "file/x",
        at,
        "file/x: error: part of the path is not a directory",
    );
    // `check` takes a directory: see `check.rs`.
    let compiled = purplec(&["compile", "dir", "-o", "out.plan"], at);
    assert_eq!(
        text(&compiled.stderr),
        "dir: error: this is a directory, not a file\n"
    );
    assert_eq!(compiled.status.code(), Some(2));
    unreadable("fifo", at, "fifo: error: this is a FIFO, not a file");
    unreadable("socket", at, "socket: error: this is a socket, not a file");
    unreadable(
        "/dev/zero",
        at,
        "/dev/zero: error: this is a device, not a file",
    );
    assert_eq!(purplec(&["check", "loop"], at).status.code(), Some(2));
    unreadable(
        "a\u{1b}[31m\n",
        at,
        "a\\u{1b}[31m\\u{a}: error: there is no such file",
    );
    if !nix::unistd::Uid::effective().is_root() {
        fs::set_permissions(at.join("file"), fs::Permissions::from_mode(0o000)).expect("chmod");
        unreadable("file", at, "file: error: permission denied");
    }
    drop(socket);
}

#[test]
fn a_link_to_a_file_is_a_file() {
    let directory = scratch();
    fs::write(directory.path().join("file"), GOOD).expect("write");
    symlink("file", directory.path().join("link")).expect("symlink");
    assert_eq!(
        purplec(&["check", "link"], directory.path()).status.code(),
        Some(0)
    );
}

#[test]
fn content_errors_have_line_and_column() {
    let directory = scratch();
    for (bytes, place, code) in [
        (&b"name: a\nx: \xff\n"[..], "2:4", "invalid-utf8"),
        (b"", "1:1", "empty-document"),
        (b"# only a comment\n", "1:1", "empty-document"),
        (
            "é".repeat((1 << 19) + 1).as_bytes(),
            "1:1",
            "input-too-large",
        ),
        (b"\xff\xfen\0:\0 \0a\0", "1:1", "invalid-utf8"),
        (b"\xfe\xff\0n\0:\0 \0a", "1:1", "invalid-utf8"),
        (
            b"name: a\nnetwork:\n\tisolated: true\n",
            "3:1",
            "tab-indentation",
        ),
        (b"name: a\nname: b\n", "2:1", "duplicate-key"),
        (b"name: a\0b\n", "1:8", "control-character"),
        (b"name: [\n", "2:1", "yaml-syntax"),
        (
            "# é\nname: a\u{202e}\n".as_bytes(),
            "2:8",
            "invisible-character",
        ),
    ] {
        fs::write(directory.path().join("p.yaml"), bytes).expect("write");
        let output = purplec(&["check", "p.yaml"], directory.path());
        let stdout = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{code}");
        assert!(
            stdout.contains(&format!("p.yaml:{place}: error[{code}]: ")),
            "{stdout}"
        );
        assert!(!stdout.contains(['\u{202e}', '\0', '\u{1b}']));
        let output = purplec(&["compile", "p.yaml", "-o", "p.plan"], directory.path());
        assert_eq!(output.status.code(), Some(1), "{code}");
        assert!(text(&output.stderr).contains(code));
        assert!(!directory.path().join("p.plan").exists());
    }
}

#[test]
fn standard_input() {
    for (input, code, says) in [
        (GOOD.to_owned(), 0, "1 file checked: nothing found\n"),
        ("nam: a\n".to_owned(), 1, "<stdin>:1:1: error[unknown-key]"),
        (
            "name: a\nextends: base\n".to_owned(),
            0,
            "1 file checked: nothing found\n",
        ),
        (
            "name: a\nextends: ./x\n".to_owned(),
            1,
            "<stdin>:2:10: error[extends-unreadable]",
        ),
        (
            String::new(),
            1,
            "<stdin>:1:1: error[empty-document]: the policy is empty\n",
        ),
        (
            "#".repeat(2 << 20),
            1,
            "<stdin>:1:1: error[input-too-large]: the policy is larger than",
        ),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_purplec"))
            .args(["check", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A child that has read enough closes the pipe.
        let written = stdin.write_all(input.as_bytes());
        // Nobody reads on behind the cap.
        assert!(written.is_ok() || input.len() > 1 << 20);
        drop(stdin);
        let output = child.wait_with_output().expect("the binary ends");
        assert_eq!(output.status.code(), Some(code));
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(all.contains(says), "{all}");
    }
}

#[test]
fn exit_codes() {
    let directory = scratch();
    let at = directory.path();
    fs::write(at.join("good"), GOOD).expect("write");
    fs::write(at.join("note"), "name: a\nresources: {timeout: 5}\n").expect("write");
    fs::write(at.join("warning"), "name: a\r\n").expect("write");
    fs::write(at.join("error"), "nam: a\n").expect("write");
    for (arguments, code) in [
        (&["check", "good"][..], 0),
        (&["check", "note"], 0),
        (&["check", "note", "--deny", "warnings"], 0),
        (&["check", "warning"], 0),
        (&["check", "--deny", "warnings", "warning"], 1),
        (&["check", "error"], 1),
        (&["check", "good", "error", "good"], 1),
        (&["check", "error", "missing"], 2),
        (&["check"], 2),
        (&["frobnicate"], 2),
        (&["compile", "good"], 2),
        (&["check", "--format", "no", "good"], 2),
        (&["--version"], 0),
        (&["--help"], 0),
        (&["schema"], 0),
    ] {
        assert_eq!(
            purplec(arguments, at).status.code(),
            Some(code),
            "{arguments:?}"
        );
    }
    let output = purplec(&["check", "error", "missing", "good"], at);
    assert!(text(&output.stdout).contains("error:1:1: error[unknown-key]"));
    assert!(text(&output.stderr).contains("missing: error: "));
}

#[test]
fn the_schema_is_printed() {
    let output = purplec(&["schema"], Path::new("."));
    let checked_in = include_str!("../../../schema/policy/policy.schema.json");
    assert!(text(&output.stdout) == checked_in);
    let output = purplec(&["schema", "--of", "diagnostics"], Path::new("."));
    let checked_in = include_str!("../../../schema/diagnostics.schema.json");
    assert!(text(&output.stdout) == checked_in);
}

#[test]
fn output_is_whole_or_absent() {
    let directory = scratch();
    let at = directory.path();
    fs::write(at.join("p.yaml"), GOOD).expect("write");
    fs::create_dir(at.join("dir")).expect("mkdir");
    fs::write(at.join("old"), "old").expect("write");
    symlink("old", at.join("link")).expect("symlink");
    symlink("nowhere", at.join("dangling")).expect("symlink");
    let emit = |to: &str| purplec(&["compile", "p.yaml", "--emit", "policy", "-o", to], at);

    for (to, says) in [
        (
            "dir",
            "dir: error: this is a directory; it is not overwritten\n",
        ),
        (
            "/dev/full",
            "/dev/full: error: this is a device; it is not overwritten\n",
        ),
        (
            "dangling",
            "dangling: error: this is a symbolic link; it is not followed: remove it, or name the file itself\n",
        ),
        (
            "link",
            "link: error: this is a symbolic link; it is not followed: remove it, or name the file itself\n",
        ),
        ("none/x", "none/x: error: its directory does not exist\n"),
        (
            "dir/..",
            "dir/..: error: this is a directory; it is not overwritten\n",
        ),
    ] {
        let output = emit(to);
        assert_eq!(
            (output.status.code(), text(&output.stderr)),
            (Some(2), says.to_owned())
        );
    }
    assert_eq!(fs::read_to_string(at.join("old")).expect("read"), "old");
    for to in ["new", "old"] {
        assert_eq!(emit(to).status.code(), Some(0), "{to}");
        let written = fs::read_to_string(at.join(to)).expect("read");
        assert!(written.contains("\"name\": \"good\""), "{written}");
    }
    assert!(
        fs::symlink_metadata(at.join("link"))
            .expect("stat")
            .is_symlink()
    );
    let mut names: Vec<_> = fs::read_dir(at)
        .expect("list")
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    names.sort();
    assert_eq!(names, ["dangling", "dir", "link", "new", "old", "p.yaml"]);
    assert!(text(&emit("-").stdout).contains("\"name\": \"good\""));
}

#[test]
fn a_reader_that_leaves_early_is_no_panic() {
    for arguments in [&["schema"][..], &["--help"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_purplec"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let mut stderr = String::new();
        let mut pipe = child.stderr.take().expect("a pipe");
        pipe.read_to_string(&mut stderr).expect("read");
        assert_eq!(stderr, "");
        assert_eq!(child.wait().expect("the binary ends").code(), Some(0));
    }
}

#[test]
fn the_same_policy_gives_the_same_bytes_from_elsewhere() {
    let (here, there) = (scratch(), scratch());
    let policy = "name: a\nfilesystem:\n  scratch_paths: [/tmp]\nenvironment:\n  pass: [LANG]\n";
    fs::write(here.path().join("policy.yaml"), policy).expect("write");
    fs::create_dir(there.path().join("deep")).expect("mkdir");
    let other = there.path().join("deep/renamed.yml");
    fs::write(&other, policy).expect("write");
    let other = other.to_str().expect("a path of text");
    let first = purplec(&["compile", "policy.yaml", "-o", "a.plan"], here.path());
    let second = purplec(&["compile", other, "-o", "b.plan"], there.path());
    assert_eq!(
        (first.status.code(), second.status.code()),
        (Some(0), Some(0))
    );
    let first = fs::read(here.path().join("a.plan")).expect("a plan");
    let second = fs::read(there.path().join("b.plan")).expect("a plan");
    assert!(!first.is_empty());
    assert!(first == second, "the plans differ");
}

#[test]
fn architectures_that_a_plan_can_be_for() {
    let directory = scratch();
    let at = directory.path();
    fs::write(at.join("p"), GOOD).expect("write");
    let once = purplec(&["compile", "p", "-o", "-", "--arch", "x86_64,aarch64"], at);
    let twice = purplec(
        &["compile", "p", "-o", "-", "--arch", "aarch64,x86_64,arm64"],
        at,
    );
    assert_eq!(once.status.code(), Some(0), "{}", text(&once.stderr));
    assert!(
        once.stdout == twice.stdout,
        "order and repetition must not matter"
    );
    for (name, says) in [
        ("x32", "under `architectures`"),
        ("x68", "no architecture is called"),
    ] {
        let output = purplec(&["compile", "p", "-o", "-", "--arch", name], at);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(
            text(&output.stderr).contains(says),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn the_back_end_libseccomp_is_proven_or_absent_with_a_reason() {
    let directory = scratch();
    fs::write(directory.path().join("good.yaml"), GOOD).expect("a policy");
    let plan = directory.path().join("good.plan");
    let arguments = [
        "compile",
        "good.yaml",
        "-o",
        "good.plan",
        "--backend",
        "libseccomp",
    ];
    let output = purplec(&arguments, directory.path());
    if cfg!(feature = "libseccomp") && cfg!(target_arch = "x86_64") {
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let verified = purplec(&["verify", "good.plan"], directory.path());
        assert_eq!(
            verified.status.code(),
            Some(0),
            "{}",
            text(&verified.stderr)
        );
    } else if !cfg!(feature = "libseccomp") {
        let says = "error: this purplec is built without libseccomp; \
            build it with `cargo build -p purplec --features libseccomp`\n";
        assert_eq!(
            (output.status.code(), text(&output.stderr)),
            (Some(2), says.to_owned())
        );
        assert!(!plan.exists());
    }
}

/// The day comes in from outside, and nothing of it gets into a plan.
#[test]
fn the_day_decides_about_grants_and_not_about_plans() {
    let directory = scratch();
    let at = directory.path();
    let grant = "{syscall: read, reason: input, expires: 2026-01-31}";
    fs::write(
        at.join("p"),
        format!("name: a\nsyscalls: {{allow: [{grant}]}}\n"),
    )
    .expect("write");
    let on = |epoch: &str, arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_purplec"))
            .args(arguments)
            .current_dir(at)
            .env("SOURCE_DATE_EPOCH", epoch)
            .output()
            .expect("the binary runs")
    };
    // 2026-01-31, 2026-02-01, and 2025-01-01.
    let (last, after, early) = ("1769900399", "1769904000", "1735689600");
    let expired = on(after, &["check", "p"]);
    assert_eq!(expired.status.code(), Some(1));
    assert!(
        text(&expired.stdout).contains("error[grant-expired]"),
        "{}",
        text(&expired.stdout)
    );
    let soon = on(last, &["check", "p"]);
    assert_eq!(soon.status.code(), Some(0));
    assert!(
        text(&soon.stdout).contains("today is its last day"),
        "{}",
        text(&soon.stdout)
    );
    let found = text(&on(early, &["check", "p"]).stdout);
    assert!(
        !found.contains("grant-") && found.contains("1 file checked"),
        "{found}"
    );
    assert_eq!(
        on(last, &["compile", "p", "-o", "last"]).status.code(),
        Some(0)
    );
    assert_eq!(
        on(early, &["compile", "p", "-o", "early"]).status.code(),
        Some(0)
    );
    assert_eq!(
        on(after, &["compile", "p", "-o", "after"]).status.code(),
        Some(1)
    );
    let plan = |name: &str| fs::read(at.join(name)).ok();
    assert!(plan("last").is_some_and(|plan| plan.len() > 1000));
    assert_eq!(plan("last"), plan("early"));
    assert_eq!(plan("after"), None);
    let wrong = on("today", &["check", "p"]);
    assert_eq!(wrong.status.code(), Some(2));
    let message = "purplec: SOURCE_DATE_EPOCH is not a number of seconds: today\n";
    assert_eq!(text(&wrong.stderr), message);
}
#[test]
fn a_plan_does_not_take_the_place_of_a_policy() {
    let directory = scratch();
    let at = directory.path();
    let (policy, parent) = ("name: a\nextends: ./b.yaml\n", "name: b\nextends: base\n");
    fs::write(at.join("a.yaml"), policy).expect("write");
    fs::write(at.join("b.yaml"), parent).expect("write");
    symlink("a.yaml", at.join("link")).expect("symlink");
    for to in ["a.yaml", "./a.yaml", "link", "b.yaml"] {
        let output = purplec(&["compile", "a.yaml", "-o", to], at);
        assert_eq!(output.status.code(), Some(2), "{to}");
        let says = text(&output.stderr);
        assert!(
            says.contains("this is the policy that is compiled; it is not overwritten"),
            "{says}"
        );
    }
    assert_eq!(fs::read_to_string(at.join("a.yaml")).expect("read"), policy);
    assert_eq!(fs::read_to_string(at.join("b.yaml")).expect("read"), parent);
}
