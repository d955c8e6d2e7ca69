//! The pages that people follow step by step: each command in them is typed in an empty directory, and what it prints is
//! what the page says.

use purple_tests::operator::install;
use purple_tests::repository::{Tracked, root, tracked};
use purple_tests::run::bare;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::{TestDir, binary};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

scenarios! {
    quickstart
    tutorial
    troubleshooting
    demos
}

/// A command of a page, and what it prints.
struct Step {
    command: String,
    prints: Vec<String>,
}

/// A line of a page that stands for any lines.
const ANY: &str = "...";

fn quickstart(place: &TestDir) {
    follow(place, "docs/quickstart.md");
}

fn tutorial(place: &TestDir) {
    follow(place, "docs/tutorial.md");
}

fn troubleshooting(place: &TestDir) {
    follow(place, "docs/troubleshooting.md");
}

fn demos(place: &TestDir) {
    place.dir("empty");
    // As they are in the repository: what `make demo` has left beside them belongs to who typed it.
    let files = tracked();
    let mut directories = BTreeSet::new();
    for Tracked { path, text } in files.iter().filter(|file| file.path.starts_with("demo/")) {
        for (end, _) in path.match_indices('/') {
            if directories.insert(&path[..end]) {
                place.dir(&format!("empty/{}", &path[..end]));
            }
        }
        place.file(&format!("empty/{path}"), text);
    }
    // Root's program is another user outside: without this, the modes of the files deny what the mounts are to deny.
    bare(place, &["chmod", "-R", "a+w", "empty/demo"]).good();
    follow(place, "demo/README.md");
}

/// Types all commands of a page, one after the other, in one shell.
fn follow(place: &TestDir, page: &str) {
    install(place);
    let _helper = purple_net(place);
    fs::copy(binary("purplec"), place.at("purplec")).expect("purplec can be copied");
    let text = fs::read_to_string(root().join(page)).expect("the page");
    let steps = steps(&text);
    assert!(steps.len() > 3, "{page} has lost its commands");
    let here = place.text("");
    let mut typed = format!(
        "export HOME={here}/home PATH={here}:/usr/bin:/bin XDG_STATE_HOME={here}/home/.local/state\n\
         mkdir -p empty && cd empty\nexec 2>&1\n"
    );
    for step in &steps {
        write!(typed, "{}\nprintf '\\036%d\\036' $?\n", step.command).expect("a string grows");
    }
    let script = place.file("typed", typed);
    let done = bare(place, &["bash", script.to_str().expect("UTF-8")]);
    let out = done.out();
    let mut parts = out.split('\u{1e}');
    for step in &steps {
        let printed = parts.next().unwrap_or_default();
        let status = parts.next();
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(status, Some("0"), "{page}: $ {}\n{printed}", step.command);
        assert!(
            matches(&step.prints, &lines),
            "{page}: $ {}\n{printed}\ninstead of\n{}",
            step.command,
            step.prints.join("\n")
        );
    }
}

/// The commands in a page's consoles: `$ ` begins one, `> ` goes on with it.
fn steps(text: &str) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    let consoles = text.split("```console\n").skip(1);
    for console in consoles.filter_map(|rest| rest.split("```").next()) {
        for line in console.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                found.push(Step {
                    command: command.to_owned(),
                    prints: Vec::new(),
                });
                continue;
            }
            let step = found.last_mut().expect("a console begins with a command");
            match line.strip_prefix('>') {
                Some(more) if step.prints.is_empty() => {
                    step.command.push('\n');
                    step.command
                        .push_str(more.strip_prefix(' ').unwrap_or(more));
                }
                _ => step.prints.push(line.to_owned()),
            }
        }
    }
    found
}

/// Whether lines are what a page says.
fn matches(says: &[String], lines: &[&str]) -> bool {
    let Some((first, rest)) = says.split_first() else {
        return lines.is_empty();
    };
    if first == ANY {
        return (0..=lines.len()).any(|at| matches(rest, lines.get(at..).unwrap_or_default()));
    }
    match lines.split_first() {
        Some((line, more)) => line.trim_end() == first && matches(rest, more),
        None => false,
    }
}

#[test]
fn a_page_that_says_something_else_is_found() {
    let says: Vec<String> = ["a", ANY, "d"].map(str::to_owned).to_vec();
    assert!(matches(&says, &["a", "d"]));
    assert!(matches(&says, &["a", "b", "c", "d"]));
    assert!(!matches(&says, &["a", "b", "c"]));
    assert!(!matches(&says, &["a", "d", "e"]));
    let page = "```console\n$ cat <<'END'\n> x\n>\n> END\nx\n\n$ true\n```\n";
    let steps = steps(page);
    assert_eq!(steps[0].command, "cat <<'END'\nx\n\nEND");
    assert_eq!(steps[0].prints, ["x", ""]);
    assert_eq!(
        (steps[1].command.as_str(), steps[1].prints.len()),
        ("true", 0)
    );
}
