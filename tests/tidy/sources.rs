//! Rules for source files.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, tracked};

const MOST_LINES: usize = 500;

/// Names that say nothing about the role.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "manager"];

/// The files and folders that may hold unsafe code.
const UNSAFE_PLACES: [&str; 7] = [
    "executor/sys/src",
    "operator/host/src/sys",
    "operator/network/src/sys",
    // Makes sockets as init does.
    "operator/network/tests/net/lab",
    "compiler/src/parse/events.rs",
    "compiler/src/cli/screen.rs",
    // The processor's own instructions for a hash, which not every processor has.
    "schema/plan/src/sha256/x86_64.rs",
];

// Written in pieces, so that this file does not match itself.
const UNSAFE_LINT: &str = concat!("unsafe", "_code");
const IGNORE: &str = concat!("#[", "ignore");

/// What stands in a folder of sources: programs and their grammars.
const KINDS_OF_SOURCES: [&str; 2] = ["rs", "pest"];

/// What a program leaves where it ran.
const KINDS_OF_RESULTS: [&str; 4] = ["bpf", "plan", "log", "out"];

fn rust(files: &[Tracked]) -> impl Iterator<Item = &Tracked> {
    files.iter().filter(|file| file.has_extension("rs"))
}

/// The identifiers in a line, and whatever else looks like one.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

fn without_opener(files: &[Tracked]) -> Vec<String> {
    rust(files)
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| {
            format!(
                "{}:1: open the file with `//!` and say what it is for",
                file.path
            )
        })
        .collect()
}

/// Whether a file is a program, or a part of one, in a language that is written by hand here.
fn is_code(file: &Tracked) -> bool {
    let python = |line: &str| line.starts_with("#!") && line.contains("python");
    ["rs", "c", "h", "py"]
        .iter()
        .any(|kind| file.has_extension(kind))
        || file.text.lines().next().is_some_and(python)
}

fn too_long(files: &[Tracked]) -> Vec<String> {
    files
        .iter()
        .filter(|file| is_code(file))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| {
            let path = &file.path;
            format!("{path}:{lines}: {lines} lines; split it by role, at most {MOST_LINES}")
        })
        .collect()
}

fn named_for_nothing(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in rust(files) {
        let mut parts = file.path.split(['/', '.']);
        if let Some(name) = parts.find(|part| EMPTY_NAMES.contains(part)) {
            findings.push(format!(
                "{}:1: `{name}` names no role; name what it holds",
                file.path
            ));
        }
        for (number, line) in file.lines() {
            let item = line
                .trim_start()
                .trim_start_matches("pub")
                .trim_start_matches("(crate)");
            let module = item
                .trim_start()
                .strip_prefix("mod ")
                .and_then(|rest| words(rest).next());
            if let Some(name) = module.filter(|name| EMPTY_NAMES.contains(name)) {
                let path = &file.path;
                findings.push(format!(
                    "{path}:{number}: module `{name}`: name what it holds"
                ));
            }
        }
    }
    findings
}

fn unsafe_elsewhere(files: &[Tracked]) -> Vec<String> {
    let allowed = |path: &str| {
        UNSAFE_PLACES.iter().any(|place| {
            path.strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
        })
    };
    let mut findings = Vec::new();
    for file in rust(files).filter(|file| !allowed(&file.path)) {
        for (number, line) in file.lines() {
            let stricter = ["forbid(", "deny("].iter().any(|lint| line.contains(lint));
            if words(line).any(|word| word == UNSAFE_LINT) && !stricter {
                let (path, places) = (&file.path, UNSAFE_PLACES.join(" and "));
                findings.push(format!(
                    "{path}:{number}: unsafe code belongs to {places} only"
                ));
            }
        }
    }
    findings
}

fn ignored_tests(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in rust(files) {
        for (number, _) in file.lines().filter(|(_, line)| line.contains(IGNORE)) {
            findings.push(format!(
                "{}:{number}: an ignored test; print `SKIP name: reason` where it cannot run",
                file.path
            ));
        }
    }
    findings
}

/// What was left behind by trying something out.
fn left_behind(files: &[Tracked]) -> Vec<String> {
    let among = |file: &Tracked, kinds: &[&str]| kinds.iter().any(|kind| file.has_extension(kind));
    let stray = |file: &&Tracked| {
        let source = file.path.contains("/src/") && !file.path.contains("/tests/");
        let policy = !file.path.contains('/') && !file.path.starts_with('.');
        let outside = policy && among(file, &["yaml", "yml"]);
        let result = !file.path.starts_with("tests/") && among(file, &KINDS_OF_RESULTS);
        outside || result || (source && !among(file, &KINDS_OF_SOURCES))
    };
    let finding = |file: &Tracked| format!("{}:1: left behind; what is it for here?", file.path);
    files.iter().filter(stray).map(finding).collect()
}

