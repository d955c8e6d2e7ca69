//! Rules for imports: no circle of files in any crate of the product; in the compiler no module that
//! looks at a later one, and no input or output in its library.
//!
//! The sources are parsed, and each path is followed through re-exports to the file that defines what
//! it names. A re-export is an import, `mod x;` is none, and what is compiled for tests alone does not
//! count. Methods are not followed: a call of a method names no file. What a macro defines is read from
//! the words of its call and of the macro; a path from the root that ends nowhere is a finding.

mod bites;
mod circles;
mod macros;
mod modules;
mod references;

use std::collections::BTreeSet;

use purple_tests::repository::{Tracked, tracked};

use super::none_of;
use circles::circles;
use modules::{Crate, crates};

/// The modules of the compiler's library. A module imports earlier ones and no other; those on one
/// line do not import each other. docs/architecture.md has the same list.
const ORDER: [&[&str]; 20] = [
    &["source", "profiles"],
    &["diagnostics"],
    &["syscalls", "quantity"],
    &["parse"],
    &["schema"],
    &["facts"],
    &["inherit"],
    &["validate"],
    &["hosts"],
    &["ir"],
    &["resolve"],
    &["short_forms"],
    &["lower"],
    &["lint"],
    &["score"],
    &["target"],
    &["emit"],
    &["seal"],
    &["pipeline"],
    &["format", "fix", "show"],
];

/// The root of the compiler's library.
const LIBRARY: &str = "compiler/src/lib.rs";

/// What reads or writes the world around a program.
const INPUT_OUTPUT: [&str; 16] = [
    "eprint",
    "eprintln",
    "nix",
    "print",
    "println",
    "purple_files",
    "std::env",
    "std::fs",
    "std::io",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// The files of the library that may: libseccomp writes its programs to a descriptor, and the shipped
/// compiler is built without it.
const MAY_READ_AND_WRITE: [&str; 1] = ["compiler/src/emit/bpf/libseccomp.rs"];

fn circles_of_files(files: &[Tracked]) -> Vec<String> {
    crates(files)
        .iter()
        .flat_map(|one| circles(&references::imports(one)))
        .collect()
}

fn paths_to_nowhere(files: &[Tracked]) -> Vec<String> {
    let lost = crates(files)
        .into_iter()
        .flat_map(|one| references::nowhere(&one));
    lost.map(|(file, path)| {
        format!(
            "{file}: `{path}` ends nowhere that tests/tidy/imports can see; name its definition so that \
             macros.rs there finds it"
        )
    })
    .collect()
}

/// The compiler's library among the crates.
fn library(files: &[Tracked]) -> Option<Crate> {
    let is_library = |one: &Crate| {
        let root = one.modules.first();
        root.is_some_and(|root| *root.file == *LIBRARY)
    };
    crates(files).into_iter().find(is_library)
}

/// Where a module stands in the order.
fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&module))
}

fn against_the_order(files: &[Tracked]) -> Vec<String> {
    let Some(library) = library(files) else {
        return vec![format!("{LIBRARY}: not found")];
    };
    let modules = library.modules.iter();
    let tops: BTreeSet<&String> = modules.filter_map(|it| it.path.first()).collect();
    let mut findings = Vec::new();
    for top in tops.iter().filter(|top| rank(top).is_none()) {
        findings.push(format!(
            "compiler/src/{top}: has no place in the order of tests/tidy/imports/mod.rs"
        ));
    }
    for (user, owner, name) in references::between_tops(&library) {
        let (Some(at), Some(to)) = (rank(&user), rank(&owner)) else {
            continue;
        };
        if to >= at {
            findings.push(format!(
                "compiler/src/{user}: takes `{name}` from `{owner}`, which does not come before it; \
                 move what both need to an earlier module"
            ));
        }
    }
    findings
}

/// The order as docs/architecture.md has it: a line of text with `<` between.
fn order() -> String {
    let line = |line: &&[&str]| match line {
        [one] => (*one).to_owned(),
        several => format!("{{{}}}", several.join(", ")),
    };
    ORDER.iter().map(line).collect::<Vec<_>>().join(" < ")
}

fn undocumented(files: &[Tracked]) -> Vec<String> {
    let path = "docs/architecture.md";
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let documented = files
        .iter()
        .any(|file| file.path == path && words(&file.text).contains(&order()));
    let finding = || {
        format!(
            "{path}: the order of the compiler's modules is `{}`",
            order()
        )
    };
    (!documented).then(finding).into_iter().collect()
}

fn input_and_output(files: &[Tracked]) -> Vec<String> {
    let Some(library) = library(files) else {
        return vec![format!("{LIBRARY}: not found")];
    };
    let mut findings = Vec::new();
    for (file, path) in references::outside(&library) {
        let does = INPUT_OUTPUT.iter().any(|start| {
            let rest = path.strip_prefix(start);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        if does && !MAY_READ_AND_WRITE.contains(&file.as_str()) {
            findings.push(format!(
                "{file}: `{path}`: the compiler's library reads and writes nothing; its caller gives it values"
            ));
        }
    }
    findings
}

#[test]
fn no_circle_of_files() {
    none_of(&circles_of_files(&tracked()));
}

#[test]
fn every_path_from_the_root_ends_somewhere() {
    none_of(&paths_to_nowhere(&tracked()));
}

#[test]
fn no_stage_looks_at_a_later_one() {
    none_of(&against_the_order(&tracked()));
}

#[test]
fn the_order_of_modules_is_documented() {
    none_of(&undocumented(&tracked()));
}

#[test]
fn the_library_does_no_input_or_output() {
    none_of(&input_and_output(&tracked()));
}
