//! `purple run` up to the point where it starts purple-exec: a script in its place writes what it
//! was given to files.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A home, a project in it, and a copy of purple with a purple-exec that keeps the plan it gets.
struct TestDir(PathBuf);

const EXECUTOR: &str = "#!/bin/sh\n\
    here=${0%/*}\n\
    echo \"$@\" > \"$here/arguments\"\n\
    while case $1 in /proc/*) false;; esac; do shift; done\n\
    cat \"$1\" > \"$here/plan\" || exit 1\n\
    if { echo changed > \"$1\"; } 2> /dev/null; then echo writable; fi\n";

impl TestDir {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("purple-run-{}-{number}", std::process::id());
        let base = std::env::temp_dir().join(name);
        for dir in ["bin", "home/project", "else"] {
            fs::create_dir_all(base.join(dir)).expect("a new directory");
        }
        let place = Self(base.canonicalize().expect("it is there"));
        // Children write, so that no process here has a program open for writing when it starts.
        let copied = Command::new("cp")
            .args([
                Path::new(env!("CARGO_BIN_EXE_purple")),
                &place.at("bin/purple"),
            ])
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        place.write("script", EXECUTOR);
        let copied = Command::new("install")
            .args(["-m", "755"])
            .args([place.at("script"), place.at("bin/purple-exec")])
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("a file can be written");
    }

    fn exists(&self, name: &str) -> bool {
        self.at(name).symlink_metadata().is_ok()
    }

    /// A policy that shares the project and lets the program write to `output`.
    fn policy(&self, output: &str) {
        self.write(
            "policy.yaml",
            &format!(
                "name: test\nfilesystem:\n  immutable_paths:\n    \
                 - {{host_path: /usr, sandbox_path: /usr}}\n  output_paths:\n    \
                 - {{host_path: \"{output}\", sandbox_path: /output}}\n"
            ),
        );
    }

    fn purple(&self, from: &str, arguments: &[&str]) -> Output {
        Command::new(self.at("bin/purple"))
            // Whether the host has control groups is not what is tested here.
            .args(["run", "--unenforced", "cgroup"])
            .args(arguments)
            .current_dir(self.at(from))
            .env("HOME", self.at("home"))
            .env("XDG_STATE_HOME", self.at("state"))
            .env_remove("SUDO_UID")
            .output()
            .expect("purple starts")
    }

    fn run(&self) -> Output {
        self.purple(
            "home/project",
            &["--policy", "../../policy.yaml", "--", "true"],
        )
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            println!("{}: {error}", self.0.display());
        }
    }
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

#[track_caller]
fn ran(output: &Output) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "the plan was writable"
    );
}

#[test]
fn the_executor_gets_sealed_bytes_and_not_a_file() {
    let place = TestDir::new();
    place.policy("./out/deep");
    ran(&place.run());
    let arguments = fs::read_to_string(place.at("bin/arguments")).expect("the arguments");
    assert!(arguments.starts_with("--parent "), "{arguments}");
    assert!(arguments.contains(" --keep "), "{arguments}");
    assert!(arguments.contains(" /proc/self/fd/"), "{arguments}");
    assert!(arguments.ends_with(" -- true\n"), "{arguments}");
    let plan = fs::read(place.at("bin/plan")).expect("the plan");
    assert!(place.at("home/project/out/deep").is_dir());

    fs::copy(place.at("bin/plan"), place.at("mine.plan")).expect("a copy");
    ran(&place.purple("home/project", &["--plan", "../../mine.plan", "--", "true"]));
    assert_eq!(plan, fs::read(place.at("bin/plan")).expect("the plan"));
}

#[test]
fn a_broken_plan_is_called_by_its_own_name() {
    let place = TestDir::new();
    place.write("broken.plan", "no plan");
    let output = place.purple(
        "home/project",
        &["--plan", "../../broken.plan", "--", "true"],
    );
    refused(&output, &["../../broken.plan: "]);
}

#[test]
fn a_project_s_link_does_not_choose_what_is_shared() {
    let place = TestDir::new();
    fs::create_dir(place.at("home/.ssh")).expect("a directory");
    symlink("../.ssh", place.at("home/project/output")).expect("a link");
    let output = place.purple("home/project", &["--profile", "ai-dev-safe", "--", "true"]);
    refused(
        &output,
        &["symbolic link ./output to ../.ssh", "policy line"],
    );
    assert!(!place.exists("bin/plan"), "nothing ran");

    symlink("../../else", place.at("home/project/out")).expect("a link");
    place.policy("./out/new/deep");
    refused(
        &place.run(),
        &["symbolic link ./out to ../../else", "(policy line 6)"],
    );
    assert!(!place.exists("else/new"), "nothing is made outside");
}