#[test]
fn every_file_says_what_it_is_for() {
    none_of(&without_opener(&tracked()));
}

#[test]
fn nothing_is_left_behind() {
    none_of(&left_behind(&tracked()));
}

#[test]
fn no_file_is_too_long() {
    none_of(&too_long(&tracked()));
}

#[test]
fn names_say_a_role() {
    none_of(&named_for_nothing(&tracked()));
}

#[test]
fn unsafe_code_has_its_places() {
    none_of(&unsafe_elsewhere(&tracked()));
}

#[test]
fn no_test_is_ignored() {
    none_of(&ignored_tests(&tracked()));
}

#[test]
fn bites_a_missing_opener() {
    let bad = Tracked::new("a/src/x.rs", "// x\n//! late\n");
    one_of(&without_opener(&[bad]), "a/src/x.rs:1: open the file");
    one_of(&without_opener(&[Tracked::new("x.rs", "")]), "x.rs:1");
    assert!(
        without_opener(&[Tracked::new("x.rs", "//! x\n"), Tracked::new("x.py", "")]).is_empty()
    );
}

#[test]
fn bites_a_long_file() {
    for path in ["x.rs", "x.c", "x.h", "x.py"] {
        one_of(
            &too_long(&[Tracked::new(path, &"//\n".repeat(501))]),
            "501 lines",
        );
        assert!(too_long(&[Tracked::new(path, &"//\n".repeat(500))]).is_empty());
    }
    let script = format!("#!/usr/bin/python3\n{}", "x\n".repeat(500));
    one_of(&too_long(&[Tracked::new("generate", &script)]), "501 lines");
    assert!(too_long(&[Tracked::new("table.tsv", &"x\n".repeat(501))]).is_empty());
}

#[test]
fn bites_an_empty_name() {
    for path in [
        "a/src/utils.rs",
        "a/src/helpers/mod.rs",
        "a/common/x.rs",
        "a/src/manager.rs",
    ] {
        one_of(
            &named_for_nothing(&[Tracked::new(path, "")]),
            "names no role",
        );
    }
    let inline = Tracked::new("x.rs", "//! x\npub(crate) mod utils {}\n");
    one_of(&named_for_nothing(&[inline]), "x.rs:2: module `utils`");
    let fine = Tracked::new(
        "a/src/commonwealth.rs",
        "mod common_prefix;\n// mod utils\n",
    );
    assert!(named_for_nothing(&[fine]).is_empty());
}

#[test]
fn bites_unsafe_code_elsewhere() {
    let text = format!("//! x\n#[expect(\n    {UNSAFE_LINT},\n    reason = \"fast\"\n)]\n");
    for path in [
        "executor/src/apply.rs",
        "executor/src/sys.rs",
        "executor/sys/build.rs",
        "compiler/src/parse/mod.rs",
    ] {
        one_of(
            &unsafe_elsewhere(&[Tracked::new(path, &text)]),
            &format!("{path}:3"),
        );
    }
    let allowed = format!("#[allow({UNSAFE_LINT})]");
    one_of(
        &unsafe_elsewhere(&[Tracked::new("x.rs", &allowed)]),
        "x.rs:1",
    );
    for path in [
        "executor/sys/src/mount.rs",
        "executor/sys/src/x86_64/bytes.rs",
        "compiler/src/parse/events.rs",
    ] {
        assert!(
            unsafe_elsewhere(&[Tracked::new(path, &text)]).is_empty(),
            "{path}"
        );
    }
    let forbids = format!("#![forbid({UNSAFE_LINT})]");
    assert!(unsafe_elsewhere(&[Tracked::new("x.rs", &forbids)]).is_empty());
}

#[test]
fn bites_an_ignored_test() {
    let bad = Tracked::new(
        "x.rs",
        &format!("#[test]\n{IGNORE} = \"slow\"]\nfn x() {{}}\n"),
    );
    one_of(&ignored_tests(&[bad]), "x.rs:2: an ignored test");
}

#[test]
fn bites_what_is_left_behind() {
    for path in [
        "three.bpf",
        "three.yaml",
        "compiler/src/three.yaml",
        "demo/a.plan",
    ] {
        one_of(&left_behind(&[Tracked::new(path, "")]), "left behind");
    }
    for path in [
        ".pre-commit-hooks.yaml",
        "demo/a.yaml",
        "compiler/src/a.pest",
        "tests/a.out",
    ] {
        assert!(left_behind(&[Tracked::new(path, "")]).is_empty(), "{path}");
    }
}
