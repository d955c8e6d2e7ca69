//! Profiles of agents that work in a project: each asks its model by name, edits, tests and commits, and keeps its state.

use super::trial::{FILTERED, PROTECTED, REVIEWED, SERVICE, SETTINGS, Trial};
use purple_tests::internet::Internet;
use purple_tests::project::on_host;
use purple_tests::test_dir::TestDir;

scenarios! {
    ai_code_assistant
    claude_code
    codex
    gemini_cli
    opencode
    aider
    cicd_build_agent
    settings_of_the_user_are_obeyed_and_stay
}

const AT_WORK: &str = include_str!("../../probes/agent_at_work.py");
const BUILD: &str = include_str!("../../probes/workloads/build.py");
const SUMS: &str = include_str!("../../probes/workloads/sums.py");

/// An agent: its model's host, a file of its state that is kept, and settings that it obeys, both below the home directory.
struct Agent {
    profile: &'static str,
    model: &'static str,
    state: &'static str,
    settings: Option<&'static str>,
}

/// The model answers, and no other host; the project is edited, tested and committed; the second time, the state is there.
fn at_work(place: &TestDir, agent: &Agent) {
    let (profile, model) = (agent.profile, agent.model);
    let more = format!("{{\"names\": {{\"{model}\": [\"93.184.216.70\"]}}}}");
    let Some(world) = Internet::with(&format!("profiles-{profile}"), &more) else {
        return;
    };
    let trial = Trial::new(place, profile, &[("work.py", AT_WORK)]).on(&world, profile);
    let worktree = "git worktree add -q ../tree -b task";
    assert_eq!(on_host(place, "project", &["sh", "-c", worktree]), "");
    // In a linked worktree too, as agents that work side by side have.
    for (directory, kept) in [("project", "False"), ("tree", "True")] {
        let words = [
            "/usr/bin/python3",
            "work.py",
            &place.text(directory),
            model,
            agent.state,
        ];
        let done = trial.run(directory, &words);
        let expected = format!(
            "here True\nmodel answered\nelsewhere gaierror\ntest 0\ncommit 0 0\nkept {kept}\n"
        );
        assert_eq!((done.code(), done.out()), (0, expected), "{done}");
    }
    let log = ["git", "log", "--format=%an %s", "main", "task"];
    assert_eq!(
        on_host(place, "project", &log)
            .lines()
            .filter(|line| *line == "Me Add total")
            .count(),
        2
    );
    assert!(!place.at("home").join(agent.state).exists());
    match agent.settings {
        None => trial.fails(&[&PROTECTED, &FILTERED, &SERVICE]),
        Some(settings) => {
            let settings = place.text(&format!("home/{settings}"));
            trial.fails_with(&[&PROTECTED, &FILTERED, &SERVICE, &SETTINGS], &settings);
        }
    }
}

fn claude_code(place: &TestDir) {
    at_work(
        place,
        &Agent {
            profile: "claude-code",
            model: "api.anthropic.com",
            state: ".claude/.credentials.json",
            settings: Some(".claude/settings.json"),
        },
    );
}

fn codex(place: &TestDir) {
    at_work(
        place,
        &Agent {
            profile: "codex",
            model: "api.openai.com",
            state: ".codex/auth.json",
            settings: Some(".codex/config.toml"),
        },
    );
}

fn gemini_cli(place: &TestDir) {
    at_work(
        place,
        &Agent {
            profile: "gemini-cli",
            model: "generativelanguage.googleapis.com",
            state: ".gemini/oauth_creds.json",
            settings: Some(".gemini/settings.json"),
        },
    );
}

fn opencode(place: &TestDir) {
    at_work(
        place,
        &Agent {
            profile: "opencode",
            model: "models.dev",
            state: ".local/share/opencode/auth.json",
            settings: None,
        },
    );
}

fn aider(place: &TestDir) {
    at_work(
        place,
        &Agent {
            profile: "aider",
            model: "api.openai.com",
            state: ".aider/installs.json",
            settings: Some("../project/.env"),
        },
    );
}

