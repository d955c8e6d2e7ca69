//! `purplec check` as people and programs call it: formats, colours, many files, directories.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{COLOUR, NOTE, command, purplec, scratch, text, write};

/// Runs a command line on a terminal of so many columns; `None` where script(1) is not there.
fn on_terminal(columns: u16, before: &str, directory: &Path) -> Option<String> {
    let line = format!(
        "stty cols {columns} rows 40; {before} '{}' check p.yaml",
        env!("CARGO_BIN_EXE_purplec")
    );
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .current_dir(directory)
        .stdin(Stdio::null());
    for name in COLOUR {
        command.env_remove(name);
    }
    let output = command
        .env("TERM", "xterm")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .ok()?;
    Some(text(&output.stdout))
}

#[test]
fn colour_follows_the_terminal_and_the_environment() {
    let directory = scratch();
    write(&directory, "p.yaml", NOTE);
    let at = directory.path();
    let coloured = |arguments: &[&str], set: &[(&str, &str)]| {
        let mut command = command(arguments, at);
        command.envs(set.iter().copied());
        text(&command.output().expect("the binary runs").stdout).contains('\u{1b}')
    };
    assert!(!coloured(&["check", "p.yaml"], &[]));
    assert!(coloured(
        &["check", "--color", "always", "p.yaml"],
        &[("NO_COLOR", "1")]
    ));
    assert!(coloured(&["check", "p.yaml"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["check", "p.yaml"], &[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(
        &["check", "p.yaml"],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(!coloured(
        &["check", "--color", "never", "p.yaml"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    for format in ["json", "sarif", "github"] {
        assert!(!coloured(
            &["check", "--color", "always", "--format", format, "p.yaml"],
            &[]
        ));
    }
}

#[test]
fn a_terminal_gets_a_frame_that_fits() {
    let directory = scratch();
    write(&directory, "p.yaml", NOTE);
    let at = directory.path();
    let Some(wide) = on_terminal(90, "", at).filter(|out| out.contains("older-spelling")) else {
        println!("SKIP a_terminal_gets_a_frame_that_fits: script(1) makes no terminal here");
        return;
    };
    assert!(wide.contains('╭') && wide.contains("p.yaml:2:13"), "{wide}");
    assert!(wide.contains("\u{1b}["), "{wide}");
    let plain = on_terminal(90, "NO_COLOR=1", at).unwrap_or_default();
    assert!(plain.contains('╭') && !plain.contains('\u{1b}'), "{plain}");
    let ascii = on_terminal(90, "LC_ALL=C", at).unwrap_or_default();
    assert!(ascii.is_ascii() && ascii.contains(",-["), "{ascii}");
    let dumb = on_terminal(90, "TERM=dumb", at).unwrap_or_default();
    assert!(
        dumb.contains("p.yaml:2:13: note[older-spelling]: "),
        "{dumb}"
    );
    assert!(!dumb.contains('\u{1b}'), "{dumb}");
    let narrow = on_terminal(40, "NO_COLOR=1", at).unwrap_or_default();
    assert!(
        narrow.contains("p.yaml:2:13\r\nnote[older-spelling]\r\n"),
        "{narrow}"
    );
    assert!(!narrow.contains('╭'), "{narrow}");
    let findings = narrow.split("1 safe fix").next().unwrap_or_default();
    assert!(
        findings.lines().all(|line| line.chars().count() <= 40),
        "{narrow}"
    );
}

#[test]
fn how_to_explain_is_said_once() {
    let directory = scratch();
    write(&directory, "a.yaml", NOTE);
    write(&directory, "b.yaml", "nam: b\n");
    let out = text(&purplec(&["check", "a.yaml", "b.yaml"], directory.path()).stdout);
    let end = "1 safe fix: `purplec check --fix` writes them\n\
               `purplec explain unknown-key` says why, and what to write instead\n\
               2 files checked: 1 error, 1 note\n";
    assert!(out.ends_with(end), "{out}");
    assert_eq!(out.matches("purplec explain").count(), 1, "{out}");
    let compiled = purplec(&["compile", "b.yaml", "-o", "b.plan"], directory.path());
    assert!(text(&compiled.stderr).contains("`purplec explain unknown-key`"));
    write(
        &directory,
        "good.yaml",
        "name: a\nsyscalls: {allow: ['@default']}\n",
    );
    let good = text(&purplec(&["check", "good.yaml"], directory.path()).stdout);
    assert_eq!(good, "1 file checked: nothing found\n");
}

#[test]
fn a_document_stays_one_with_files_that_cannot_be_read() {
    let directory = scratch();
    write(&directory, "a.yaml", NOTE);
    write(&directory, "b.yaml", "nam: b\n");
    let files = ["a.yaml", "missing\u{1b}.yaml", "b.yaml"];
    let run = |format| {
        let output = purplec(
            &[&["check", "--format", format][..], &files].concat(),
            directory.path(),
        );
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(text(&output.stderr).contains("missing\\u{1b}.yaml: error: there is no such file"));
        serde_json::from_str::<serde_json::Value>(&text(&output.stdout)).expect("one document")
    };
    let json = run("json");
    assert_eq!(json.pointer("/summary/failures"), Some(&1.into()));
    assert_eq!(
        json.pointer("/failures/0/file"),
        Some(&"missing\u{1b}.yaml".into())
    );
    assert_eq!(
        json.pointer("/findings/1/location/file"),
        Some(&"b.yaml".into())
    );
    let sarif = run("sarif");
    let invocation = sarif
        .pointer("/runs/0/invocations/0")
        .expect("an invocation");
    assert_eq!(invocation.get("executionSuccessful"), Some(&false.into()));
    let compiled = purplec(
        &["compile", "--format", "json", "b.yaml", "-o", "b.plan"],
        directory.path(),
    );
    let json: serde_json::Value =
        serde_json::from_str(&text(&compiled.stderr)).expect("one document");
    assert_eq!(
        json.pointer("/findings/0/code"),
        Some(&"unknown-key".into())
    );
}

/// What no compiler has looked at is no finding, and nothing is said of it but that.
#[test]
fn files_that_cannot_be_checked_have_no_place_in_any_form() {
    let directory = scratch();
    let at = directory.path();
    fs::create_dir(at.join("dir")).expect("mkdir");
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&at.join("fifo"), mode).expect("mkfifo");
    for (file, says) in [
        ("missing.yaml", "there is no such file"),
        ("dir", "there is no policy below this directory"),
        ("fifo", "this is a FIFO, not a file"),
        ("/dev/zero", "this is a device, not a file"),
    ] {
        let run = |format: &str| {
            let output = purplec(&["check", "--format", format, file], at);
            assert_eq!(output.status.code(), Some(2), "{file} {format}");
            assert_eq!(
                text(&output.stderr),
                format!("{file}: error: {says}\n"),
                "{format}"
            );
            text(&output.stdout)
        };
        let json = |format: &str| {
            serde_json::from_str::<serde_json::Value>(&run(format)).expect("a document")
        };
        assert_eq!(run("human"), "1 file could not be checked\n");
        let annotation = format!("::error file={file}::{file}: {says}\n");
        assert_eq!(
            run("github"),
            format!("{annotation}1 file could not be checked\n")
        );
        let value = json("json");
        let failures = serde_json::json!([{"file": file, "message": says}]);
        assert_eq!(value.get("failures"), Some(&failures));
        assert_eq!(value.get("findings"), Some(&serde_json::json!([])));
        let value = json("sarif");
        let note = "/runs/0/invocations/0/toolExecutionNotifications/0";
        let notification = value.pointer(note).expect("a notification");
        assert_eq!(notification.pointer("/message/text"), Some(&says.into()));
        let uri = notification.pointer("/locations/0/physicalLocation/artifactLocation/uri");
        let whole = format!("file://{file}");
        let uri = uri.and_then(serde_json::Value::as_str);
        assert_eq!(
            uri,
            Some(if file.starts_with('/') {
                whole.as_str()
            } else {
                file
            })
        );
    }
    write(
        &directory,
        "good.yaml",
        "name: a\nsyscalls: {allow: ['@default']}\n",
    );
    let both = text(&purplec(&["check", "missing.yaml", "good.yaml"], at).stdout);
    assert_eq!(
        both,
        "1 file checked: nothing found; 1 file could not be checked\n"
    );
    let compiled = purplec(&["compile", "--format", "json", "fifo", "-o", "x.plan"], at);
    let value: serde_json::Value =
        serde_json::from_str(&text(&compiled.stderr)).expect("one document");
    assert_eq!(value.pointer("/failures/0/file"), Some(&"fifo".into()));
    assert_eq!(compiled.status.code(), Some(2));
}

/// What is wrong with a whole text is a finding with its code, and the exit code is 1.
#[test]
fn texts_that_are_no_policy_are_findings_in_every_form() {
    let directory = scratch();
    let large = "é".repeat((1 << 19) + 1);
    for (bytes, code) in [
        (&b""[..], "empty-document"),
        (b"---\n", "empty-document"),
        (large.as_bytes(), "input-too-large"),
        (b"name: \xff\n", "invalid-utf8"),
        (b"\xff\xfen\0a\0m\0e\0:\0 \0a\0\n\0", "invalid-utf8"),
    ] {
        fs::write(directory.path().join("p.yaml"), bytes).expect("write");
        let run = |format: &str| {
            let output = purplec(&["check", "--format", format, "p.yaml"], directory.path());
            assert_eq!(output.status.code(), Some(1), "{code} {format}");
            assert_eq!(text(&output.stderr), "", "{code} {format}");
            text(&output.stdout)
        };
        let json = |format: &str| {
            serde_json::from_str::<serde_json::Value>(&run(format)).expect("a document")
        };
        let human = run("human");
        assert!(human.starts_with("p.yaml:1:"), "{human}");
        assert!(human.contains(&format!("error[{code}]")), "{human}");
        assert!(human.contains("1 file checked: "), "{human}");
        assert!(run("github").contains(&format!(",title={code}::p.yaml:1:")));
        let value = json("json");
        let found = value
            .get("findings")
            .and_then(serde_json::Value::as_array)
            .expect("findings");
        assert!(
            found
                .iter()
                .any(|one| one.get("code") == Some(&code.into())),
            "{found:?}"
        );
        assert_eq!(
            value.pointer("/findings/0/location/file"),
            Some(&"p.yaml".into())
        );
        let value = json("sarif");
        assert_eq!(
            value.pointer("/runs/0/artifacts/0/location/uri"),
            Some(&"p.yaml".into())
        );
        let place = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
        assert_eq!(value.pointer(place), Some(&"p.yaml".into()));
    }
}

/// Many files on many threads: the same bytes each time, in the order given.
#[test]
fn the_same_files_give_the_same_bytes() {
    let directory = scratch();
    let mut files = Vec::new();
    for at in 0..60 {
        let name = format!("{}.yaml", (at * 37) % 60);
        // Some take longer than others.
        let rules = "    - {syscall: ioctl, action: deny}\n".repeat(at % 7 * 20);
        let rules = if rules.is_empty() {
            rules
        } else {
            format!("  advanced_rules:\n{rules}")
        };
        let policy = format!("name: p{at}\nsyscalls:\n  allow: [read, read, raed{at}]\n{rules}");
        write(&directory, &name, &policy);
        files.push(name);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for format in ["human", "json", "sarif", "github"] {
        let arguments = [&["check", "--format", format][..], &files].concat();
        let first = purplec(&arguments, directory.path());
        assert_eq!(first.status.code(), Some(1));
        for _ in 0..3 {
            let again = purplec(&arguments, directory.path());
            assert!(again.stdout == first.stdout, "{format} differs");
        }
        let one_by_one = Command::new("taskset")
            .args(["-c", "0", env!("CARGO_BIN_EXE_purplec")])
            .args(&arguments)
            .current_dir(directory.path())
            .output();
        match one_by_one {
            Ok(alone) if alone.status.code() == Some(1) => {
                assert!(
                    alone.stdout == first.stdout,
                    "{format} differs on one processor"
                );
            }
            _ => println!("SKIP the_same_files_give_the_same_bytes: taskset(1) does not run here"),
        }
        let out = format!("\n{}", text(&first.stdout));
        let place = |file: &&str| out.find(&format!("\n{file}:3:"));
        let places: Vec<_> = files.iter().filter_map(place).collect();
        assert!(
            format != "human" || places.len() == 60 && places.is_sorted(),
            "{places:?}"
        );
    }
}

#[test]
fn a_directory_is_the_policies_below_it() {
    let directory = scratch();
    for (name, policy) in [
        ("d/b.yaml", "name: b\nnetwork: {isolated: 1}\n"),
        ("d/a/z.yml", "name: z\nsyscalls: [\n"),
        ("d/a.yaml", "nam: a\nnetwork: {}\nsyscalls: {}\n"),
        ("d/ci.yaml", "name: build\non: push\njobs: {}\n"),
        ("d/notes.txt", "name: c\nnetwork: {x: 1}\n"),
        ("d/.hidden/p.yaml", "name: h\nnetwork: {x: 1}\n"),
    ] {
        write(&directory, name, policy);
    }
    let at = directory.path();
    symlink("..", at.join("d/up")).expect("symlink");
    symlink("b.yaml", at.join("d/link.yaml")).expect("symlink");
    let output = purplec(&["check", "d"], at);
    let out = text(&output.stdout);
    let heads: Vec<&str> = out
        .lines()
        .filter(|line| line.contains(": error["))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(
        heads,
        ["d/a/z.yml", "d/a.yaml", "d/b.yaml", "d/link.yaml"],
        "{out}"
    );
    assert!(
        out.ends_with("1 YAML file skipped: its keys are not those of a policy\n"),
        "{out}"
    );
    assert!(out.contains("4 files checked: "), "{out}");
    // What is named is a policy.
    let named = text(&purplec(&["check", "d/ci.yaml"], at).stdout);
    assert!(
        named.contains("`on` is not a key") || named.contains("ambiguous"),
        "{named}"
    );
    fs::create_dir(at.join("empty")).expect("mkdir");
    let empty = purplec(&["check", "empty"], at);
    assert_eq!(empty.status.code(), Some(2));
    assert_eq!(
        text(&empty.stderr),
        "empty: error: there is no policy below this directory\n"
    );
}

/// A policy in which a comment lets a finding stand does not look like one in which nothing was found.
#[test]
fn what_comments_let_stand_is_counted_at_the_end() {
    let directory = scratch();
    let policy = "name: a\nsyscalls:\n  default_deny: false\n  \
                  allow: [ptrace] # purple: allow[dangerous-call-allowed] gdb attaches\n";
    for name in ["a.yaml", "b.yaml"] {
        fs::write(directory.path().join(name), policy).expect("write");
    }
    let run = |format: &str, files: &[&str]| {
        let all = [&["check", "--format", format][..], files].concat();
        let output = purplec(&all, directory.path());
        assert_eq!(output.status.code(), Some(0), "{format}");
        text(&output.stdout)
    };
    let one = "1 file checked: nothing found\n1 finding suppressed with a reason\n";
    assert_eq!(run("human", &["a.yaml"]), one);
    let two = "2 files checked: nothing found\n2 findings suppressed with a reason\n";
    assert_eq!(run("human", &["a.yaml", "b.yaml"]), two);
    assert_eq!(run("github", &["a.yaml", "b.yaml"]), two);
    let json: serde_json::Value =
        serde_json::from_str(&run("json", &["a.yaml", "b.yaml"])).expect("a document");
    for (at, name) in ["a.yaml", "b.yaml"].into_iter().enumerate() {
        let file = json.pointer(&format!("/suppressed/{at}/finding/location/file"));
        assert_eq!(file, Some(&name.into()));
    }
    assert_eq!(json.pointer("/summary/suppressed"), Some(&2.into()));
    assert_eq!(json.pointer("/findings"), Some(&serde_json::json!([])));
}
