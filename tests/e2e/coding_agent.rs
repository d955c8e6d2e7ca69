//! The profile `coding-agent`: an agent works in its project, and what it must not do fails.

use super::protected::on_host;
use purple_tests::inside::PYTHON;
use purple_tests::internet::Internet;
use purple_tests::operator::{finished, install, purple};
use purple_tests::run::Finished;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::fs;
use std::process::{Command, Stdio};

scenarios! {
    an_agent_edits_tests_and_commits
    what_it_must_not_do_fails
}

const AT_WORK: &str = include_str!("../probes/agent_at_work.py");
const ABUSES: &str = include_str!("../probes/agent_that_abuses.py");

/// The profile, where names are asked of the world that the test has made.
const POLICY: &str = "name: mine
extends: coding-agent
network: {dns_servers: [203.0.113.53]}
";

/// A project with a commit, and a home with secrets.
fn project(place: &TestDir) {
    install(place);
    for directory in ["project", "home/.ssh", "home/.cargo", "home/.cargo/bin"] {
        place.dir(directory);
    }
    place.file("home/.ssh/id", "secret");
    place.file("home/.cargo/credentials.toml", "secret");
    place.file("secret", "secret");
    place.file(
        "home/.gitconfig",
        "[user]\n\tname = Me\n\temail = me@example.org\n",
    );
    place.file("work.py", AT_WORK);
    place.file("abuse.py", ABUSES);
    place.file("policy.yaml", POLICY);
    let script = "cp ../work.py ../abuse.py . && git init -q -b main && git add . &&
        git -c user.name=a -c user.email=b commit -qm one";
    assert_eq!(on_host(place, "project", &["sh", "-c", script]), "");
}

fn without_limits<'w>(words: &[&'w str]) -> Vec<&'w str> {
    [&["run", "--unenforced", "cgroup"][..], words].concat()
}

/// Runs it in the project, in the network namespace of a host.
fn run_on(internet: &Internet, place: &TestDir, words: &[&str]) -> Finished {
    let words = without_limits(words);
    let inner = purple(place, &words);
    let mut command = Command::new("nsenter");
    command.arg(internet.host());
    if !place.who.is_root() {
        command.args(["setpriv", "--clear-groups"]);
        command.arg(format!("--reuid={}", place.who.uid));
        command.arg(format!("--regid={}", place.who.gid));
    }
    command.arg(inner.get_program()).args(inner.get_args());
    command.env_clear();
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .current_dir(place.at("project"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finished(command)
}

fn an_agent_edits_tests_and_commits(place: &TestDir) {
    let more = r#"{"names": {"api.anthropic.com": ["93.184.216.70"]}}"#;
    let Some(internet) = Internet::with("coding_agent-an_agent_edits_tests_and_commits", more)
    else {
        return;
    };
    project(place);
    let _helper = purple_net(place);
    let (policy, at) = (place.text("policy.yaml"), place.text("project"));
    let words = ["--policy", &policy, "--", PYTHON, "work.py", &at];
    // The second time, what was fetched is there still.
    for kept in ["False", "True"] {
        let done = run_on(&internet, place, &words);
        let expected = format!(
            "here True\nmodel answered\nelsewhere gaierror\ntest 0\ncommit 0 0\nkept {kept}\n"
        );
        assert_eq!((done.code(), done.out()), (0, expected), "{done}");
        let refused: Vec<&str> = done
            .stderr
            .lines()
            .filter(|line| line.contains("refused"))
            .collect();
        assert!(
            refused.len() == 1 && refused[0].contains("the name other.test"),
            "{done}"
        );
    }
    let log = ["git", "log", "--format=%an %s"];
    assert_eq!(
        on_host(place, "project", &log),
        "Me Add total\nMe Add total\na one\n"
    );
    assert!(!place.at("home/.cargo/registry").exists());
}

fn what_it_must_not_do_fails(place: &TestDir) {
    project(place);
    let _helper = purple_net(place);
    let (secret, own) = (place.text("secret"), std::process::id().to_string());
    let words = without_limits(&["--", PYTHON, "abuse.py", &secret, &own]);
    let mut command = purple(place, &words);
    command
        .current_dir(place.at("project"))
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    let done = finished(command);
    assert_eq!((done.code(), done.out().as_str()), (0, "end\n"), "{done}");
    for left in ["left", "home/.bashrc", "project/.vscode/tasks.json"] {
        assert!(!place.at(left).exists(), "{left}");
    }
    let config = fs::read_to_string(place.at("project/.git/config")).expect("it is there");
    assert!(config.contains("[core]"), "{config}");
}
