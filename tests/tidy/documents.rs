//! Rules for everything that is tracked: words, links, modelines.

use super::{none_of, one_of};
use purple_tests::repository::{Tracked, root, tracked};

/// What must not be in the repository: paths of one machine and words of the workshop. Each is
/// written in two pieces, so that this file does not match itself. Upper and lower case are one.
const FOREIGN: [(&str, &str); 8] = [
    ("/wo", "rk/"),
    ("fa", "rm-"),
    ("sub", "agent"),
    (" l", "lm"),
    ("cla", "ude"),
    ("chat", "gpt"),
    ("anth", "ropic"),
    ("open", "ai"),
];

/// Names that the table of protected paths has: a directory of settings, and the program that reads it. And the profile for that.
const NAMES: [(&str, &str); 3] = [(".cla", "ude"), ("cla", "ude code"), ("cla", "ude-code")];

/// The groups of hosts: the names of other people's machines, and of whom they belong to.
const GROUPS: &str = "compiler/data/hosts/groups.txt";

/// What in [`GROUPS`] is a name of a host, of a group or of their owner.
const OWNERS: [(&str, &str); 4] = [
    ("cla", "ude"),
    ("chat", "gpt"),
    ("anth", "ropic"),
    ("open", "ai"),
];

/// The groups that are named after such an owner, as a policy writes them, and where people read of them.
const GROUP_NAMES: [(&str, &str); 2] = [("@anth", "ropic"), ("@open", "ai")];
const ABOUT_GROUPS: [&str; 5] = [
    "CHANGELOG.md",
    "docs/diagnostics/host-group-unknown.md",
    "docs/policy-reference.md",
    "docs/running.md",
    AGENT,
];

/// The profile of agents, which passes the variables that such owners' programs read.
const AGENT: &str = "policies/coding-agent.yaml";
const VARIABLES: [(&str, &str); 2] = [("anth", "ropic_api_key"), ("open", "ai_api_key")];

/// Where the profile is tried, with a host of one of these groups.
const TRIES_GROUPS: [&str; 2] = ["tests/e2e/coding_agent.rs", "tests/probes/agent_at_work.py"];
const HOST_NAMES: [(&str, &str); 1] = [("api.anth", "ropic.com")];

/// The profiles of agents by name, what is told about them, and where they are tried: hosts, variables and paths of their owners.
const PROFILES: [&str; 3] = ["policies/", "docs/profiles.md", "tests/e2e/profiles/"];

const MODELINE: &str = "# yaml-language-server: $schema=";

fn foreign_words(files: &[Tracked]) -> Vec<String> {
    let words = FOREIGN.map(|(start, end)| format!("{start}{end}"));
    let mut findings = Vec::new();
    for file in files {
        let mut names = NAMES.to_vec();
        let is_about_agents =
            file.path != AGENT && PROFILES.iter().any(|path| file.path.starts_with(path));
        if file.path == GROUPS || is_about_agents {
            names.extend(OWNERS);
        }
        if ABOUT_GROUPS.contains(&file.path.as_str()) {
            names.extend(GROUP_NAMES);
        }
        if file.path == AGENT {
            names.extend(VARIABLES);
        }
        if TRIES_GROUPS.contains(&file.path.as_str()) {
            names.extend(HOST_NAMES);
        }
        for (number, line) in file.lines() {
            let mut line = line.to_lowercase();
            for (start, end) in &names {
                line = line.replace(&format!("{start}{end}"), "");
            }
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                let path = &file.path;
                findings.push(format!(
                    "{path}:{number}: `{word}` does not belong here; remove it"
                ));
            }
        }
    }
    findings
}

/// The targets of the links in one line of Markdown.
fn links(line: &str) -> Vec<&str> {
    let mut found = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect::<Vec<_>>();
    let definition = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    found.extend(definition.and_then(|(_, rest)| rest.split_whitespace().next()));
    found
}

