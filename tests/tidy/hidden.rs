//! What comes from elsewhere is printed through one module, `schema/report/src/visible.rs`: no program has
//! another table of what hides, prints by itself, or shows a path as the standard library does.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, tracked};

/// A rule: words, where they may stand, and what to do instead.
type Rule = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const RULES: [Rule; 5] = [
    (
        &[
            "println!",
            "eprintln!",
            "print!",
            "eprint!",
            "stdout().lock()",
            "stderr().lock()",
        ],
        &[
            "compiler/src/cli/exit.rs",
            "compiler/src/cli/output.rs",
            "operator/cli/src/output.rs",
        ],
        "print through `exit::print` or `output::print`, which spell out what hides, and add the form to tests/e2e/hidden.rs",
    ),
    (
        &["print_as_it_is", "print_error_as_it_is"],
        &[
            // It prints findings with colours, and a policy that is fixed or compared.
            "compiler/src/cli/report.rs",
            // Pages of the compiler's own, with colours.
            "compiler/src/cli/explain.rs",
            // A policy that is formatted.
            "compiler/src/cli/fmt.rs",
            "compiler/src/cli/exit.rs",
            // With colours, each text made visible before.
            "operator/cli/src/doctor.rs",
            "operator/cli/src/output.rs",
        ],
        "what is printed as it is was made visible before: say by what, here",
    ),
    (
        &[".display()"],
        &[],
        "write a path by `purple_host::path::shown` or `render::visible`",
    ),
    (
        &["is_control()", "escape_unicode()", "escape_debug()"],
        &[
            // The kinds of the table, for findings, and YAML's own escapes.
            "compiler/src/diagnostics/hidden.rs",
            "compiler/src/parse/write.rs",
        ],
        "ask `purple_report::is_hidden`: there is one table of what hides",
    ),
    (
        &[
            "to_string_pretty(",
            "serde_json::to_string(",
            "serde_json::to_writer",
            "{:#}",
        ],
        &[
            "compiler/src/pipeline.rs",
            "compiler/src/cli/output.rs",
            // A schema of the compiler's own.
            "compiler/src/cli/mod.rs",
            "operator/cli/src/doctor.rs",
        ],
        "make JSON by `output::json` or `render::spelt_out`, which escape what hides",
    ),
];

/// Whether a file is a part of a program, and no test.
fn is_product(file: &Tracked) -> bool {
    let folders = [
        "compiler/",
        "executor/src/",
        "operator/",
        "schema/report/src/",
    ];
    let tests = file.path.contains("/tests") || file.path.contains("tests.rs");
    let table = file.path == "schema/report/src/visible.rs";
    folders.iter().any(|folder| file.path.starts_with(folder))
        && file.has_extension("rs")
        && !tests
        && !table
}

fn printed_by_themselves(files: &[Tracked]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_product(file)) {
        let code = file
            .lines()
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
        for (number, line) in code {
            let code = line.split("//").next().unwrap_or_default();
            for (words, places, instead) in RULES {
                let found = words.iter().find(|words| code.contains(**words));
                if let Some(words) = found.filter(|_| !places.contains(&file.path.as_str())) {
                    findings.push(format!("{}:{number}: `{words}`; {instead}", file.path));
                }
            }
        }
    }
    findings
}

#[test]
fn nothing_is_printed_beside_the_one_way() {
    none_of(&printed_by_themselves(&tracked()));
}

#[test]
fn bites_another_way() {
    for (path, code) in [
        ("operator/cli/src/new.rs", "println!(\"{name}\");"),
        (
            "compiler/src/cli/new.rs",
            "let mut out = io::stdout().lock();",
        ),
        (
            "operator/core/src/new.rs",
            "write!(f, \"{}\", self.path.display())",
        ),
        ("executor/src/new.rs", "if character.is_control() {"),
        (
            "operator/cli/src/new.rs",
            "print(&format!(\"{value:#}\"))?; serde_json::to_string(&value)",
        ),
        ("operator/cli/src/new.rs", "print_as_it_is(&text)?;"),
    ] {
        one_of(&printed_by_themselves(&[Tracked::new(path, code)]), ":1: ");
        let test = format!("#[cfg(test)]\nmod tests {{ {code} }}");
        none_of(&printed_by_themselves(&[Tracked::new(path, &test)]));
    }
}
