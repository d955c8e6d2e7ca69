//! Each short form gives the plan of the policy that spells it out.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use crate::diagnostics::{Severity, Sink};
use crate::facts::HostFacts;
use crate::pipeline::{Options, compile};
use crate::source::Source;
use purple_plan::{Plan, SourceLine};

fn facts(set: &[&str]) -> HostFacts {
    let mut facts = HostFacts::default();
    for assignment in set {
        facts.set(assignment).expect("a value");
    }
    facts
}

const SET: [&str; 4] = [
    "workspace=/srv/project",
    "home=/home/me",
    "cache=/var/caches",
    "start=/srv/project/part",
];

/// What is found, and the plan.
fn compiled(text: &str, set: &[&str]) -> (Vec<String>, Option<Vec<u8>>) {
    let source = Source::new("mine.yaml", text);
    let options = Options {
        facts: facts(set),
        ..Options::default()
    };
    let outcome = compile(&source, &options, Sink::new()).expect("no fault");
    let found = outcome.diagnostics.into_iter();
    let found = found.filter(|one| one.severity == Severity::Error);
    let said = found.map(|one| format!("{}: {}", one.code, one.message));
    (said.collect(), outcome.plan)
}

/// The steps of a plan without their lines, and the working directory.
fn steps(text: &str, set: &[&str]) -> Vec<String> {
    let (found, plan) = compiled(text, set);
    assert_eq!(found, [""; 0], "{text}");
    let plan = plan.expect("a plan");
    let plan = Plan::decode(&plan).expect("a plan");
    let start = format!("{:?}", plan.process.working_dir);
    let steps = plan.mounts.iter().map(|mut step| {
        step.line = SourceLine::default();
        if step.target != c"/etc/gitconfig" {
            step.content = &[];
        }
        format!("{step:?}")
    });
    steps.chain([start]).collect()
}

fn policy(filesystem: &str) -> String {
    format!(
        "name: a\nfilesystem:\n  immutable_paths:\n    - {{host_path: /usr, sandbox_path: /usr}}\n{filesystem}"
    )
}

#[test]
fn a_short_form_is_what_it_stands_for() {
    for (short, long) in [
        (
            "  workspace: {}\n",
            "  output_paths:\n    - {host_path: /srv/project, sandbox_path: /srv/project, read_only: ['@project']}\n  \
             working_dir: /srv/project/part\n",
        ),
        (
            "  workspace: {access: read-write, read_only: [Makefile, '!.vscode']}\n  working_dir: /tmp\n",
            "  output_paths:\n    - {host_path: /srv/project, sandbox_path: /srv/project, read_only: [Makefile, '!.vscode', \
             '@project']}\n",
        ),
        (
            "    - {host_path: /opt, sandbox_path: /opt}\n  workspace: {access: read-only, reason: review}\n",
            "    - {host_path: /opt, sandbox_path: /opt}\n    - {host_path: /srv/project, sandbox_path: /srv/project}\n  \
             working_dir: /srv/project/part\n",
        ),
        (
            "  toolchains: ['@uv', '@rust']\n  caches:\n    - {name: crates, sandbox_path: /home/me/.cargo/registry}\n",
            "    - {host_path: /home/me/.local/bin, sandbox_path: /home/me/.local/bin, optional: true}\n    \
             - {host_path: /home/me/.local/share/uv, sandbox_path: /home/me/.local/share/uv, optional: true}\n    \
             - {host_path: /home/me/.cargo/bin, sandbox_path: /home/me/.cargo/bin, optional: true}\n    \
             - {host_path: /home/me/.cargo/env, sandbox_path: /home/me/.cargo/env, optional: true}\n    \
             - {host_path: /home/me/.cargo/git, sandbox_path: /home/me/.cargo/git, optional: true}\n    \
             - {host_path: /home/me/.rustup, sandbox_path: /home/me/.rustup, optional: true}\n  \
             output_paths:\n    - {host_path: /var/caches/purple-caches/crates, sandbox_path: /home/me/.cargo/registry}\n",
        ),
        // Two that share a path, and one that the policy shows otherwise.
        (
            "    - {host_path: /opt/py, sandbox_path: /home/me/.local/lib}\n  toolchains: ['@uv', '@python']\n",
            "    - {host_path: /opt/py, sandbox_path: /home/me/.local/lib}\n    \
             - {host_path: /home/me/.local/bin, sandbox_path: /home/me/.local/bin, optional: true}\n    \
             - {host_path: /home/me/.local/share/uv, sandbox_path: /home/me/.local/share/uv, optional: true}\n    \
             - {host_path: /home/me/.pyenv, sandbox_path: /home/me/.pyenv, optional: true}\n    \
             - {host_path: /home/me/anaconda3, sandbox_path: /home/me/anaconda3, optional: true}\n    \
             - {host_path: /home/me/miniconda3, sandbox_path: /home/me/miniconda3, optional: true}\n    \
             - {host_path: /home/me/miniforge3, sandbox_path: /home/me/miniforge3, optional: true}\n",
        ),
    ] {
        assert_eq!(
            steps(&policy(short), &SET),
            steps(&policy(long), &[]),
            "{short}"
        );
    }
}

