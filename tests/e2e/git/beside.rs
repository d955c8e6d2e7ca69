//! Two runs of one project at once, and one after a run that was killed.

use super::{mark, project, purple, ran, sh};
use purple_tests::operator;
use purple_tests::test_dir::TestDir;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Stdio};

/// A run that goes on: it says `ready`, and goes on at each line that it is given.
struct Going {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Going {
    fn start(place: &TestDir, script: &str) -> Self {
        let policy = place.text("policy.yaml");
        let words = [
            "run",
            "--unenforced",
            "cgroup",
            "--policy",
            &policy,
            "--",
            "sh",
            "-c",
            script,
        ];
        let mut command = operator::purple(place, &words);
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .expect("purple starts");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut going = Self { child, out };
        going.wait();
        going
    }

    fn wait(&mut self) {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
    }

    fn go_on(&mut self) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        input.write_all(b"go on\n").expect("it reads");
    }

    fn end(mut self) -> String {
        self.go_on();
        drop((self.child.stdin.take(), self.out));
        let done = self.child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&done.stderr).into_owned()
    }
}

fn plant(place: &TestDir) -> String {
    let mark = mark(place);
    format!(
        "git init -q nested; git -C nested config core.fsmonitor 'touch {mark}; :'; printf '#!/bin/sh\\ntouch {mark}\\n' > nested/.git/hooks/post-index-change; \
         chmod +x nested/.git/hooks/*; git add nested 2>/dev/null"
    )
}

/// What the first has made is not the user's for the second.
pub(super) fn what_one_run_takes_out_another_does_not_bring_back(place: &TestDir) {
    project(place);
    // Installs the tool, and writes the policy.
    assert_eq!(purple(place, ":").code(), 0);
    let first = Going::start(place, &format!("{}; echo ready; read line", plant(place)));
    let bring_back = "cd nested/.git; sed -i s/purple-disabled-// config; mv hooks/post-index-change.purple-disabled hooks/post-index-change";
    let second = Going::start(place, &format!("echo ready; read line; {bring_back}"));
    let said = first.end();
    assert!(
        said.contains("core.fsmonitor") && said.contains("post-index-change"),
        "{said}"
    );
    let said = second.end();
    assert!(
        said.contains("core.fsmonitor") && said.contains("post-index-change"),
        "{said}"
    );
    sh(place, "project", "git status");
    assert!(!ran(place));
}

/// Nobody has looked through what a killed run has left; the next one does.
pub(super) fn what_a_killed_run_leaves_is_taken_out_by_the_next(place: &TestDir) {
    project(place);
    assert_eq!(purple(place, ":").code(), 0);
    let mut first = Going::start(place, &format!("{}; echo ready; read line", plant(place)));
    first.child.kill().expect("it runs");
    first.child.wait().expect("it ends");
    let done = purple(place, ":");
    assert!(
        done.stderr.contains("core.fsmonitor") && done.stderr.contains("post-index-change"),
        "{done}"
    );
    sh(place, "project", "git status");
    assert!(!ran(place));
    // Once is enough.
    let done = purple(place, ":");
    assert_eq!(done.stderr, "", "{done}");
    let found = place.at("home/.local/state/purple/found");
    let names = std::fs::read_dir(found).expect("a directory");
    let names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["lock"]);
}