/// It cannot commit, and the rest is as for the others.
fn ai_code_assistant(place: &TestDir) {
    let profile = "01-ai-code-assistant";
    let more =
        r#"{"names": {"api.anthropic.com": ["93.184.216.70"], "github.com": ["93.184.216.71"]}}"#;
    let Some(world) = Internet::with("profiles-ai_code_assistant", more) else {
        return;
    };
    let trial = Trial::new(place, profile, &[("work.py", AT_WORK)]).on(&world, profile);
    let at = place.text("project");
    let told = ["work.py", &at, "api.anthropic.com", ".npm/kept"];
    let expected =
        "here True\nmodel answered\nelsewhere gaierror\ntest 0\ncommit 128 128\nkept False\n";
    assert_eq!(trial.works(&told), expected);
    assert!(place.at("project/sum.py").is_file());
    assert_eq!(
        on_host(place, "project", &["git", "log", "--format=%s"]),
        "one\n"
    );
    let forge = ["work.py", &at, "github.com", ".npm/kept"];
    assert!(trial.works(&forge).contains("model gaierror\n"));
    trial.fails(&[&PROTECTED, &REVIEWED, &FILTERED, &SERVICE]);
}

fn cicd_build_agent(place: &TestDir) {
    let profile = "05-cicd-build-agent";
    let files = [("build.py", BUILD), ("sums.py", SUMS), ("work.py", AT_WORK)];
    let more =
        r#"{"names": {"github.com": ["93.184.216.71"], "api.anthropic.com": ["93.184.216.70"]}}"#;
    let Some(world) = Internet::with("profiles-cicd_build_agent", more) else {
        return;
    };
    let trial = Trial::new(place, profile, &files).on(&world, profile);
    assert_eq!(
        trial.works(&["build.py", "dist"]),
        "tests 1 True\npacked 42\n"
    );
    assert!(place.at("project/dist/sums.pyz").is_file());
    // It fetches from a forge, and keeps what it has fetched, apart from what agents have.
    let at = place.text("project");
    let fetched = trial.works(&["work.py", &at, "github.com", ".npm/kept"]);
    assert!(
        fetched.contains("model answered\nelsewhere gaierror\n"),
        "{fetched}"
    );
    assert!(place.at("home/.cache/purple-caches/ci-npm/kept").is_file());
    let model = trial.works(&["work.py", &at, "api.anthropic.com", ".npm/kept"]);
    assert!(
        model.contains("model gaierror\n") && model.ends_with("kept True\n"),
        "{model}"
    );
    trial.fails(&[&PROTECTED, &REVIEWED, &FILTERED, &SERVICE]);
}

/// What the user has written outside, in the agent's own directory.
fn settings_of_the_user_are_obeyed_and_stay(place: &TestDir) {
    let trial = Trial::new(place, "claude-code", &[]);
    let _helper = purple_tests::stand_in::purple_net(place);
    let show = "cat ~/.claude/settings.json ~/.claude/commands/* 2>/dev/null; ls -d ~/.claude/hooks/; \
        for f in settings.json commands/x hooks/x; do echo evil 2>/dev/null > ~/.claude/$f && echo wrote $f; done; \
        mv ~/.claude/commands ~/.claude/other 2>/dev/null && echo moved; echo of-the-run > ~/.claude/history";
    let home = place.text("home");
    let run = || trial.run("project", &["sh", "-c", show]);
    // Without any it finds settings that say nothing, and none is left behind.
    let done = run();
    assert_eq!(
        done.out(),
        format!("{{}}\n{home}/.claude/hooks/\n"),
        "{done}"
    );
    let state = place.at("home/.cache/purple-caches/claude-code");
    assert!(state.join("history").is_file() && !state.join("settings.json").exists());
    assert!(!state.join("hooks").exists() && !place.at("home/.claude").exists());
    place.dir("home/.cache/purple-caches/claude-code/commands");
    place.file(
        "home/.cache/purple-caches/claude-code/commands/mine.md",
        "mine\n",
    );
    place.file(
        "home/.cache/purple-caches/claude-code/settings.json",
        "{\"a\": 1}\n",
    );
    let done = run();
    assert_eq!(
        done.out(),
        format!("{{\"a\": 1}}\nmine\n{home}/.claude/hooks/\n"),
        "{done}"
    );
}
