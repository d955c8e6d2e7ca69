//! `purplec query`: what a reviewer asks about a plan, and what the answer is.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it relies on, and stops where it is not there"
)]

mod answers;
mod forms;
mod network;

use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// The answers below name its lines.
const POLICY: &str = "\
name: asked
syscalls:
  allow: [read, write, openat, ioctl, socket, clone,
    clock_gettime, personality, mount]
  deny:
    - fsync
    - socket
  architectures: [x86]
  advanced_rules:
    - syscall: openat
      action: errno
      errno: EACCES
      conditions: [{arg: 2, op: masked_ne, mask: 3, value: 0}]
    - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0}]}
    - {syscall: dup3, action: kill, conditions: [{arg: 2, op: gt, value: 2}, {arg: 0, op: le, value: 2}]}
    - {syscall: dup3, action: allow}
";

struct Asked {
    directory: TempDir,
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Asked {
    fn of(policy: &str, arch: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("policy"), policy).expect("write");
        let asked = Self { directory };
        let made = asked.purplec(&["compile", "policy", "-o", "plan", "--arch", arch]);
        assert_eq!(made.code, Some(0), "{}", made.err);
        asked
    }

    fn new() -> Self {
        Self::of(POLICY, "x86_64")
    }

    fn purplec(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_purplec"))
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .expect("the binary runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn query(&self, arguments: &[&str]) -> Said {
        self.purplec(&[&["query", "plan"], arguments].concat())
    }

    /// The answer to a question that has one.
    #[track_caller]
    fn answer(&self, arguments: &[&str]) -> String {
        let said = self.query(arguments);
        assert_eq!(
            (said.code, said.err.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        said.out
    }

    /// The message for a question that has none.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        let said = self.query(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        said.err
    }
}
