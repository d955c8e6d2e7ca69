//! The flags of `purple run` that change a policy for one run, and the policy of the working directory.

use super::inside::PYTHON;
use purple_tests::host_service::HostService;
use purple_tests::operator::{finished, install, purple};
use purple_tests::project::run_in;
use purple_tests::run::Finished;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::{TestDir, binary};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;

scenarios! {
    paths_and_variables_are_added
    a_flag_wins_over_the_policy
    a_wrong_value_names_the_flag_and_its_form
    hosts_are_added_and_taken_away
    what_a_flag_says_is_cited
    the_workspace_is_shown_otherwise
    a_part_of_the_workspace_is_shown_twice
    what_would_be_granted_is_printed
    the_policy_of_the_directory_is_accepted_first
    a_repository_below_takes_no_policy_away
}

/// Connects to ports of the host.
const REACH: &str = include_str!("../probes/reach_ports.py");

const POLICY: &str = "name: mine
extends: base
environment: {set: {WHO: policy}}
resources: {session_timeout_seconds: 50}
";

/// Runs a command in the project, under the policy of this test.
fn run(place: &TestDir, words: &[&str]) -> Finished {
    let policy = place.text("policy.yaml");
    run_in(
        place,
        "project",
        &[&["--policy", &policy][..], words].concat(),
    )
}

fn project(place: &TestDir) {
    install(place);
    for directory in ["project", "data", "colon:colon", "with space"] {
        place.dir(directory);
    }
    place.file("data/file", "content\n");
    place.file("colon:colon/file", "colon\n");
    place.file("with space/it's \"quoted\" \\: here", "odd\n");
    place.file("policy.yaml", POLICY);
}

fn paths_and_variables_are_added(place: &TestDir) {
    project(place);
    let at = place.text("data");
    let colon = place.text("colon:colon").replace(':', r"\:");
    let done = run(
        place,
        &[
            "--bind",
            "../data",
            "--bind",
            "../data:/writable:rw",
            "--bind",
            &format!("{colon}:/c\\:d"),
            "--bind",
            "../with space",
            "--env",
            "A=x \"y\" #z",
            "--env",
            "HOME",
            "--workdir",
            &at,
            "--",
            "sh",
            "-c",
            "pwd; cat file /c:d/file; cat ../with*/*; touch /writable/made; touch made 2>/dev/null || echo read-only; echo \"$A\"; echo \"$HOME\"",
        ],
    );
    let expected = format!(
        "{at}\ncontent\ncolon\nodd\nread-only\nx \"y\" #z\n{}\n",
        place.text("home")
    );
    assert_eq!((done.code(), done.out()), (0, expected), "{done}");
    assert!(place.at("data/made").exists());
}

fn a_flag_wins_over_the_policy(place: &TestDir) {
    project(place);
    let words = ["--env", "WHO=flag", "--", "sh", "-c", "echo $WHO"];
    assert_eq!(run(place, &words).out(), "flag\n");
    let done = run(place, &["--timeout", "1s", "--", "sleep", "30"]);
    assert_eq!(done.code(), 124, "{done}");
    // A path that the policy shows otherwise.
    let words = [
        "--bind",
        "../data:/etc/ssl/certs",
        "--",
        "ls",
        "/etc/ssl/certs",
    ];
    assert_eq!(run(place, &words).out(), "file\n");
}

