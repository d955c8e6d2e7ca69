//! The pages of the diagnostics: every example is compiled, and the index lists every page.
//!
//! A page's first policy gives the page's code, and nothing else, at the text that the page says is
//! underlined; its last policy gives no finding at all. A policy after the line `` `NAME.yaml`: ``
//! is a file beside both, which they may extend. A block of JSON is the target of both.

use super::texts::Texts;
use super::{compiled_by, slice};
use purple_tests::codes::emitted;
use purple_tests::repository::{root, tracked};
use purplec::diagnostics::{Diagnostic, Severity};
use purplec::pipeline::Options;
use purplec::source::Source;
use purplec::target::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The codes whose example cannot stand in a page, with the page's reason. Unit tests show them:
/// `compiler/src/parse/tests.rs` the first ones, `compiler/src/emit/bpf/tests.rs` the filter, the tests in `bpf/libseccomp` the library,
/// `compiler/src/resolve/syscalls/lists_tests.rs` the group, `compiler/src/hosts/tests.rs` the groups of hosts, `tests/spec/plans.rs` the plan, and
/// `compiler/src/validate/tests.rs` that the schema is one.
const WITHOUT_EXAMPLE: [(&str, &str); 19] = [
    (
        "byte-order-mark",
        "an editor may remove the mark from this page",
    ),
    ("extends-too-many", "it takes more than 64 parents"),
    ("filter-too-long", "it takes hundreds of rules"),
    (
        "group-empty",
        "every group has a call on x86-64, which the pages are compiled for",
    ),
    (
        "host-group-cycle",
        "the groups stand in files of the operator",
    ),
    (
        "host-group-malformed",
        "the groups stand in files of the operator",
    ),
    (
        "host-group-unreadable",
        "the groups stand in files of the operator",
    ),
    ("input-too-large", "the text would be longer than 1 MiB"),
    ("internal-schema", "a defect of the compiler"),
    ("invalid-utf8", "such bytes cannot stand in this page"),
    (
        "libseccomp-cannot",
        "it takes a purplec that is built with libseccomp",
    ),
    (
        "network-byte-order",
        "a policy cannot say what the plan is for: `--arch` does",
    ),
    ("plan-too-large", "it takes hundreds of paths"),
    ("proof-sampled", "it takes dozens of rules"),
    (
        "suppression-of-error",
        "the error that the comment names is found too",
    ),
    (
        "target-architecture-missing",
        "a policy cannot say what the plan is for: `--arch` does",
    ),
    ("target-namespace-missing", "no policy does without"),
    ("too-many-rules", "it takes more than a thousand rules"),
    (
        "windows-line-endings",
        "version control may convert the line endings of this page",
    ),
];

/// The code whose page has findings in a file beside the policy: they are what it is about.
const SHOWS_PARENTS: &str = "extends-broken";

/// A page, taken apart.
struct Page {
    severity: String,
    no_example: Option<String>,
    underlined: Option<String>,
    policies: Vec<String>,
    /// What the policies may extend: names and texts.
    parents: Vec<(String, String)>,
    /// The host that the first policy is held against.
    target: Option<Target>,
}

impl Page {
    /// The page of a code; the error says what is not as it should be.
    fn parse(code: &str, text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some(format!("# {code}").as_str()) {
            return Err(format!("the first line is not `# {code}`"));
        }
        let mut page = Self {
            severity: String::new(),
            no_example: None,
            underlined: None,
            policies: vec![],
            parents: vec![],
            target: None,
        };
        let mut parent = None;
        let mut words = 0;
        while let Some(line) = lines.next() {
            if line == "```yaml" {
                let mut policy = String::new();
                loop {
                    match lines.next() {
                        None => return Err("a policy does not end".to_owned()),
                        Some("```") => break,
                        Some(line) => policy.extend([line, "\n"]),
                    }
                }
                match parent.take() {
                    Some(name) => page.parents.push((name, policy)),
                    None => page.policies.push(policy),
                }
            } else if line == "```json" {
                let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
                page.target = Some(Target::read(text.join("\n").as_bytes())?);
            } else if let Some(severity) = line.strip_prefix("Severity: ") {
                severity.clone_into(&mut page.severity);
            } else if let Some(reason) = line.strip_prefix("example: none, ") {
                page.no_example = Some(reason.to_owned());
            } else if let Some(rest) = line.strip_prefix("underlined: ") {
                let text = rest
                    .strip_prefix('`')
                    .and_then(|rest| rest.strip_suffix('`'));
                page.underlined = Some(text.ok_or("the underlined text is not code")?.to_owned());
            } else if let Some(name) = file_name(line) {
                parent = Some(name);
            } else {
                words += line.split_whitespace().count();
            }
        }
        if let Some(name) = parent {
            return Err(format!("no policy comes after `{name}`:"));
        }
        if words < 15 {
            return Err(format!("{words} words explain nothing"));
        }
        Ok(page)
    }

