//! Rules for what tests let run: programs in Python are files in `tests/probes`, and system calls have
//! names.

use super::{none_of, one_of};
use proc_macro2::{TokenStream, TokenTree};
use purple_tests::repository::{Tracked, tracked};

/// What a line of Python for a probe has.
const PYTHON: [&str; 9] = [
    "import ", "def ", "show(", "attempt(", "syscall(", "libc.", "os.", "sys.", "socket.",
];

/// The tests' files with this ending, but for those about the repository.
fn tests<'f>(files: &'f [Tracked], kind: &'static str) -> impl Iterator<Item = &'f Tracked> {
    files.iter().filter(move |file| {
        let tests = file.path.starts_with("tests/") && !file.path.starts_with("tests/tidy/");
        tests && file.has_extension(kind)
    })
}

/// The literal texts among some words.
fn texts(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                found.extend(text.map(|text| text.value()));
            }
            _ => {}
        }
    }
}

/// Whether a text is a program in Python of several lines.
fn is_program(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let python = PYTHON.iter().any(|word| text.contains(word));
    python && !text.contains("#include") && lines.count() > 1
}

fn embedded_programs(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tests(files, "rs") {
        let tokens = file.text.parse();
        let mut found = Vec::new();
        texts(
            tokens.unwrap_or_else(|error| panic!("{}: {error}", file.path)),
            &mut found,
        );
        for text in found.iter().filter(|text| is_program(text)) {
            let first = text.lines().find(|line| !line.trim().is_empty());
            findings.push(format!(
                "{}: `{}`: a program of more than one line is a file in tests/probes",
                file.path,
                first.unwrap_or_default()
            ));
        }
    }
    findings
}

fn calls_by_number(files: &[Tracked]) -> Vec<String> {
    let by_number = |line: &str| {
        let calls = line.split("syscall(").skip(1);
        calls.into_iter().any(|rest| {
            let first = rest.trim_start().chars().next();
            first.is_some_and(|first| first.is_ascii_digit())
        })
    };
    let mut findings = Vec::new();
    for file in tests(files, "rs").chain(tests(files, "py")) {
        for (number, line) in file.lines().filter(|(_, line)| by_number(line)) {
            findings.push(format!(
                "{}:{number}: `{}`: name the call, in tests/probes/calls.py if it is Python",
                file.path,
                line.trim()
            ));
        }
    }
    findings
}

#[test]
fn programs_of_tests_are_files() {
    none_of(&embedded_programs(&tracked()));
}

#[test]
fn system_calls_of_tests_have_names() {
    none_of(&calls_by_number(&tracked()));
}

#[test]
fn bites_an_embedded_program() {
    for text in [
        "const A: &str = \"import os\\nshow(a=1)\";",
        "const A: &str = \"show(a=1,\n     b=2)\";",
        "fn f() { format!(\"{X}\\nfor x in y:\n  libc.f(x)\"); }",
    ] {
        let bad = Tracked::new("tests/e2e/x.rs", text);
        one_of(&embedded_programs(&[bad]), "a file in tests/probes");
    }
    for text in [
        "const A: &str = \"show(a=1)\";",
        "const A: &str = \"\\nshow(a=1)\";",
        "const A: &str = \"name: x\\nextends: y\\n\";",
        "const A: &str = \"#include <sys/syscall.h>\\nint main() { syscall(1); }\";",
    ] {
        let fine = Tracked::new("tests/e2e/x.rs", text);
        none_of(&embedded_programs(&[fine]));
    }
}

#[test]
fn bites_a_call_by_its_number() {
    for (path, text) in [
        ("tests/probes/x.py", "libc.syscall(250, 1)\n"),
        ("tests/probes/x.py", "show(a=syscall( 41, 16, 3))\n"),
        (
            "tests/e2e/x.rs",
            "const A: &str = \"libc.syscall(250, 1)\";\n",
        ),
    ] {
        one_of(&calls_by_number(&[Tracked::new(path, text)]), ":1: ");
    }
    let fine = Tracked::new("tests/probes/x.py", "libc.syscall(SYS_keyctl, 1)\n");
    none_of(&calls_by_number(&[fine]));
}
