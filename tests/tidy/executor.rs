//! Rules for purple-exec: it stays small, and its unsafe code stays in its crate.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, root, tracked};
use std::path::PathBuf;

/// The most bytes that the program may have as it ships. `make bench` holds this against a build of
/// its own.
const MOST_BYTES: u64 = 160 << 10;

/// The crates' main files, which forbid unsafe code.
const WITHOUT_UNSAFE_CODE: [&str; 2] = ["executor/src/lib.rs", "executor/src/main.rs"];

// Written in pieces, so that this file does not match itself.
const FORBIDS: &str = concat!("#![forbid(", "unsafe", "_code)]");

fn too_large(path: &str, bytes: u64) -> Vec<String> {
    if bytes <= MOST_BYTES {
        return Vec::new();
    }
    vec![format!(
        "{path}: {bytes} bytes; purple-exec has at most {MOST_BYTES}"
    )]
}

fn with_unsafe_code(files: &[Tracked]) -> Vec<String> {
    WITHOUT_UNSAFE_CODE
        .iter()
        .filter(|path| {
            let file = files.iter().find(|file| file.path == **path);
            !file.is_some_and(|file| file.text.lines().any(|line| line == FORBIDS))
        })
        .map(|path| format!("{path}:1: add `{FORBIDS}`"))
        .collect()
}

/// A system call by its number, or a table of them, outside of an architecture's folder.
fn calls_by_number(files: &[Tracked]) -> Vec<String> {
    let is_place =
        |path: &str| path.starts_with("executor/sys/src/") && !path.ends_with("/numbers.rs");
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_place(&file.path)) {
        for (number, line) in file.lines() {
            let argument = line.split("unsafe { call(").nth(1).unwrap_or_default();
            if argument.starts_with(|first: char| first.is_ascii_digit()) {
                let path = &file.path;
                findings.push(format!("{path}:{number}: name the call in numbers.rs"));
            }
        }
    }
    findings
}

/// The program that was built last as it ships, if any was.
fn release() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root().join("target"), |target| root().join(target));
    target.join("release/purple-exec")
}

#[test]
fn the_program_is_small() {
    let path = release();
    let Ok(metadata) = path.metadata() else {
        println!(
            "SKIP the_program_is_small: {} is not there; `make build` makes it",
            path.display()
        );
        return;
    };
    none_of(&too_large(&path.display().to_string(), metadata.len()));
}

#[test]
fn bites_a_large_program() {
    assert!(too_large("purple-exec", MOST_BYTES).is_empty());
    one_of(
        &too_large("purple-exec", MOST_BYTES + 1),
        "163841 bytes; purple-exec has at most 163840",
    );
}

#[test]
fn unsafe_code_is_forbidden() {
    none_of(&with_unsafe_code(&tracked()));
}

#[test]
fn bites_a_crate_that_does_not_forbid_unsafe_code() {
    let [library, program] = WITHOUT_UNSAFE_CODE;
    let files = [
        Tracked::new(library, &format!("//! x\n{FORBIDS}\n")),
        Tracked::new(program, &format!("//! x\n// {FORBIDS}\n")),
    ];
    one_of(&with_unsafe_code(&files), "executor/src/main.rs:1: add");
}

#[test]
fn system_calls_have_names() {
    none_of(&calls_by_number(&tracked()));
}

#[test]
fn bites_a_system_call_by_its_number() {
    let text = "    let x = unsafe { call(59, arguments) };\n";
    one_of(
        &calls_by_number(&[Tracked::new("executor/sys/src/exec.rs", text)]),
        "executor/sys/src/exec.rs:1: name the call",
    );
    let text = "    let x = unsafe { call(numbers::EXECVE, arguments) };\n";
    assert!(calls_by_number(&[Tracked::new("executor/sys/src/exec.rs", text)]).is_empty());
}
