//! The review kit: the walk through a review is carried out as it is written, and the files for other
//! people's repositories are of the right shape and call commands that there are.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it relies on"
)]

use serde_yaml::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a command prints on both streams, and its exit status.
fn run(command: &str, directory: &Path) -> (String, i32) {
    let program = Path::new(env!("CARGO_BIN_EXE_purplec"));
    let programs = program.parent().expect("the program is in a folder");
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let out = Command::new("sh")
        .args(["-c", &format!("{command}\n")])
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C")
        .current_dir(directory)
        .output()
        .expect("sh runs");
    let mut text = String::from_utf8(out.stdout).expect("output is UTF-8");
    text.push_str(&String::from_utf8_lossy(&out.stderr));
    (text, out.status.code().unwrap_or(-1))
}

/// The text after a change: each run of lines without `+` is found in it once, and replaced by the
/// lines without `-`.
fn changed(text: &str, change: &[&str]) -> String {
    // An empty line of a diff may lose its space.
    let body = |line: &str| line.get(1..).unwrap_or("").to_owned();
    let with = |sign: char| -> String {
        let lines = change.iter().filter(|line| !line.starts_with(sign));
        lines.map(|line| body(line) + "\n").collect()
    };
    let before = with('+');
    assert_eq!(
        text.matches(&before).count(),
        1,
        "the change must fit once:\n{before}\nin\n{text}"
    );
    text.replacen(&before, &with('-'), 1)
}

/// The page with the commands carried out and their output in place.
fn carried_out(page: &str, directory: &Path) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    let mut status = 0;
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match kind.split_once(' ') {
            Some(("yaml", file)) => {
                let path = directory.join(file);
                fs::create_dir_all(path.parent().expect("a folder")).expect("mkdir");
                fs::write(path, block.join("\n") + "\n").expect("write");
            }
            Some(("diff", file)) => {
                let path = directory.join(file);
                let before = fs::read_to_string(&path).expect("the file is there");
                fs::write(path, changed(&before, &block)).expect("write");
            }
            _ => {}
        }
        if kind == "console" {
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                let printed = if command == "echo $?" {
                    format!("{status}\n")
                } else {
                    let (printed, exit) = run(command, directory);
                    status = exit;
                    printed
                };
                out.extend(["$ ", command, "\n", printed.as_str()]);
            }
        } else {
            for line in block {
                out.extend([line, "\n"]);
            }
        }
        out.push_str("```\n");
    }
    out
}

/// Set `PURPLE_UPDATE_REVIEWING=1` to write what the commands print now, and review the change.
#[test]
fn the_walk_through_a_review_is_what_happens() {
    let page = read("docs/reviewing.md");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let now = carried_out(&page, directory.path());
    if std::env::var_os("PURPLE_UPDATE_REVIEWING").is_some_and(|value| value == "1") {
        fs::write(repository().join("docs/reviewing.md"), &now).expect("write");
        return;
    }
    assert!(
        page.matches("$ purplec ").count() > 8,
        "the walk has commands"
    );
    let differing = page
        .lines()
        .zip(now.lines())
        .find(|(written, printed)| written != printed);
    assert!(
        page == now,
        "docs/reviewing.md is not what happens: {differing:?}"
    );
}

#[test]
fn bites_a_page_that_is_not_what_happens() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let page = "```yaml p.yaml\nname: a\n```\n```diff p.yaml\n-name: a\n+nam: a\n```\n\
                ```console\n$ purplec check p.yaml\nall is well\n$ echo $?\n0\n```\n";
    let now = carried_out(page, directory.path());
    assert!(
        !now.contains("all is well") && now.contains("error[unknown-key]: `nam`"),
        "{now}"
    );
    assert!(now.ends_with("$ echo $?\n1\n```\n"), "{now}");
    assert_eq!(
        changed("a\nb\nc\n", &[" a", "-b", "+x", "+y", " c"]),
        "a\nx\ny\nc\n"
    );
}

/// The subcommands that a text calls.
fn commands(text: &str) -> BTreeSet<String> {
    let word = |rest: &str| rest.split([' ', '\n', '`']).next().unwrap_or("").to_owned();
    text.split("purplec ")
        .skip(1)
        .map(word)
        .filter(|it| !it.is_empty())
        .collect()
}

/// Every subcommand and option after `purplec` is one that the program has.
fn exists(text: &str) {
    let directory = repository();
    let (help, _) = run("purplec --help", &directory);
    for command in commands(text) {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "`purplec {command}` in:\n{text}"
        );
        let (help, _) = run(&format!("purplec {command} --help"), &directory);
        let start = format!("purplec {command} ");
        for call in text
            .split(&start)
            .skip(1)
            .map(|rest| rest.lines().next().unwrap_or(""))
        {
            let own = call.split(['|', '>', ';']).next().unwrap_or("");
            for option in own.split_whitespace().filter(|it| it.starts_with("--")) {
                assert!(help.contains(option), "`{option}` of `purplec {command}`");
            }
        }
    }
}

fn yaml(path: &str) -> (String, Value) {
    let text = read(path);
    let value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    (text, value)
}

