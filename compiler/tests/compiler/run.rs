//! Running the binary as people and programs call it.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A policy without a finding.
pub(crate) const GOOD: &str = "name: good\nsyscalls: {allow: ['@default']}\n";

/// A policy with a note, which has a safe fix.
pub(crate) const NOTE: &str = "name: a\nresources: {timeout: 5}\n";

/// The variables that a test must not get from whoever runs it.
pub(crate) const COLOUR: [&str; 5] = ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "COLUMNS"];

pub(crate) fn command(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_purplec"));
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null());
    for name in COLOUR {
        command.env_remove(name);
    }
    command
}

pub(crate) fn purplec(arguments: &[&str], directory: &Path) -> Output {
    command(arguments, directory)
        .output()
        .expect("the binary runs")
}

pub(crate) fn piped(arguments: &[&str], directory: &Path, input: &str) -> Output {
    let mut child = command(arguments, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that refuses its arguments is gone before it reads anything.
    match stdin.write_all(input.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.expect("the input is read"),
    }
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub(crate) fn write(directory: &TempDir, name: &str, text: &str) {
    let path = directory.path().join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    fs::write(path, text).expect("write");
}

pub(crate) fn read(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join(name)).expect("read")
}
