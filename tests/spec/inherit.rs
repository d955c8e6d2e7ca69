//! What `extends` means: the rules of merging, one test each, and texts made to be much.

mod bounds;
mod keys;
mod loosened;
mod wrong;

use super::texts::Texts;
use super::{compiled_beside, compiled_by, policies};
use purple_plan::{MountKind, Plan, SourceLine};
use purple_tests::repository::root;
use purplec::facts::HostFacts;
use purplec::pipeline::{Compilation, Options, Stage};
use purplec::profiles::SHIPPED;
use std::fs;

/// What a policy says with what it inherits, as JSON on one line.
#[track_caller]
fn merged(parents: &[(&str, &str)], policy: &str) -> String {
    let (outcome, text) = emitted(parents, policy, Stage::Policy);
    let listing = outcome.listing.unwrap_or_else(|| panic!("{text}"));
    let mut kept = String::new();
    let mut in_text = false;
    for character in listing.chars() {
        in_text ^= character == '"';
        if in_text || !character.is_whitespace() {
            kept.push(character);
        }
    }
    kept.replace('"', "")
}

/// The findings of a policy with one parent that are about the policy itself: each code with its message.
fn findings(parent: &str, policy: &str) -> Vec<String> {
    let files = Texts::new([("p.yaml", parent)]).files();
    let text = format!("name: a\nextends: p.yaml\n{policy}");
    let (outcome, _) = compiled_beside("policy.yaml", text.as_bytes(), Some(files));
    let found = outcome.diagnostics.iter().filter(|one| one.span.file == 0);
    found
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

fn emitted(parents: &[(&str, &str)], policy: &str, stage: Stage) -> (Compilation, String) {
    let files = Some(Texts::new(parents.iter().copied()).files());
    let options = Options {
        emit: Some(stage),
        files,
        ..Options::default()
    };
    compiled_by("policy.yaml", policy.as_bytes(), &options)
}

#[track_caller]
fn has(merged: &str, part: &str) {
    assert!(merged.contains(part), "no `{part}` in {merged}");
}

const PARENT: &str = "\
name: parent
description: the parent's
filesystem:
  immutable_paths:
    - {host_path: /usr, sandbox_path: /usr}
    - {host_path: ., sandbox_path: /workspace}
  scratch_paths: [/tmp, /cache]
  working_dir: /workspace
syscalls:
  allow: [read, write]
  deny: [ptrace]
  advanced_rules:
    - {syscall: kill, action: kill}
  on_deny: {errno: EACCES}
resources: {memory_limit_bytes: 1G, pids_limit: 10}
network: {dns_servers: [192.0.2.1]}
environment:
  set: {A: a, B: b}
  pass: [C, D]
";

#[test]
fn a_policy_that_says_nothing_is_its_parent_under_another_name() {
    let found = merged(&[("p.yaml", PARENT)], "name: a\nextends: p.yaml\n");
    let parent = merged(&[], PARENT);
    assert_eq!(
        found.replace("{name:a,", ""),
        parent.replace("{name:parent,description:the parent's,", "")
    );
    assert!(
        !found.contains("description") && !found.contains("extends"),
        "{found}"
    );
}

#[test]
fn the_last_value_stands_and_sections_merge_key_by_key() {
    let policy = "name: a\nextends: p.yaml\nfilesystem: {working_dir: /tmp}\n\
                  resources: {memory_limit_bytes: 512M}\nsyscalls: {on_deny: kill}\n";
    let found = merged(&[("p.yaml", PARENT)], policy);
    has(&found, "working_dir:/tmp");
    has(&found, "resources:{memory_limit_bytes:512M,pids_limit:10}");
    has(&found, "on_deny:kill");
    has(&found, "dns_servers:[192.0.2.1]");
}

#[test]
fn lists_grow_and_hold_nothing_twice() {
    let policy = "name: a\nextends: p.yaml\nsyscalls: {allow: [close, read], deny: [socket]}\n\
                  network: {dns_servers: [192.0.2.1, 192.0.2.2]}\n";
    let found = merged(&[("p.yaml", PARENT)], policy);
    has(&found, "allow:[read,write,close]");
    has(&found, "deny:[ptrace,socket]");
    has(&found, "dns_servers:[192.0.2.1,192.0.2.2]");
}

#[test]
fn what_begins_with_an_exclamation_mark_takes_out() {
    let policy = "name: a\nextends: p.yaml\n\
                  filesystem: {scratch_paths: [\"!/cache/\", /more]}\n\
                  syscalls: {allow: [\"!write\"], deny: [\"!ptrace\"]}\n\
                  environment: {pass: [\"!D\"]}\n";
    let found = merged(&[("p.yaml", PARENT)], policy);
    has(&found, "scratch_paths:[/tmp,/more]");
    has(&found, "allow:[read],deny:[]");
    has(&found, "pass:[C]");
}

/// Beside a group it also narrows what the group stands for, so that it stays.
#[test]
fn beside_a_group_an_exclusion_stays() {
    let parent = "name: p\nsyscalls: {allow: [\"@file-read\", openat2]}\n";
    let files = [("p.yaml", parent)];
    let policy = "name: a\nextends: p.yaml\nsyscalls: {allow: [\"!openat2\", \"!creat\"]}\n";
    has(
        &merged(&files, policy),
        "allow:[@file-read,!openat2,!creat]",
    );
    let child = "name: b\nextends: a.yaml\nsyscalls: {allow: [creat]}\n";
    let files = [("p.yaml", parent), ("a.yaml", policy)];
    has(&merged(&files, child), "allow:[@file-read,!openat2,creat]");
    let child = "name: b\nextends: a.yaml\nsyscalls: {allow: [\"!@file-read\"]}\n";
    has(&merged(&files, child), "allow:[!openat2,!creat]");
}

#[test]
fn what_was_taken_out_can_be_put_back() {
    let middle = "name: m\nextends: p.yaml\nsyscalls: {deny: [\"!ptrace\"]}\n";
    let files = [("p.yaml", PARENT), ("m.yaml", middle)];
    let found = merged(
        &files,
        "name: a\nextends: m.yaml\nsyscalls: {deny: [ptrace]}\n",
    );
    has(&found, "deny:[ptrace]");
}

/// Each path inside has one meaning: the later text's.
#[test]
fn a_path_inside_is_what_the_last_text_makes_of_it() {
    let policy = "name: a\nextends: p.yaml\nfilesystem:\n  \
                  immutable_paths: [{host_path: /opt/usr, sandbox_path: /usr/}]\n  \
                  scratch_paths: [/out]\n  \
                  output_paths: [{host_path: ., sandbox_path: /workspace}]\n";
    let found = merged(&[("p.yaml", PARENT)], policy);
    has(
        &found,
        "immutable_paths:[{host_path:/opt/usr,sandbox_path:/usr/,optional:false,noexec:false}]",
    );
    has(&found, "scratch_paths:[/tmp,/cache,/out]");
    has(
        &found,
        "output_paths:[{host_path:.,sandbox_path:/workspace,optional:false,noexec:false}]",
    );
    let child = "name: b\nextends: a.yaml\nfilesystem:\n  \
                 immutable_paths: [{host_path: ./out, sandbox_path: /out}]\n";
    let found = merged(&[("p.yaml", PARENT), ("a.yaml", policy)], child);
    has(
        &found,
        "{host_path:./out,sandbox_path:/out,optional:false,noexec:false}],scratch_paths:[/tmp,/cache]",
    );
}

#[test]
fn a_variable_is_what_the_last_text_makes_of_it() {
    let policy = "name: a\nextends: p.yaml\nenvironment: {set: {B: x, C: c}, pass: [A]}\n";
    let found = merged(&[("p.yaml", PARENT)], policy);
    has(&found, "environment:{set:{B:x,C:c},pass:[D,A]}");
}

#[test]
fn rules_add_up_and_the_same_one_counts_once() {
    let policy = "name: a\nextends: p.yaml\nsyscalls:\n  advanced_rules:\n    \
                  - {action: kill, syscall: socket}\n    - {syscall: kill, action: kill}\n    \
                  - {syscall: kill, action: log}\n";
    let found = merged(&[("p.yaml", PARENT)], policy);
    let rules = found.matches("{syscall:").count();
    assert_eq!(rules, 3, "{found}");
}

#[test]
fn later_parents_win_over_earlier_ones() {
    let one = "name: one\nresources: {pids_limit: 1, memory_limit_bytes: 1M}\n";
    let two = "name: two\nresources: {pids_limit: 2}\n";
    let files = [("one.yaml", one), ("two.yaml", two)];
    let found = merged(&files, "name: a\nextends: [one.yaml, two.yaml]\n");
    has(&found, "resources:{memory_limit_bytes:1M,pids_limit:2}");
    let found = merged(&files, "name: a\nextends: [two.yaml, one.yaml]\n");
    has(&found, "resources:{memory_limit_bytes:1M,pids_limit:1}");
}

/// What two parents share comes before both, so that it undoes nothing that one of them changes.
#[test]
fn a_text_reached_by_two_ways_is_merged_once() {
    let base = "name: base\nresources: {pids_limit: 1, memory_limit_bytes: 1M}\n\
                syscalls: {deny: [ptrace]}\n";
    let left = "name: left\nextends: ./base.yaml\nresources: {pids_limit: 2}\n\
                syscalls: {deny: [\"!ptrace\"]}\n";
    let right = "name: right\nextends: ../dir/base.yaml\nresources: {memory_limit_bytes: 2M}\n";
    let files = [
        ("dir/base.yaml", base),
        ("dir/left.yaml", left),
        ("dir/right.yaml", right),
    ];
    for order in [
        "[dir/left.yaml, dir/right.yaml]",
        "[dir/right.yaml, dir/left.yaml, dir/base.yaml]",
    ] {
        let found = merged(&files, &format!("name: a\nextends: {order}\n"));
        has(&found, "resources:{memory_limit_bytes:2M,pids_limit:2}");
        has(&found, "deny:[]");
    }
}

#[test]
fn older_spellings_are_one_key_with_the_preferred_ones() {
    let parent = "name: p\nresources: {timeout: 5}\n";
    let found = merged(
        &[("p.yaml", parent)],
        "name: a\nextends: p.yaml\nresources: {timeout: 6}\n",
    );
    has(&found, "resources:{session_timeout_seconds:6}");
}

/// The plan of a policy cites the line of the text that asks.
#[test]
fn lines_are_those_of_the_text_that_says_it() {
    let parent = "name: p\n# A comment.\n\nfilesystem:\n  immutable_paths:\n    \
                  - {host_path: /usr, sandbox_path: /usr}\n";
    let policy = "name: a\nextends: p.yaml\nfilesystem:\n  output_paths:\n    - host_path: ./o\n      \
                  sandbox_path: /o\n";
    let files = Texts::new([("p.yaml", parent)]).files();
    let (outcome, text) = compiled_beside("policy.yaml", policy.as_bytes(), Some(files));
    let bytes = outcome.plan.unwrap_or_else(|| panic!("{text}"));
    let plan = Plan::decode(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let mut lines: Vec<(String, SourceLine)> = plan
        .mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::Bind)
        .map(|mount| (mount.target.to_string_lossy().into_owned(), mount.line))
        .filter(|(target, _)| !target.starts_with("/dev"))
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            ("/o".to_owned(), SourceLine::new(0, 5)),
            ("/usr".to_owned(), SourceLine::new(1, 6))
        ]
    );
    let sources: Vec<_> = plan
        .sources
        .iter()
        .map(|source| source.name.to_bytes())
        .collect();
    assert_eq!(sources, [b"p.yaml"]);
}