fn a_wrong_value_names_the_flag_and_its_form(place: &TestDir) {
    project(place);
    for (flag, value, form) in [
        ("--bind", "", "SRC[:DST][:ro|:rw]"),
        ("--bind", "../data:relative", "DST an absolute path"),
        ("--bind", "a:/b:/c", r"`\:` for a `:` in a path"),
        ("--bind", "../data:/", "sandbox_path: \"/\" # --bind"),
        ("--env", "=value", "NAME or NAME=VALUE"),
        ("--env", "A B=x", "NAME of letters, digits and `_`"),
        ("--env", "NOT_SET", "type `--env NOT_SET=VALUE`"),
        ("--bind", "/nonexistent", "the host has no such path"),
        ("--bind", "/root", "a home directory has keys"),
        ("--bind", "../home:rw", "a home directory has keys"),
        ("--allow-host", "a b", "# --allow-host"),
        ("--allow-host", "example.org:0", "ports go from 1 to 65535"),
        ("--allow-host", "*", "# --allow-host"),
        ("--allow-host", "localhost:0", "localhost:PORT"),
        ("--allow-host", "[::1]:70000", "localhost:PORT"),
        ("--allow-host", "127.0.0.1", "localhost:PORT"),
        (
            "--publish",
            "80",
            "HOST:INSIDE, two ports from 1 to 65535, such as 8080:3000",
        ),
        ("--publish", "0:80", "two ports from 1 to 65535"),
        ("--publish", "70000:80", "HOST:INSIDE"),
        ("--network", "host", "[possible values: none, filtered]"),
        ("--timeout", "soon", "a time, such as 90s, 15m or 1h30m"),
        ("--timeout", "5x", "the units are `d`, `h`, `m` and `s`"),
        ("--memory", "-1", "a size, such as 512M or 4G"),
        ("--memory", "5Q", "# --memory"),
        ("--cpus", "two", "a number of processors, such as 0.5 or 2"),
        ("--cpus", "0", "# --cpus"),
        ("--pids", "many", "a number of processes, such as 200"),
        ("--pids", "0", "# --pids"),
    ] {
        let done = run(place, &[flag, value, "--", "touch", "/tmp/ran"]);
        assert_eq!(done.code(), 125, "{flag} {value}: {done}");
        assert!(
            done.stderr.contains(flag) && done.stderr.contains(form),
            "{flag} {value}: {done}"
        );
    }
    let both = ["--network", "none", "--allow-host", "@github", "--", "true"];
    let done = run(place, &both);
    assert!(done.stderr.contains("leave one of the two out"), "{done}");
    // A plan is sealed.
    let (policy, plan) = (place.text("policy.yaml"), place.text("mine.plan"));
    let compiled =
        purple_tests::policy::compile(std::path::Path::new(&policy), std::path::Path::new(&plan));
    assert!(compiled.status.success());
    let done = run_in(
        place,
        "project",
        &["--plan", &plan, "--pids", "5", "--", "true"],
    );
    let sealed = "--pids changes a policy, and a plan is sealed";
    assert!(done.code() == 125 && done.stderr.contains(sealed), "{done}");
}

fn hosts_are_added_and_taken_away(place: &TestDir) {
    project(place);
    let _helper = purple_net(place);
    let service = HostService::start();
    let (port, closed) = (service.port, service.closed);
    let host = format!("localhost:{port}");
    let (port, closed) = (port.to_string(), closed.to_string());
    let python = ["--", PYTHON, "-ISc", REACH, &port, &closed];
    let open = run(place, &[&["--allow-host", &host][..], &python].concat());
    let reached = "reached\nConnectionRefusedError\n";
    assert_eq!(open.out(), reached, "{open}");
    let filtered = run(place, &[&["--network", "filtered"][..], &python].concat());
    let refused = "ConnectionRefusedError\nConnectionRefusedError\n";
    assert_eq!(filtered.out(), refused, "{filtered}");
    let none = run(place, &[&["--network", "none"][..], &python].concat());
    assert_eq!(none.out(), "OSError\nOSError\n", "{none}");
}

fn what_a_flag_says_is_cited(place: &TestDir) {
    project(place);
    let done = run(place, &["--workdir", "/nonexistent", "--", "true"]);
    assert!(
        done.code() == 125 && done.stderr.contains("command line"),
        "{done}"
    );
    let report = place.text("report.json");
    let words = ["--report", &report, "--timeout", "1s", "--", "sleep", "9"];
    let done = run(place, &words);
    assert_eq!(done.code(), 124, "{done}");
    let read = fs::read_to_string(&report).expect("it was written");
    let report: Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!(report["policy"], "mine", "{report}");
}

fn what_would_be_granted_is_printed(place: &TestDir) {
    project(place);
    let words = [
        "--dry-run",
        "--profile",
        "ai-dev-safe",
        "--timeout",
        "5m",
        "--allow-host",
        "api.example.org:8443",
    ];
    let missing = run_in(place, "project", &words);
    let said = "purplec must be in the directory of purple";
    assert!(
        missing.code() == 125 && missing.stderr.contains(said),
        "{missing}"
    );
    fs::copy(binary("purplec"), place.at("purplec")).expect("it can be copied");
    let done = run_in(place, "project", &words);
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""), "{done}");
    for line in [
        "network       connects to api.example.org, port 8443, tcp (command line 5)",
        "timeout       300 s",
    ] {
        assert!(done.out().lines().any(|one| one == line), "{line}: {done}");
    }
    let shown = finished(purple(
        place,
        &["profile", "show", "06-llm-inference-server"],
    ));
    let published = "127.0.0.1:8000 of the host leads to port 8000 inside";
    assert!(
        shown.code() == 0 && shown.out().contains(published),
        "{shown}"
    );
    // Nothing is made, and what is wrong is said as of a run.
    assert!(!place.at("project/output").exists());
    let wrong = run_in(place, "project", &["--dry-run", "--pids", "0"]);
    assert!(
        wrong.code() == 125 && wrong.stderr.contains("# --pids"),
        "{wrong}"
    );
}