    /// What is wrong with the examples of a code's page.
    fn problem(&self, code: &str) -> Option<String> {
        let (Some(first), Some(last)) = (self.policies.first(), self.policies.last()) else {
            return Some("there is no policy".to_owned());
        };
        let expected = if self.no_example.is_some() { 1 } else { 2 };
        if self.policies.len() != expected {
            return Some(format!(
                "there are {} policies, not {expected}",
                self.policies.len()
            ));
        }
        let (found, text) = self.examined(last);
        if !found.is_empty() {
            return Some(format!("the last policy is not free of findings:\n{text}"));
        }
        if self.no_example.is_some() {
            return None;
        }
        let names = |name: &String| self.policies.iter().any(|policy| policy.contains(name));
        if let Some((name, _)) = self.parents.iter().find(|(name, _)| !names(name)) {
            return Some(format!("no policy names `{name}`"));
        }
        let (mut found, text) = self.examined(first);
        if code == SHOWS_PARENTS {
            found.retain(|one| one.span.file == 0);
        }
        let [one] = found.as_slice() else {
            return Some(format!(
                "the first policy has {} findings, not one:\n{text}",
                found.len()
            ));
        };
        if one.code != code || word(one.severity) != self.severity {
            return Some(format!(
                "`{code}`, {}, is not what is found:\n{text}",
                self.severity
            ));
        }
        if one.span.file != 0 {
            return Some(format!("what is found is not in the first policy:\n{text}"));
        }
        let source = Source::new("page", first.as_str());
        let underlined = slice(&source, one);
        (underlined != self.underlined.as_deref().unwrap_or_default())
            .then(|| format!("`{underlined}` is underlined:\n{text}"))
    }

    fn examined(&self, policy: &str) -> (Vec<Diagnostic>, String) {
        let parents = self
            .parents
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        let files = Some(Texts::new(parents).files());
        let options = Options {
            files,
            target: self.target.clone(),
            ..Options::default()
        };
        let (outcome, text) = compiled_by("page", policy.as_bytes(), &options);
        let found = outcome.diagnostics;
        if found.is_empty() {
            assert!(
                outcome.plan.is_some(),
                "no plan and no finding for:\n{policy}"
            );
        }
        (found, text)
    }
}