/// A policy compiles to what its listing compiles to.
#[test]
fn the_policy_in_full_means_the_same() {
    let folders = ["tests/spec/corpus", "policies", "tests/spec/cases"];
    let mut compared = 0;
    for path in folders.into_iter().flat_map(policies) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let parents: Vec<(String, String)> = policies("tests/spec/cases/parents")
            .iter()
            .map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                (
                    format!("parents/{name}"),
                    fs::read_to_string(path).unwrap_or_default(),
                )
            })
            .collect();
        let parents: Vec<_> = parents
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let (outcome, found) = emitted(&parents, &text, Stage::Resolved);
        let Some(listing) = outcome.listing.filter(|_| !found.contains("error[")) else {
            continue;
        };
        for stage in [Stage::Ir, Stage::Bpf] {
            let (full, findings) = emitted(&[], &listing, stage);
            let (short, _) = emitted(&parents, &text, stage);
            let Some(short) = short.listing else { continue };
            assert_eq!(
                full.listing.as_ref(),
                Some(&short),
                "{}\n{findings}{listing}",
                path.display()
            );
            assert!(full.sources.parents().is_empty());
            compared += 1;
        }
        for line in listing.lines().filter(|line| !line.ends_with(':')) {
            let place = line.rsplit_once("  # ").map(|(_, place)| place);
            let known = place.is_some_and(|place| place == "default" || place.contains(':'));
            assert!(known, "{}: no place: {line}", path.display());
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn the_policy_in_full_names_file_and_line_of_each_value() {
    let policy = "name: a\nextends: [ai-dev-safe, p.yaml]\nenvironment: {set: {B: \"x: y\"}}\n";
    let files = [(
        "p.yaml",
        "name: p\nenvironment:\n  pass: [TERM]\n  set:\n    'A B': '1'\n",
    )];
    let (outcome, text) = emitted(&files, policy, Stage::Resolved);
    let listing = outcome.listing.unwrap_or_else(|| panic!("{text}"));
    insta::with_settings!(
        {
            snapshot_path => "snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        },
        { insta::assert_snapshot!("in-full", listing) }
    );
}

/// What a policy does not say and means all the same: no default is left out.
#[test]
fn the_policy_in_full_says_what_nobody_says() {
    let full = |text: &str| {
        emitted(&[], &format!("name: a\n{text}\n"), Stage::Resolved)
            .0
            .listing
    };
    let lines = |text: &str| -> Vec<String> {
        let listing = full(text).expect("a listing");
        listing
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    let has = |text: &str, wanted: &[&str]| {
        let lines = lines(text);
        let found = lines.windows(wanted.len()).any(|part| part == wanted);
        assert!(found, "{text}: no {wanted:?} in {lines:#?}");
    };
    let (project, home) = ("- \"@project\" # default", "- \"@home\" # default");
    let output = |rest: &str| format!("filesystem: {{output_paths: [{{{rest}}}]}}");
    has(
        &output("host_path: ., sandbox_path: /w"),
        &["read_only:", project],
    );
    has(
        &output("host_path: /home/bob, sandbox_path: /w"),
        &["read_only:", project, home],
    );
    let own = output("read_only: [Makefile, '!.git/config'], host_path: ., sandbox_path: /w");
    has(
        &own,
        &[
            "read_only:",
            "- Makefile # policy.yaml:2",
            "- \"!.git/config\" # policy.yaml:2",
            project,
        ],
    );
    for said in ["@project", "!@project"] {
        let own = output(&format!(
            "host_path: ., sandbox_path: /w, read_only: ['{said}']"
        ));
        has(
            &own,
            &["read_only:", &format!("- \"{said}\" # policy.yaml:2")],
        );
        assert!(!lines(&own).iter().any(|line| line == project), "{said}");
    }
    let none = lines(&output("host_path: /srv/x, sandbox_path: /w"));
    assert!(
        !none.iter().any(|line| line.starts_with("read_only")),
        "{none:#?}"
    );

    let swap = "# memory_swap_limit_bytes: no swap # default";
    has("resources: {memory_limit_bytes: 1G}", &[swap]);
    let unlimited = lines("resources: {pids_limit: 5}");
    assert!(
        !unlimited.iter().any(|line| line.contains("memory_swap")),
        "{unlimited:#?}"
    );
    has(
        "filesystem: {scratch_paths: [/tmp]}",
        &["masked_paths: [] # default"],
    );
    has("audit: {enabled: true}", &["on_failure: end # default"]);
    has("audit: {enabled: true}", &["detail_level: [] # default"]);
    has(
        "ebpf_monitoring: {enabled: true}",
        &["trace_files: false # default"],
    );
}

/// What `base` shows of the host is what a policy shows that says nothing about files.
#[test]
fn base_shows_what_is_shown_by_default() {
    let base = fs::read_to_string(root().join("policies/base.yaml")).unwrap_or_default();
    let start = base.find("filesystem:").unwrap_or(0);
    let end = base.find("syscalls:").unwrap_or(0);
    let without = "name: a\n";
    let with = format!("{without}{}", &base[start..end]);
    let shown = |text: &str| -> Vec<String> {
        let listing = emitted(&[], text, Stage::Ir).0.listing.unwrap_or_default();
        let binds = listing.lines().filter(|line| line.starts_with("bind "));
        binds.map(str::to_owned).collect()
    };
    assert!(shown(&with).len() > 20);
    assert_eq!(shown(&with), shown(without));
}

/// The profile is written in another way, and means what it meant.
#[test]
fn the_default_profile_means_what_it_meant() {
    let text = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_default();
    for stage in [Stage::Ir, Stage::Bpf] {
        let listing = |path: &str| emitted(&[], &text(path), stage).0.listing;
        let now = listing("policies/ai-dev-safe.yaml");
        assert!(now.is_some());
        assert_eq!(now, listing("tests/spec/corpus/ai-dev-safe-in-full.yaml"));
    }
}

#[test]
fn a_plan_depends_on_all_texts_and_on_nothing_else() {
    let policy = b"name: a\nextends: x/p.yaml\n";
    let plan = |name: &str, parent: &str| {
        let files = Texts::new([("x/p.yaml", parent)]).files();
        let (outcome, text) = compiled_beside(name, policy, Some(files));
        outcome.plan.unwrap_or_else(|| panic!("{text}"))
    };
    let first = plan("policy.yaml", PARENT);
    assert_eq!(first, plan("/somewhere/else/b.yaml", PARENT));
    let other = plan("policy.yaml", &format!("{PARENT}# The same.\n"));
    let digest = |bytes: &[u8]| Plan::decode(bytes).map(|plan| plan.meta.source_digest).ok();
    assert_ne!(digest(&first), digest(&other));
    let (alone, _) = compiled_beside("p", b"name: a\n", None);
    let alone = alone.plan.unwrap_or_default();
    assert_eq!(digest(&alone), Some(purple_plan::sha256(b"name: a\n")));
}

#[test]
fn without_a_directory_profiles_can_be_extended_and_files_cannot() {
    for profile in SHIPPED {
        let policy = format!("name: a\nextends: {}\n", profile.name);
        let options = Options {
            facts: HostFacts::samples(),
            ..Options::default()
        };
        let (outcome, text) = compiled_by("p", policy.as_bytes(), &options);
        assert!(
            outcome.plan.is_some() && outcome.diagnostics.is_empty(),
            "{text}"
        );
    }
    let (outcome, text) = compiled_beside("p", b"name: a\nextends: ./x.yaml\n", None);
    let found: Vec<_> = outcome.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(found, ["extends-unreadable"], "{text}");
    assert!(
        text.contains("the directory of this text is not known"),
        "{text}"
    );
}
