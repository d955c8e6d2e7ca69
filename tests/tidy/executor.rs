//! Rules for purple-exec: it stays small, and its unsafe code stays in its crate.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, root, tracked};
use std::path::PathBuf;

/// The most bytes that the program may have as it ships. `make bench` holds this against a build of
/// its own.
const MOST_BYTES: u64 = 191 << 10;

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

/// Where the order of reading is.
const ORDER: &str = "docs/architecture.md";

/// The files of the order of reading, with whether each belongs to the story, which uses everything.
///
/// In a row, a name that ends in a slash is the folder of the names behind it: from the root where it
/// begins with `executor/`, else below `executor/src/`.
fn order_of_reading(document: &str) -> Vec<(String, bool)> {
    let mut order = Vec::new();
    let section = document.split("\n## Reading the executor\n").nth(1);
    let section = section.and_then(|text| text.split("\n## ").next());
    for row in section
        .unwrap_or_default()
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
    {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let (Some(what), Some(names)) = (cells.next(), cells.next()) else {
            continue;
        };
        let mut folder = "executor/src/".to_owned();
        for name in names.split('`').skip(1).step_by(2) {
            if name.starts_with("executor/") {
                name.clone_into(&mut folder);
            } else if name.ends_with('/') {
                folder = format!("executor/src/{name}");
            } else if !name.contains('/') {
                order.push((format!("{folder}{name}.rs"), what == "the story"));
            }
        }
    }
    order
}

/// The files that a file uses: the modules it names from the crate or beside it, and its own.
fn uses<'f>(file: &Tracked, files: &'f [Tracked]) -> Vec<&'f str> {
    let source = match file.path.find("/src/") {
        Some(at) => file.path.split_at(at + "/src/".len()).0,
        None => return Vec::new(),
    };
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let above = match file.path.strip_suffix("/mod.rs") {
        Some(folder) => folder.rsplit_once('/').map_or("", |(above, _)| above),
        None => folder,
    };
    let code = file
        .text
        .split("#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default();
    let mut found = Vec::new();
    let mut find = |base: &str, names: &str| {
        let mut names = names.split("::").map(|name| {
            let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            end.map_or((name, true), |end| (name.split_at(end).0, false))
        });
        let (Some((first, goes_on)), second) = (names.next(), names.next()) else {
            return;
        };
        let second = second.filter(|_| goes_on).map_or("", |(name, _)| name);
        let candidates = [
            format!("{base}/{first}/{second}.rs"),
            format!("{base}/{first}.rs"),
            format!("{base}/{first}/mod.rs"),
        ];
        let mut known = candidates
            .iter()
            .filter_map(|path| files.iter().find(|one| one.path == **path));
        found.extend(known.next().map(|one| one.path.as_str()));
    };
    for line in code.lines() {
        let line = line.split("//").next().unwrap_or_default();
        for names in line.split("crate::").skip(1) {
            find(source.trim_end_matches('/'), names);
        }
        for names in line.split("super::").skip(1) {
            find(above, names);
        }
        let child = line
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ");
        if let Some(child) = child
            .strip_prefix("mod ")
            .filter(|_| !file.path.ends_with("/lib.rs"))
        {
            find(folder, child);
        }
    }
    found.retain(|path| *path != file.path);
    found
}

/// Files without a place in the order of reading, with two, or before what they use.
fn out_of_order(files: &[Tracked], document: &str) -> Vec<String> {
    let order = order_of_reading(document);
    let place = |path: &str| order.iter().position(|(one, _)| one == path);
    let is_source = |file: &&Tracked| {
        file.has_extension("rs")
            && (file.path.starts_with("executor/src/")
                || file.path.starts_with("executor/sys/src/"))
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(is_source) {
        let path = &file.path;
        let rows = order.iter().filter(|(one, _)| one == path);
        let [(_, is_story)] = *rows.collect::<Vec<_>>() else {
            findings.push(format!(
                "{ORDER}: give `{path}` one place in a row of the reading order"
            ));
            continue;
        };
        for used in uses(file, files) {
            if !is_story && place(used) > place(path) {
                findings.push(format!(
                    "{ORDER}: `{path}` uses `{used}`, which stands behind it"
                ));
            }
        }
    }
    for (path, _) in &order {
        if !files.iter().any(|file| file.path == *path) {
            findings.push(format!("{ORDER}: there is no `{path}`"));
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
        "195585 bytes; purple-exec has at most 195584",
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

#[test]
fn every_file_of_the_executor_has_its_place_in_the_order_of_reading() {
    let files = tracked();
    let document = files.iter().find(|file| file.path == ORDER);
    let document = document.map_or("", |file| file.text.as_str());
    assert!(order_of_reading(document).len() > 60, "the order is read");
    none_of(&out_of_order(&files, document));
}

#[test]
fn bites_a_file_without_a_place_and_one_before_what_it_uses() {
    let document = |rows: &str| {
        format!("# A\n\n## Reading the executor\n\n| what | files |\n| --- | --- |\n{rows}\n## B\n")
    };
    let files = [
        Tracked::new("executor/src/text.rs", "use crate::step::has;\n"),
        Tracked::new("executor/src/step/mod.rs", "mod stub;\nuse super::text;\n"),
        Tracked::new("executor/src/step/stub.rs", "//! crate::text\n"),
        Tracked::new("executor/sys/src/lib.rs", "mod call;\n"),
    ];
    let all = "| unsafe | `executor/sys/src/`: `lib` | `x` |\n";
    let good = document(&format!(
        "| the story | `text` |\n| where | `step/`: `stub`, `mod` |\n{all}"
    ));
    none_of(&out_of_order(&files, &good));
    let missing = document(&format!(
        "| the story | `text` |\n| where | `step/`: `stub` |\n{all}"
    ));
    one_of(
        &out_of_order(&files, &missing),
        "give `executor/src/step/mod.rs` one place",
    );
    let story_is_none = document(&format!(
        "| words | `text` |\n| where | `step/`: `stub`, `mod` |\n{all}"
    ));
    one_of(
        &out_of_order(&files, &story_is_none),
        "`executor/src/text.rs` uses `executor/src/step/mod.rs`",
    );
    let child_behind = document(&format!(
        "| the story | `text` |\n| where | `step/`: `mod`, `stub` |\n{all}"
    ));
    one_of(
        &out_of_order(&files, &child_behind),
        "`executor/src/step/mod.rs` uses `executor/src/step/stub.rs`",
    );
    let gone = document(&format!(
        "| the story | `text`, `gone` |\n| where | `step/`: `stub`, `mod` |\n{all}"
    ));
    one_of(
        &out_of_order(&files, &gone),
        "there is no `executor/src/gone.rs`",
    );
}
