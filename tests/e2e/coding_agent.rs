//! The profile `coding-agent`: an agent works in its project, and what it must not do fails.

use purple_tests::inside::PYTHON;
use purple_tests::internet::Internet;
use purple_tests::operator::finished;
use purple_tests::project::{on_host, project, run, run_on};
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::fs;

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

fn prepare(place: &TestDir) {
    project(place, &[("work.py", AT_WORK), ("abuse.py", ABUSES)]);
    place.file("policy.yaml", POLICY);
}

fn an_agent_edits_tests_and_commits(place: &TestDir) {
    let more = r#"{"names": {"api.anthropic.com": ["93.184.216.70"]}}"#;
    let Some(internet) = Internet::with("coding_agent-an_agent_edits_tests_and_commits", more)
    else {
        return;
    };
    prepare(place);
    let _helper = purple_net(place);
    let (policy, at) = (place.text("policy.yaml"), place.text("project"));
    let told = [&at, "api.anthropic.com", ".cargo/registry/kept"];
    let words = ["--policy", &policy, "--", PYTHON, "work.py"];
    let words = [&words[..], &told].concat();
    // The second time, what was fetched is there still.
    for kept in ["False", "True"] {
        let done = finished(run_on(&internet, place, "project", &words));
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
    prepare(place);
    let _helper = purple_net(place);
    let (secret, own) = (place.text("secret"), std::process::id().to_string());
    let words = ["--", PYTHON, "abuse.py", &secret, &own];
    let mut command = run(place, "project", &words);
    command.env("AWS_SECRET_ACCESS_KEY", "secret");
    let done = finished(command);
    assert_eq!((done.code(), done.out().as_str()), (0, "end\n"), "{done}");
    for left in ["left", "home/.bashrc", "project/.vscode/tasks.json"] {
        assert!(!place.at(left).exists(), "{left}");
    }
    let config = fs::read_to_string(place.at("project/.git/config")).expect("it is there");
    assert!(config.contains("[core]"), "{config}");
}