fn broken_links(files: &[Tracked], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut in_code = false;
        for (number, line) in file.lines() {
            in_code ^= line.trim_start().starts_with("```");
            for link in links(line).into_iter().filter(|_| !in_code) {
                let target = link.split('#').next().unwrap_or_default();
                let elsewhere = link.contains("://") || link.starts_with("mailto:");
                if elsewhere || target.is_empty() {
                    continue;
                }
                let place = match target.strip_prefix('/') {
                    Some(from_root) => from_root.to_owned(),
                    None => format!("{folder}/{target}")
                        .trim_start_matches('/')
                        .to_owned(),
                };
                if !exists(&place) {
                    let path = &file.path;
                    findings.push(format!(
                        "{path}:{number}: `{link}` leads nowhere; correct it"
                    ));
                }
            }
        }
    }
    findings
}

fn without_modeline(files: &[Tracked]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.path.starts_with("policies/") && file.has_extension("yaml"))
        .filter(|file| !file.text.lines().any(|line| line.starts_with(MODELINE)))
        .map(|file| {
            format!(
                "{}:1: add `{MODELINE}...`, so that editors know the schema",
                file.path
            )
        })
        .collect()
}

#[test]
fn no_foreign_words() {
    none_of(&foreign_words(&tracked()));
}

#[test]
fn links_lead_somewhere() {
    none_of(&broken_links(&tracked(), |path| root().join(path).exists()));
}

#[test]
fn policies_name_their_schema() {
    none_of(&without_modeline(&tracked()));
}

#[test]
fn bites_foreign_words() {
    for (start, end) in FOREIGN {
        let text = format!("fine\nnot {start}{} here\n", end.to_uppercase());
        one_of(&foreign_words(&[Tracked::new("x.txt", &text)]), "x.txt:2");
    }
    assert!(foreign_words(&[Tracked::new("x.txt", "a framework/x, a null model")]).is_empty());
    for (start, end) in GROUP_NAMES {
        let name = format!("{start}{end}");
        let owner = name.trim_start_matches('@');
        for path in ABOUT_GROUPS {
            assert!(foreign_words(&[Tracked::new(path, &name)]).is_empty());
            one_of(&foreign_words(&[Tracked::new(path, owner)]), owner);
        }
        one_of(&foreign_words(&[Tracked::new("README.md", &name)]), owner);
        assert!(foreign_words(&[Tracked::new(GROUPS, owner)]).is_empty());
        assert!(foreign_words(&[Tracked::new("policies/x.yaml", owner)]).is_empty());
    }
    for (start, end) in FOREIGN.iter().filter(|word| !OWNERS.contains(word)) {
        let word = format!("{start}{end}");
        one_of(&foreign_words(&[Tracked::new(GROUPS, &word)]), &word);
    }
}

#[test]
fn bites_a_broken_link() {
    let check = |text: &str| {
        let file = Tracked::new("docs/a/x.md", text);
        broken_links(&[file], |path| {
            path == "docs/a/y.md" || path == "docs/a/../z.md"
        })
    };
    one_of(&check("\n[y](gone.md)"), "docs/a/x.md:2: `gone.md`");
    one_of(&check("[y](y.md) [z](gone.md#part)"), "gone.md#part");
    one_of(&check("[y]: gone.md"), "gone.md");
    one_of(&check("![y](gone.png \"title\")"), "gone.png");
    one_of(&check("[y](/gone.md)"), "/gone.md");
    let fine = "[y](y.md) [y](y.md#part) [z](../z.md) [w](https://example.org) [p](#part)\n";
    assert!(check(fine).is_empty());
    assert!(check("```\n[y](gone.md)\n```\n").is_empty());
}

#[test]
fn bites_a_policy_without_modeline() {
    let bare = Tracked::new("policies/x.yaml", "name: x\n");
    one_of(&without_modeline(&[bare]), "policies/x.yaml:1: add");
    let fine = Tracked::new(
        "policies/x.yaml",
        &format!("{MODELINE}../schema.json\nname: x\n"),
    );
    assert!(without_modeline(&[fine]).is_empty());
}