/// The plan has no steps up behind a name, so what is shared is what the note says.
#[test]
fn a_name_before_a_step_up_is_not_made() {
    let place = TestDir::new();
    place.policy("./new/../../../else/deep");
    let output = place.run();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("../../else/deep"), "{said}");
    assert!(!place.exists("home/project/new") && place.exists("else/deep"));
}

#[test]
fn a_refused_run_makes_nothing() {
    let place = TestDir::new();
    place.write(
        "policy.yaml",
        "name: test\nfilesystem:\n  output_paths:\n    \
         - {host_path: ./first, sandbox_path: /output}\n    \
         - {host_path: \"..\", sandbox_path: /home}\n",
    );
    refused(&place.run(), &["is a home directory", "policy line 5"]);
    assert!(!place.exists("home/project/first"));
}

#[test]
fn homes_are_not_shared_by_chance() {
    let place = TestDir::new();
    for (from, words) in [
        ("home", "is a home directory"),
        ("", "holds a home directory"),
    ] {
        refused(
            &place.purple(from, &["--profile", "ai-dev-safe", "--", "true"]),
            &[words, "policy line"],
        );
    }
    refused(
        &place.purple("home", &["--", "true"]),
        &["the workspace would be", "which is a home directory"],
    );
    let root = Command::new(place.at("bin/purple"))
        .args(["run", "--profile", "ai-dev-safe", "--", "true"])
        .current_dir("/")
        .env("HOME", place.at("home"))
        .env("XDG_STATE_HOME", place.at("state"))
        .output()
        .expect("purple starts");
    refused(&root, &["is the whole host"]);
    // Root's home is a protected path for every user: the user database says where it is.
    if fs::read_dir("/root").is_ok() {
        refused(
            &place.purple("/root", &["--profile", "ai-dev-safe", "--", "true"]),
            &["/root would be shown"],
        );
    } else {
        println!("SKIP homes_are_not_shared_by_chance: /root cannot be entered");
    }
}

#[test]
fn what_is_missing_is_named() {
    let place = TestDir::new();
    refused(
        &place.purple("home/project", &[]),
        &["type `purple run --unenforced cgroup -- COMMAND`"],
    );
    fs::remove_file(place.at("bin/purple-exec")).expect("it was there");
    place.policy("./out");
    refused(
        &place.run(),
        &[
            "bin/purple-exec does not exist",
            "in the directory of purple",
        ],
    );
    place.write("bin/purple-exec", "");
    refused(&place.run(), &["bin/purple-exec cannot be executed"]);
    assert!(!place.exists("home/project/out"));
}

#[test]
fn a_missing_absolute_directory_is_not_made_and_the_message_says_how() {
    let place = TestDir::new();
    let missing = place.at("home/misspelt/deep").display().to_string();
    place.policy(&missing);
    let how = format!("does not exist: create it with `mkdir -p {missing}`");
    refused(&place.run(), &["the host path", "(policy line 6)", &how]);
    assert!(!place.exists("home/misspelt"));
}

#[test]
fn a_working_directory_that_the_host_lacks_is_named() {
    let place = TestDir::new();
    let policy = |start: &str| {
        place.write(
            "policy.yaml",
            &format!(
                "name: test\nfilesystem:\n  working_dir: {start}\n  immutable_paths:\n    \
                 - {{host_path: /usr, sandbox_path: /usr}}\n  output_paths:\n    \
                 - {{host_path: ./out, sandbox_path: /output}}\n"
            ),
        );
    };
    policy("/output/none");
    refused(
        &place.run(),
        &[
            "the working directory /output/none (policy line 3) does not exist",
            "out/none of the host",
        ],
    );
    // The output directory itself is made before the start.
    policy("/output");
    ran(&place.run());
    policy("/usr/bin");
    ran(&place.run());
}

#[test]
fn every_profile_has_its_plan() {
    let place = TestDir::new();
    for profile in purplec::profiles::SHIPPED {
        ran(&place.purple("home/project", &["--profile", profile.name, "--", "true"]));
        let plan = fs::read(place.at("bin/plan")).expect("the plan");
        let plan = purple_plan::Plan::decode(&plan).expect("a plan");
        assert_eq!(plan.meta.policy_name.to_bytes(), profile.name.as_bytes());
    }
    let output = place.purple(
        "home/project",
        &["--profile", "bulid-offline", "--", "true"],
    );
    refused(
        &output,
        &[
            "there is no profile `bulid-offline`",
            "did you mean `build-offline`?",
        ],
    );
}