/// The git directory of a linked worktree is shown too, and protected like `.git`, also under another name.
#[test]
fn the_repository_of_a_linked_worktree_is_shown() {
    for git in ["/srv/main/.git", "/srv/bare-one"] {
        let named = format!("git_directory={git}");
        let set = [&SET[..], &[named.as_str()]].concat();
        let shown = steps(&policy("  workspace: {}\n"), &set).join("\n");
        for kept in ["commondir", "config", "config.worktree", "hooks"] {
            let target = format!("target: \"{git}/{kept}\"");
            assert!(shown.contains(&target), "{target}\n{shown}");
        }
        assert!(shown.contains(&format!("source: \"{git}\"")), "{shown}");
        assert!(!shown.contains("Socket"), "{shown}");
    }
}

#[test]
fn git_finds_who_commits() {
    let set = [&SET[..], &["git_config=[user]\n\tname = \"A\"\n"]].concat();
    let shown = steps(&policy("  workspace: {}\n"), &set).join("\n");
    assert!(shown.contains("/etc/gitconfig"), "{shown}");
    let without = steps(&policy("  working_dir: /tmp\n"), &set).join("\n");
    assert!(!without.contains("/etc/gitconfig"), "{without}");
}

#[test]
fn what_does_not_fit_is_named() {
    for (short, code) in [
        ("  workspace: read-write\n", "wrong-type"),
        ("  workspace: {access: write}\n", "unknown-value"),
        ("  workspace: {acces: read-only}\n", "unknown-key"),
        ("  toolchains: '@rust'\n", "wrong-type"),
        ("  toolchains: ['@ruts']\n", "unknown-toolchain"),
        ("  toolchains: [rust]\n", "unknown-toolchain"),
        ("  caches: [x]\n", "wrong-type"),
        (
            "  caches: [{name: ../x, sandbox_path: /x}]\n",
            "invalid-path",
        ),
        ("  caches: [{name: '', sandbox_path: /x}]\n", "invalid-path"),
        ("  caches: [{name: x, sandbox_path: x}]\n", "invalid-value"),
        (
            "  caches: [{name: x, sandbox_path: /x}, {name: z, sandbox_path: /x}]\n",
            "duplicate-path",
        ),
    ] {
        let (found, plan) = compiled(&policy(short), &SET);
        assert!(
            found.len() == 1 && found[0].starts_with(code),
            "{short}: {found:?}"
        );
        assert!(plan.is_none());
    }
    let (found, _) = compiled(
        &policy("  workspace: {}\n"),
        &["workspace=/srv/a", "start=/srv/b"],
    );
    assert!(
        found.len() == 1 && found[0].starts_with("working-dir-missing"),
        "{found:?}"
    );
    let (found, _) = compiled(&policy("  workspace: {}\n  toolchains: ['@go']\n"), &[]);
    assert_eq!(
        found,
        [
            "host-fact-without-value: `${workspace}` has no value",
            "host-fact-without-value: `${home}` has no value"
        ]
    );
}
