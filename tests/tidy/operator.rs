//! Rules for the operator's crates: core does, cli prints and decides exit statuses, host talks to the
//! kernel. Each may be used by others because it leaves the rest alone.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, tracked};

const HOST: &str = "operator/host/";
const CORE: &str = "operator/core/";
const CLI: &str = "operator/cli/";

/// What prints.
const PRINTS: [&str; 7] = [
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "dbg!",
    "stdout()",
    "stderr()",
];
/// What decides how a program ends, or what its arguments are.
const DECIDES: [&str; 5] = [
    "ExitCode",
    "process::exit",
    "process::abort",
    "clap",
    "env::args",
];
/// What talks to the kernel without the host's crate.
const CALLS_THE_KERNEL: [&str; 4] = ["nix", "libc", "rustix", "caps"];

/// What each folder does without.
const WITHOUT: [(&str, &[&str], &str); 5] = [
    (
        CORE,
        &PRINTS,
        "give the caller a notice or an error to print",
    ),
    (CORE, &DECIDES, "leave it to operator/cli"),
    (CORE, &CALLS_THE_KERNEL, "let operator/host do it"),
    (CLI, &CALLS_THE_KERNEL, "let operator/host do it"),
    (HOST, &PRINTS, "give the caller a value or an error"),
];

/// Whether a line has these words, and not as a part of longer ones.
fn has(line: &str, words: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let starts_whole = words.starts_with(|c: char| c.is_alphanumeric());
    let ends_whole = words.ends_with(|c: char| c.is_alphanumeric());
    line.match_indices(words).any(|(at, _)| {
        let (before, after) = (line.get(..at), line.get(at + words.len()..));
        let before = before.and_then(|text| text.chars().next_back());
        let after = after.and_then(|text| text.chars().next());
        !(starts_whole && is_part(before)) && !(ends_whole && is_part(after))
    })
}

/// Sources and manifests, without comments.
fn out_of_place(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    for (folder, unwanted, instead) in WITHOUT {
        let source = |file: &&Tracked| {
            let kind = file.has_extension("rs") || file.path.ends_with("Cargo.toml");
            file.path.starts_with(folder) && kind && !file.path.contains("/tests/")
        };
        for file in files.iter().filter(source) {
            for (number, line) in file.lines() {
                let code = line.split("//").next().unwrap_or_default();
                for word in unwanted.iter().filter(|word| has(code, word)) {
                    findings.push(format!("{}:{number}: `{word}`; {instead}", file.path));
                }
            }
        }
    }
    findings
}

#[test]
fn each_crate_of_the_operator_leaves_the_rest_alone() {
    none_of(&out_of_place(&tracked()));
}

#[test]
fn the_folders_are_there() {
    let files = tracked();
    for (folder, ..) in WITHOUT {
        let library = format!("{folder}src/");
        assert!(
            files.iter().any(|file| file.path.starts_with(&library)),
            "{folder}"
        );
    }
}

#[test]
fn bites_a_core_that_prints_or_decides() {
    for line in [
        "println!(\"x\");",
        "eprint!(\"x\");",
        "std::io::stderr().lock();",
        "fn main() -> ExitCode {",
        "std::process::exit(1);",
        "use clap::Parser;",
        "use nix::errno::Errno;",
    ] {
        let bad = Tracked::new("operator/core/src/launch.rs", &format!("//! x\n{line}\n"));
        one_of(&out_of_place(&[bad]), "operator/core/src/launch.rs:2: ");
    }
    let manifest = Tracked::new("operator/core/Cargo.toml", "[dependencies]\nclap = \"4\"\n");
    one_of(
        &out_of_place(&[manifest]),
        "operator/core/Cargo.toml:2: `clap`",
    );
}

#[test]
fn bites_a_host_that_prints_and_a_command_line_that_calls_the_kernel() {
    let host = Tracked::new("operator/host/src/cgroup.rs", "eprintln!(\"x\");\n");
    one_of(&out_of_place(&[host]), "`eprintln!`");
    let cli = Tracked::new("operator/cli/src/run.rs", "nix::unistd::geteuid();\n");
    one_of(&out_of_place(&[cli]), "`nix`");
}

#[test]
fn what_only_looks_like_it_is_fine() {
    for (path, text) in [
        ("operator/core/src/a.rs", "command.stdout(Stdio::null());\n"),
        (
            "operator/core/src/a.rs",
            "use std::os::unix::ffi::OsStrExt;\n",
        ),
        (
            "operator/core/src/a.rs",
            "// println! is for operator/cli\n",
        ),
        ("operator/host/src/a.rs", "std::process::exit(0);\n"),
        ("operator/cli/src/main.rs", "println!(\"x\");\n"),
        ("executor/src/main.rs", "ExitCode\n"),
    ] {
        assert!(
            out_of_place(&[Tracked::new(path, text)]).is_empty(),
            "{text}"
        );
    }
}