fn words(value: &Value) -> Vec<&str> {
    value
        .as_sequence()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn the_hooks_are_hooks() {
    let (text, hooks) = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_sequence().expect("a list of hooks");
    let ids: Vec<&str> = hooks
        .iter()
        .filter_map(|hook| hook["id"].as_str())
        .collect();
    assert_eq!(ids, ["purplec-check", "purplec-fmt"]);
    for hook in hooks {
        for key in ["name", "description", "entry", "files"] {
            assert!(
                hook[key].as_str().is_some_and(|text| !text.is_empty()),
                "{key}"
            );
        }
        assert_eq!(hook["language"].as_str(), Some("system"));
        assert_eq!(words(&hook["types"]), ["yaml"]);
        exists(hook["entry"].as_str().expect("an entry"));
    }
    exists(
        &text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n"),
    );
}

/// What pre-commit does with them: the entry with the names of files behind it. It takes a status that is
/// not 0 for a failure, and a file that has changed as well.
#[test]
fn the_hooks_stop_what_is_wrong_and_pass_what_is_right() {
    let (_, hooks) = yaml(".pre-commit-hooks.yaml");
    for hook in hooks.as_sequence().expect("a list of hooks") {
        let entry = hook["entry"].as_str().expect("an entry");
        let stopped = |policy: &str| {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let (one, two) = (
                directory.path().join("a.yaml"),
                directory.path().join("b.yaml"),
            );
            fs::write(&one, "name: a\n").expect("write");
            fs::write(&two, policy).expect("write");
            let (printed, status) = run(&format!("{entry} a.yaml b.yaml"), directory.path());
            let after = fs::read_to_string(&two).expect("it is there");
            assert_eq!(fs::read_to_string(&one).expect("it is there"), "name: a\n");
            (status != 0 || after != policy, printed)
        };
        assert!(!stopped("name: b\n").0, "{entry}");
        let wrong = if entry.contains("fmt") {
            "name:    b\n"
        } else {
            "nam: b\n"
        };
        let (stopped, printed) = stopped(wrong);
        assert!(stopped && printed.contains("b.yaml"), "{entry}: {printed}");
    }
}

#[test]
fn the_workflow_is_a_workflow() {
    let (_, workflow) = yaml("docs/review/purple-policies.yml");
    assert!(workflow["on"]["pull_request"]["paths"].is_sequence());
    assert_eq!(
        workflow["permissions"]["contents"].as_str(),
        Some("read"),
        "no more than it needs"
    );
    let job = &workflow["jobs"]["policies"];
    assert!(job["runs-on"].as_str().is_some() && job["timeout-minutes"].as_u64().is_some());
    let steps = job["steps"].as_sequence().expect("steps");
    let mut called = BTreeSet::new();
    for step in steps {
        assert!(step["name"].as_str().is_some(), "{step:?}");
        let (uses, script) = (step["uses"].as_str(), step["run"].as_str());
        assert!(
            uses.is_some() != script.is_some(),
            "a step does one thing: {step:?}"
        );
        if uses.is_some_and(|uses| uses.starts_with("actions/checkout@")) {
            let kept = &step["with"]["persist-credentials"];
            assert_eq!(kept.as_bool(), Some(false), "a build needs no token");
        }
        let script = script.unwrap_or("");
        assert!(
            !script.contains("${{"),
            "what GitHub puts in is no part of a script: {script}"
        );
        if !script.contains("cargo build") {
            exists(script);
            called.extend(commands(script));
        }
    }
    let called: Vec<&str> = called.iter().map(String::as_str).collect();
    assert_eq!(called, ["check", "compile", "fmt", "show", "verify"]);
}

#[test]
fn the_job_for_gitlab_is_a_job() {
    let (_, file) = yaml("docs/review/gitlab-ci.yml");
    let job = &file["purple-policies"];
    let script = words(&job["script"]).join("\n");
    exists(&script);
    assert_eq!(commands(&script).len(), 5, "{script}");
    assert!(job["artifacts"]["paths"].is_sequence() && job["stage"].as_str() == Some("test"));
}

/// The scripts of both do what they say, on a repository with a policy.
#[test]
fn the_scripts_run() {
    for (path, steps) in [
        (
            "docs/review/purple-policies.yml",
            &["jobs", "policies", "steps"][..],
        ),
        ("docs/review/gitlab-ci.yml", &["purple-policies", "script"]),
    ] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(directory.path().join("policies")).expect("mkdir");
        fs::write(directory.path().join("policies/a.yaml"), "name: a\n").expect("write");
        let (_, file) = yaml(path);
        let steps = steps.iter().fold(&file, |value, key| &value[*key]);
        let scripts = steps.as_sequence().expect("steps").iter();
        let scripts = scripts.filter_map(|step| step.as_str().or_else(|| step["run"].as_str()));
        for script in scripts.filter(|script| !script.contains("cargo build")) {
            let (printed, status) = run(&format!("set -e\n{script}"), directory.path());
            assert_eq!(status, 0, "{path}: {script}\n{printed}");
        }
        let shown =
            fs::read_to_string(directory.path().join("plans/a.txt")).expect("what it grants");
        assert!(shown.contains("policy a"), "{shown}");
    }
}
