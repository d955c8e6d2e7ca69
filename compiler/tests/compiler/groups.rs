//! What real programs call is in the groups that promise it: traced here, with strace.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test says what it relies on"
)]

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use purplec::syscalls::groups::group;
use purplec::syscalls::syscall_number_anywhere;

/// The names of the calls that a command line makes, in all its processes; `None` where there is no
/// such program, or none may be traced.
fn traced(words: &[&str]) -> Option<BTreeSet<String>> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let log = place.path().join("log");
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&log)
        .args(words)
        .current_dir(place.path())
        .env("HOME", place.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    if !status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&std::fs::read(&log).expect("the log")).into_owned();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        // `PID name(...` or, where it was interrupted, `PID <... name resumed>`.
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let rest = rest.strip_prefix("<... ").unwrap_or(rest);
        let name: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if syscall_number_anywhere(&name) {
            found.insert(name);
        }
    }
    assert!(found.contains("execve"), "{text}");
    Some(found)
}

/// The calls of a command line that neither a group nor the exceptions hold.
fn outside(words: &[&str], name: &str, test: &str, except: &[&str]) -> Vec<String> {
    let group = group(name).unwrap();
    let Some(calls) = traced(words) else {
        let program = words.first().copied().unwrap_or_default();
        println!("SKIP {test}-{program}: strace or {program} is missing, or may not run here");
        return Vec::new();
    };
    let known = |call: &String| group.contains(call) || except.contains(&call.as_str());
    calls.into_iter().filter(|call| !known(call)).collect()
}

#[test]
fn programs_that_only_start_need_libc_start() {
    let test = "programs_that_only_start_need_libc_start";
    for words in [&["/bin/true"][..], &["/bin/echo", "hello"]] {
        assert_eq!(
            outside(words, "@libc-start", test, &[]),
            [""; 0],
            "{words:?}"
        );
    }
}

#[test]
fn everyday_programs_need_no_more_than_default() {
    let test = "everyday_programs_need_no_more_than_default";
    // Where a name service daemon could be, glibc asks for a socket to it, and goes on without.
    // bash asks whether its input is a connection.
    let names = ["socket", "connect", "getpeername"];
    let python = "import json, subprocess, tempfile, threading\n\
        subprocess.run(['true'])\nthread = threading.Thread(target=print)\n\
        thread.start()\nthread.join()\ntempfile.TemporaryFile().write(b'x')";
    for words in [
        &["sh", "-c", "true"][..],
        &[
            "sh",
            "-c",
            "for i in 1 2; do echo $i | cat; done; mkdir d; mv d e; rmdir e; date; sort /etc/passwd | uniq | wc -l",
        ],
        &[
            "sh",
            "-c",
            "echo > a; cp a b; ln -s a c; chmod 600 a; touch b; tar cf t a b; gzip t; find . | xargs ls; rm -r a b",
        ],
        &["bash", "-c", "cat < /dev/null | while read x; do :; done"],
        &["cat", "/etc/passwd"],
        &["ls", "-la", "/"],
        &["python3", "-c", python],
        &["git", "init"],
        &[
            "sh",
            "-c",
            "git init . && echo a > a && git add a && git -c user.name=a -c user.email=a@b commit -m a && git status",
        ],
        &[
            "sh",
            "-c",
            "echo 'int main(void){return 0;}' > a.c && gcc -O2 a.c && ./a.out",
        ],
    ] {
        assert_eq!(
            outside(words, "@default", test, &names),
            [""; 0],
            "{words:?}"
        );
    }
}

#[test]
fn a_call_outside_a_group_is_seen() {
    let Some(calls) = traced(&["sh", "-c", "cat /etc/passwd | cat"]) else {
        println!("SKIP a_call_outside_a_group_is_seen: strace is missing, or may not run here");
        return;
    };
    assert!(
        calls
            .iter()
            .any(|call| !group("@libc-start").unwrap().contains(call)),
        "{calls:?}"
    );
}
