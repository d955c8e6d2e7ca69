//! The lints on policies where they must say nothing, and where they must say more than a case shows.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

mod calls;
mod effect;
mod network;
mod paths;
mod starts;
mod suppressions;

use crate::diagnostics::Sink;
use crate::pipeline::{self, Compilation, Options, Stage};
use crate::source::Source;

fn outcome(text: &str) -> Compilation {
    let options = Options {
        emit: Some(Stage::Ir),
        ..Options::default()
    };
    let source = Source::new("policy", text);
    pipeline::compile(&source, &options, Sink::new()).expect("no defect")
}

fn codes(text: &str) -> Vec<&'static str> {
    outcome(text)
        .diagnostics
        .iter()
        .map(|found| found.code)
        .collect()
}

pub(super) fn syscalls(lines: &str) -> Vec<&'static str> {
    codes(&format!("name: a\nsyscalls:\n{lines}"))
}

fn files(immutable: &[(&str, &str)], output: &[(&str, &str)]) -> Vec<&'static str> {
    let list = |paths: &[(&str, &str)]| {
        let entry = |(host, inside): &(&str, &str)| {
            format!("{{host_path: {host:?}, sandbox_path: {inside:?}}}")
        };
        paths.iter().map(entry).collect::<Vec<_>>().join(", ")
    };
    codes(&format!(
        "name: a\nresources: {{session_timeout_seconds: 60}}\nfilesystem:\n  immutable_paths: [{}]\n  output_paths: [{}]\n",
        list(&[&[("/usr", "/usr")], immutable].concat()),
        list(output),
    ))
}

const START: &str =
    "arch_prctl, close, execve, exit_group, mmap, mprotect, newfstatat, openat, pread64, read";