/// By the key of the policy, so that what belongs to a repository stays protected.
fn the_workspace_is_shown_otherwise(place: &TestDir) {
    project(place);
    let _helper = purple_net(place);
    let script =
        "touch made 2>/dev/null && echo made; touch .vscode/x 2>/dev/null && echo trap; pwd";
    let at = place.text("project");
    for (bind, expected) in [
        (".:ro", format!("{at}\n")),
        (".:rw", format!("made\n{at}\n")),
    ] {
        for policy in ["coding-agent", "base"] {
            let words = [
                "--profile",
                policy,
                "--bind",
                bind,
                "--workdir",
                ".",
                "--",
                "sh",
                "-c",
                script,
            ];
            let done = run_in(place, "project", &words);
            assert_eq!(
                (done.code(), done.out()),
                (0, expected.clone()),
                "{bind} {policy} {done}"
            );
        }
    }
}

/// The home is a file system of the sandbox, in which the workspace lies two levels down. What is protected is so in both views.
fn a_part_of_the_workspace_is_shown_twice(place: &TestDir) {
    project(place);
    let _helper = purple_net(place);
    for directory in [
        "home/src",
        "home/src/here",
        "home/src/here/.git",
        "home/src/here/.git/hooks",
    ] {
        place.dir(directory);
    }
    for file in ["HEAD", "config"] {
        place.file(&format!("home/src/here/.git/{file}"), "");
    }
    let script = "for at in .git /mnt/git; do
        for name in config hooks/x made; do
            { echo x >$at/$name; } 2>/dev/null && echo $at/$name
        done
    done
    mv ../../src ../../moved 2>/dev/null && echo moved";
    let words = ["--bind", ".git:/mnt/git:rw", "--", "sh", "-c", script];
    let done = run_in(place, "home/src/here", &words);
    assert_eq!(done.out(), ".git/made\n/mnt/git/made\nmoved\n", "{done}");
    assert_eq!(place.read("home/src/here/.git/config"), "");
}

fn the_policy_of_the_directory_is_accepted_first(place: &TestDir) {
    project(place);
    place.file("project/team.yaml", "name: team\nextends: base\n");
    place.file(
        "project/purple.yaml",
        "name: of-directory\nextends: ./team.yaml\nenvironment: {set: {WHO: purple.yaml}}\n",
    );
    let show = ["--", "sh", "-c", "echo $WHO"];
    let run = || run_in(place, "project", &show);
    let refused = |words: &str| {
        let done = run();
        assert!(
            done.code() == 125
                && done.stderr.contains(words)
                && done.stderr.contains("purple trust"),
            "{done}"
        );
    };
    let trust = |file: &str| {
        let mut command = purple(place, &["trust", file]);
        command.current_dir(place.at("project"));
        finished(command)
    };
    refused("purple.yaml was not accepted yet");
    let done = trust("purple.yaml");
    let named = |file: &str| done.out().contains(&format!("project/{file} sha256"));
    assert!(named("purple.yaml") && named("team.yaml"), "{done}");
    assert_eq!(run().out(), "purple.yaml\n");

    place.file("project/team.yaml", "name: team\nextends: base\n# more\n");
    refused("team.yaml has changed since it was accepted");
    assert_eq!(trust("team.yaml").code(), 0);
    assert_eq!(run().out(), "purple.yaml\n");
    // It is that of the whole project: of what lies below, too.
    place.dir("project/.git");
    place.dir("project/part");
    assert_eq!(run_in(place, "project/part", &show).out(), "purple.yaml\n");
    // What is named is not asked for.
    let named = [&["--profile", "base"][..], &show].concat();
    assert_eq!(run_in(place, "project", &named).out(), "\n");

    // What is no policy is not accepted, and another file's name does not help.
    place.file("project/other.yaml", "name: [\n");
    let done = trust("other.yaml");
    assert!(
        done.stderr
            .contains("other.yaml: the policy does not compile"),
        "{done}"
    );
    fs::remove_file(place.at("project/purple.yaml")).expect("it was there");
    symlink("../policy.yaml", place.at("project/purple.yaml")).expect("a link");
    refused("purple.yaml");
}

/// A program makes a repository below an accepted policy, which would be the workspace of a run that starts there.
fn a_repository_below_takes_no_policy_away(place: &TestDir) {
    project(place);
    place.file(
        "project/purple.yaml",
        "name: of-directory\nextends: base\nenvironment: {set: {WHO: purple.yaml}}\n",
    );
    for directory in ["project/.git", "project/part"] {
        place.dir(directory);
    }
    let mut command = purple(place, &["trust", "purple.yaml"]);
    command.current_dir(place.at("project"));
    assert_eq!(finished(command).code(), 0);
    let show = ["--", "sh", "-c", "echo $WHO"];
    for made in ["project/part/.git", "project/part/.git/objects"] {
        place.dir(made);
        place.file("project/part/.git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(run_in(place, "project/part", &show).out(), "purple.yaml\n");
    }
    // One that has changed is refused there.
    place.file("project/purple.yaml", "name: other\nextends: base\n");
    let done = run_in(place, "project/part", &show);
    assert!(
        done.code() == 125 && done.stderr.contains("purple.yaml has changed"),
        "{done}"
    );
}