/// `` `parent.yaml`: ``
fn file_name(line: &str) -> Option<String> {
    let stem = line.strip_prefix('`')?.strip_suffix(".yaml`:")?;
    Some(format!("{stem}.yaml"))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn codes() -> BTreeSet<String> {
    let files = tracked();
    emitted(&files)
        .into_iter()
        .filter_map(|found| Some(found.code?.to_owned()))
        .collect()
}

fn read(name: &str) -> String {
    let path = root().join("docs/diagnostics").join(name);
    fs::read_to_string(&path).unwrap_or_default()
}

fn pages() -> BTreeMap<String, Page> {
    let page = |code: &String| {
        let page = Page::parse(code, &read(&format!("{code}.md")));
        (
            code.clone(),
            page.unwrap_or_else(|problem| panic!("{code}.md: {problem}")),
        )
    };
    codes().iter().map(page).collect()
}

#[test]
fn every_page_shows_its_finding_and_the_way_out() {
    let problems: Vec<String> = pages()
        .iter()
        .filter_map(|(code, page)| Some(format!("{code}.md: {}", page.problem(code)?)))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn only_these_pages_have_no_example() {
    let pages = pages();
    let without: Vec<(&str, &str)> = pages
        .iter()
        .filter_map(|(code, page)| Some((code.as_str(), page.no_example.as_deref()?)))
        .collect();
    assert_eq!(without, WITHOUT_EXAMPLE);
}

#[test]
fn the_index_lists_every_page_with_its_severity() {
    let pages = pages();
    let index = read("README.md");
    let mut listed = BTreeSet::new();
    for line in index.lines().filter(|line| line.starts_with("- ")) {
        let name = line
            .strip_prefix("- [")
            .and_then(|rest| rest.split(']').next());
        let code = name.unwrap_or_else(|| panic!("no link: {line}"));
        let page = pages
            .get(code)
            .unwrap_or_else(|| panic!("no such code: {line}"));
        let start = format!("- [{code}]({code}.md) ({}): ", page.severity);
        assert!(
            line.len() > start.len() && line.starts_with(&start),
            "not `{start}...`: {line}"
        );
        assert!(listed.insert(code.to_owned()), "listed twice: {line}");
    }
    let missing: Vec<_> = pages
        .keys()
        .filter(|code| !listed.contains(*code))
        .collect();
    assert!(missing.is_empty(), "not in the index: {missing:?}");
}

/// Codes are permanent: people write them into scripts and search for them. A line that goes from
/// this snapshot is a promise that is broken.
#[test]
fn no_code_goes_away() {
    let list: String = codes()
        .iter()
        .flat_map(|code| [code.as_str(), "\n"])
        .collect();
    insta::with_settings!(
        {
            snapshot_path => "snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        },
        { insta::assert_snapshot!("codes", list) }
    );
}

#[test]
fn bites_a_page_that_is_wrong() {
    let words = "These are the words that say what the code means and why it matters to a reader.";
    let page = |severity: &str, underlined: &str, first: &str, last: &str| {
        let text = format!(
            "# wrong-type\n\nSeverity: {severity}\n\n{words}\n\n```yaml\n{first}\n```\n\n\
             underlined: `{underlined}`\n\n```yaml\n{last}\n```\n"
        );
        Page::parse("wrong-type", &text)
            .ok()
            .and_then(|page| page.problem("wrong-type"))
    };
    let says = |problem: Option<String>, words: &str| {
        assert!(
            problem.as_deref().is_some_and(|text| text.contains(words)),
            "{problem:?}"
        );
    };
    let clean = "name: a\nsyscalls: {allow: ['@default']}";
    assert_eq!(page("error", "1", "name: 1", clean), None);
    says(page("note", "1", "name: 1", clean), "is not what is found");
    says(page("error", "name", "name: 1", clean), "`1` is underlined");
    says(page("error", "1", clean, clean), "0 findings, not one");
    says(
        page("error", "a b", "name: a b", clean),
        "is not what is found",
    );
    says(
        page("error", "1", "name: 1", "name: 1"),
        "not free of findings",
    );
    let parent = |first: &str, parent: &str| {
        let text = format!(
            "# wrong-type\n\nSeverity: error\n\n{words}\n\n`p.yaml`:\n\n```yaml\n{parent}\n```\n\n\
             ```yaml\n{first}\n```\n\nunderlined: `1`\n\n```yaml\n{clean}\n```\n"
        );
        Page::parse("wrong-type", &text)
            .ok()
            .and_then(|page| page.problem("wrong-type"))
    };
    assert_eq!(parent("extends: p.yaml\nname: 1", "name: p"), None);
    says(parent("name: 1", "name: p"), "no policy names `p.yaml`");
    says(
        parent("extends: p.yaml\nname: a", "name: 1"),
        "2 findings, not one",
    );
    assert!(Page::parse("wrong-type", "# other\n").is_err());
    assert!(Page::parse("wrong-type", "# wrong-type\n\nSeverity: error\n\nShort.\n").is_err());
}