#[test]
fn a_plan_is_that_of_the_texts_as_they_are() {
    let place = TestDir::new();
    place.write("policy.yaml", "name: test\nextends: ./parent.yaml\n");
    let parent = |output: &str| {
        let text = format!(
            "name: parent\nextends: base\nfilesystem:\n  output_paths:\n    \
             - {{host_path: {output}, sandbox_path: /output}}\n"
        );
        place.write("parent.yaml", &text);
    };
    let plan = || {
        ran(&place.run());
        fs::read(place.at("bin/plan")).expect("the plan")
    };
    parent("./one");
    let first = plan();
    assert_eq!(plan(), first);
    parent("./two");
    let second = plan();
    assert_ne!(second, first);
    assert!(place.exists("home/project/two"));
    parent("./one");
    assert_eq!(plan(), first);

    fs::remove_file(place.at("parent.yaml")).expect("it was there");
    refused(&place.run(), &["extends-unreadable", "does not compile"]);
    place.write("parent.yaml", "name: parent\nextnds: base\n");
    refused(
        &place.run(),
        &["parent.yaml:2:1: error[unknown-key]", "extends-broken"],
    );
}

#[test]
fn a_policy_to_start_from_is_made_and_never_written_over() {
    let place = TestDir::new();
    let profile = |arguments: &[&str]| {
        Command::new(place.at("bin/purple"))
            .arg("profile")
            .args(arguments)
            .current_dir(place.at("home/project"))
            .output()
            .expect("purple starts")
    };
    let output = profile(&["create", "mine"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = fs::read_to_string(place.at("home/project/mine.yaml")).expect("a policy");
    assert!(text.contains("\nextends: coding-agent\n"), "{text}");
    ran(&place.purple("home/project", &["--policy", "mine.yaml", "--", "true"]));

    refused(
        &profile(&["create", "mine"]),
        &["mine.yaml: it exists already"],
    );
    symlink("nowhere", place.at("home/project/link.yaml")).expect("a link");
    refused(
        &profile(&["create", "link"]),
        &["link.yaml: it exists already"],
    );
    refused(
        &profile(&["create", "../up"]),
        &["`../up` cannot be a policy's name"],
    );
    refused(
        &profile(&["create", "x", "--extends", "bse"]),
        &["did you mean `base`?"],
    );
    assert!(!place.exists("home/up.yaml") && !place.exists("home/project/x.yaml"));

    let output = profile(&["show", "python-readonly", "--resolved"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("sandbox_path: /usr") && text.contains("# base:9\n"),
        "{text}"
    );
    let output = profile(&["show", "python-readonly", "--yaml"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let policy = purplec::profiles::find("python-readonly").map(|one| one.text);
    assert_eq!(Some(text.as_ref()), policy);

    let made = profile(&[
        "create",
        "more",
        "--extends",
        "base",
        "--memory",
        "1G",
        "--allow-host",
        "a.example.org",
    ]);
    assert_eq!(String::from_utf8_lossy(&made.stderr), "");
    let text = fs::read_to_string(place.at("home/project/more.yaml")).expect("a policy");
    let said = "mode: filtered # purple: allow[loosens-parent] asked for by --allow-host\n";
    assert!(
        text.contains(said) && text.contains("memory_limit_bytes: 1G # --memory\n"),
        "{text}"
    );
    refused(
        &profile(&["create", "bad", "--memory", "5Q"]),
        &["# --memory", "nothing was written"],
    );
    assert!(!place.exists("home/project/bad.yaml"));
}

/// The page of the profiles.
const PAGE: &str = include_str!("../../../docs/profiles.md");

#[test]
fn the_list_has_a_level_a_score_and_a_use_for_each() {
    let place = TestDir::new();
    let output = Command::new(place.at("bin/purple"))
        .args(["profile", "list"])
        .output()
        .expect("purple starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let head: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(head, ["NAME", "LEVEL", "SCORE", "USE", "CASE"]);
    for profile in purplec::profiles::SHIPPED {
        let line = lines.next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let mut next = || words.next().unwrap_or_default();
        let (name, said, number) = (next(), next(), next());
        assert!(
            name == profile.name && line.ends_with(profile.about()),
            "{line}"
        );
        let score: f32 = number.parse().expect("a number");
        let level = match score {
            ..2.0 => "low",
            ..3.5 => "medium",
            ..6.0 => "high",
            _ => "extreme",
        };
        assert_eq!(said, level, "{line}");
        let row = format!("\n| `{name}` | {said} | {number} | ");
        assert!(PAGE.contains(&row), "docs/profiles.md lacks{row}");
    }
    assert_eq!(lines.next(), None);
}

/// What a policy grants until a day is not granted later.
#[test]
fn a_grant_that_has_ended_is_refused() {
    let place = TestDir::new();
    let until = |day: &str| {
        let entry = format!("{{syscall: read, reason: a trial, expires: {day}}}");
        let text = format!("name: t\nsyscalls: {{default_deny: false, allow: [{entry}]}}\n");
        place.write("policy.yaml", &text);
    };
    until("2099-12-31");
    ran(&place.run());
    until("2020-01-31");
    refused(&place.run(), &["error[grant-expired]", "does not compile"]);
}
