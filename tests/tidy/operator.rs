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
/// What is, or names, an exit status that a program of Purple gives: core passes on the one that
/// purple-exec itself ended with, and for an error the one that its caller names.
const EXIT_STATUSES: [&str; 8] = [
    "REFUSED",
    "SETUP_REFUSED",
    "NOT_READY",
    "ExitStatus",
    "124",
    "125",
    "126",
    "127",
];
/// What talks to the kernel without the host's crate.
const CALLS_THE_KERNEL: [&str; 4] = ["nix", "libc", "rustix", "caps"];

/// What each folder does without.
const WITHOUT: [(&str, &[&str], &str); 6] = [
    (
        CORE,
        &PRINTS,
        "give the caller a notice or an error to print",
    ),
    (CORE, &DECIDES, "leave it to operator/cli"),
    (
        CORE,
        &EXIT_STATUSES,
        "give an error, and leave the exit status to operator/cli",
    ),
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
        !(starts_whole && is_part(before) || ends_whole && is_part(after))
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
    findings.extend(decided_statuses(files));
    findings
}

/// Where core gives a variable or a constant that is named a status a value of its own.
fn decided_statuses(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    let source = |file: &&Tracked| {
        let tests = file.path.ends_with("tests.rs");
        file.path.starts_with(CORE) && file.has_extension("rs") && !tests
    };
    for file in files.iter().filter(source) {
        for (number, line) in file.lines() {
            let code = line.split("//").next().unwrap_or_default();
            let Some((name, value)) = code.split_once(" = ") else {
                continue;
            };
            let is_status = name.to_lowercase().contains("status");
            let is_u8 = name.trim_start().contains("const ") && name.ends_with(": u8");
            let value = value.trim_start();
            let is_number = value.starts_with(|c: char| c.is_ascii_digit());
            let is_constant = value
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .is_some_and(|word| word.len() > 1 && word.to_uppercase() == word);
            if is_u8 || is_status && (is_number || is_constant) {
                findings.push(format!(
                    "{}:{number}: an exit status; leave it to operator/cli",
                    file.path
                ));
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
fn bites_a_core_that_decides_an_exit_status() {
    for line in [
        "status = REFUSED;",
        "use purple_report::SETUP_REFUSED;",
        "return Ok(125);",
        "const ENDED: u8 = 1;",
        "let status = 3;",
        "run.exit_status = FAILED;",
    ] {
        let bad = Tracked::new("operator/core/src/session.rs", &format!("//! x\n{line}\n"));
        let found = out_of_place(&[bad]);
        assert!(
            !found.is_empty() && found.iter().all(|one| one.contains("exit status")),
            "{line}: {found:?}"
        );
    }
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
        (
            "operator/core/src/a.rs",
            "let status = supervise(command)?;\nlet status = Status::of(outcome, code);\n",
        ),
        ("operator/core/src/a.rs", "pub status: u8,\n"),
        ("operator/cli/src/main.rs", "const REFUSED: u8 = 125;\n"),
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
