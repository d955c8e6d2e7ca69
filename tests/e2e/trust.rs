//! What a later run obeys is not what an earlier one has left: policies and what they extend, plans,
//! programs, logs and reports, kept in the run itself, in runs of other policies, and compared after.

use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::test_dir::TestDir;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::Child;

scenarios! {
    a_run_does_not_change_what_the_next_one_obeys
    a_plan_in_an_output_path_stays
    a_policy_behind_a_link_stays
    another_policys_run_keeps_it_too
    what_the_host_replaces_is_not_obeyed
    a_policy_that_another_run_may_change_is_refused
    state_and_log_stay_as_they_are
    a_report_cannot_be_forged
    a_link_that_a_run_left_leads_no_later_run
}

mod groups;
mod names;

/// A project with a policy that extends another; the program may write to all of it.
fn project(place: &TestDir) {
    install(place);
    place.dir("project");
    place.file("project/team.yaml", "name: team\nextends: base\n");
    place.file(
        "project/policy.yaml",
        policy_of("project", "./team.yaml", place),
    );
}

fn policy_of(shared: &str, parent: &str, place: &TestDir) -> String {
    format!(
        "name: agent\nextends: {parent}\nfilesystem:\n  output_paths:\n    - {{host_path: {:?}, sandbox_path: /tree}}\n  working_dir: /tree\n",
        place.text(shared)
    )
}

fn run(place: &TestDir, options: &[&str], script: &str) -> Finished {
    let mut words = vec!["run", "--unenforced", "cgroup"];
    words.extend(options);
    words.extend(["--", "sh", "-c", script]);
    finished(purple(place, &words))
}

const POLICY: [&str; 2] = ["--policy", "project/policy.yaml"];

/// Writes over the policy's parent by name, and puts another file in its place.
const ATTACK: &str = "echo changed > team.yaml; echo changed > new; mv -f new team.yaml; mv -f policy.yaml gone; true";

fn a_run_does_not_change_what_the_next_one_obeys(place: &TestDir) {
    project(place);
    let before = [
        place.read("project/team.yaml"),
        place.read("project/policy.yaml"),
    ];
    let programs = fs::read(place.at("purple")).expect("purple");
    for _ in 0..2 {
        let done = run(place, &POLICY, ATTACK);
        assert_eq!(done.code(), 0, "{done}");
        assert!(done.stderr.contains("Read-only file system"), "{done}");
    }
    assert_eq!(
        before,
        [
            place.read("project/team.yaml"),
            place.read("project/policy.yaml")
        ]
    );

    // The program that starts the next run.
    place.file(
        "all.yaml",
        policy_of("", "base", place).replace(
            "sandbox_path: /tree",
            "sandbox_path: /tree, read_only: [\"!@project\"]",
        ),
    );
    let script = "echo x > fake; chmod 755 fake; mv -f fake purple; mv -f fake purple-exec; true";
    let done = run(place, &["--policy", "all.yaml"], script);
    assert_eq!(done.code(), 0, "{done}");
    assert!(fs::read(place.at("purple")).expect("purple") == programs);

    // What is not obeyed can be changed.
    let done = run(
        place,
        &["--policy", "all.yaml"],
        "mv -f project/none all.txt; echo changed > fine",
    );
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(place.read("fine"), "changed\n");
}

fn a_plan_in_an_output_path_stays(place: &TestDir) {
    project(place);
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["!@project"])
        .compile(place);
    fs::rename(plan, place.at("project/agent.plan")).expect("a plan");
    let before = fs::read(place.at("project/agent.plan")).expect("a plan");
    let script =
        "cp /tree/team.yaml /tree/agent.plan; mv -f /tree/team.yaml /tree/agent.plan; true";
    let done = run(place, &["--plan", "project/agent.plan"], script);
    assert_eq!(done.code(), 0, "{done}");
    assert!(fs::read(place.at("project/agent.plan")).expect("a plan") == before);
}

fn a_policy_behind_a_link_stays(place: &TestDir) {
    project(place);
    place.dir("elsewhere");
    fs::rename(
        place.at("project/policy.yaml"),
        place.at("elsewhere/real.yaml"),
    )
    .expect("a policy");
    place.file("elsewhere/team.yaml", "name: team\nextends: base\n");
    symlink("../elsewhere/real.yaml", place.at("project/policy.yaml")).expect("a link");
    let script = "rm -f policy.yaml; mv -f team.yaml policy.yaml; test -h policy.yaml";
    let done = run(place, &POLICY, script);
    assert_eq!(done.code(), 0, "{done}");
    assert!(place.at("project/policy.yaml").is_symlink());
}

/// Two policies on one directory: a run of the one keeps the other.
fn another_policys_run_keeps_it_too(place: &TestDir) {
    project(place);
    place.file("other.yaml", policy_of("project", "base", place));
    let before = place.read("project/team.yaml");
    // Before a run has obeyed it, it is a file like any other.
    let done = run(
        place,
        &["--policy", "other.yaml"],
        "echo '# more' >> team.yaml",
    );
    assert_eq!(done.code(), 0, "{done}");
    place.file("project/team.yaml", &before);
    assert_eq!(run(place, &POLICY, "true").code(), 0);
    let done = run(place, &["--policy", "other.yaml"], ATTACK);
    assert!(done.stderr.contains("Read-only file system"), "{done}");
    assert_eq!(place.read("project/team.yaml"), before);
    let done = run(
        place,
        &["--policy", "other.yaml"],
        "echo '# more' >> team.yaml",
    );
    assert_ne!(done.code(), 0, "{done}");
    // It is forgotten only by name.
    let done = finished(purple(place, &["trust", "--forget", "project/team.yaml"]));
    assert_eq!(done.code(), 0, "{done}");
    let done = run(
        place,
        &["--policy", "other.yaml"],
        "echo '# more' >> team.yaml",
    );
    assert_eq!(done.code(), 0, "{done}");
}

/// A run that has started, and goes on until its input ends.
fn waiting(place: &TestDir, options: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut words = vec!["run", "--unenforced", "cgroup"];
    words.extend(options);
    words.extend([
        "--",
        "sh",
        "-c",
        "echo ready; read line; echo changed > team.yaml; true",
    ]);
    let mut command = purple(place, &words);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("purple starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert_ne!(
        out.read_line(&mut line).expect("a line"),
        0,
        "it does not start"
    );
    (child, out)
}

fn ended((mut child, out): (Child, BufReader<std::process::ChildStdout>)) -> String {
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"go on\n").expect("it reads");
    drop((input, out));
    let done = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&done.stderr).into_owned()
}

/// A file that the host puts in the place of another takes the pin with it.
fn what_the_host_replaces_is_not_obeyed(place: &TestDir) {
    project(place);
    let going = waiting(place, &POLICY);
    place.file("project/new", "name: team\nextends: base\n");
    fs::rename(place.at("project/new"), place.at("project/team.yaml")).expect("a new file");
    let said = ended(going);
    let path = place.text("project/team.yaml");
    assert!(
        said.contains(&format!("{path} has changed during this run")),
        "{said}"
    );
    assert_eq!(place.read("project/team.yaml"), "changed\n");

    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 125, "{done}");
    place.file(
        "project/team.yaml",
        "name: team\nextends: base\nresources: {session_timeout_seconds: 9}\n",
    );
    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 125, "{done}");
    assert!(
        done.stderr
            .contains(&format!("accept it with `purple trust {path}`")),
        "{done}"
    );

    let listed = finished(purple(place, &["trust"]));
    assert_eq!(listed.code(), 1, "{listed}");
    assert!(listed.out().contains("changed during run"), "{listed}");
    let json = finished(purple(place, &["trust", "--format", "json"]));
    let json: Value = serde_json::from_str(&json.out()).expect("JSON");
    assert!(json.as_array().is_some_and(|all| all.len() >= 4), "{json}");
    let accepted = finished(purple(place, &["trust", "project/team.yaml"]));
    assert_eq!(accepted.code(), 0, "{accepted}");
    assert!(accepted.out().contains(" became "), "{accepted}");
    let json = finished(purple(place, &["trust", "--format", "json"]));
    let json: Value = serde_json::from_str(&json.out()).expect("JSON");
    let listed = json.as_array().into_iter().flatten();
    let mut digests = listed.filter(|file| file["path"] == path.as_str());
    let now = digests.next().and_then(|file| file["sha256"].as_str());
    let first = format!("accepted: {path} sha256 {}\n", now.expect("a digest"));
    assert!(accepted.out().starts_with(&first), "{accepted}");
    assert_eq!(finished(purple(place, &["trust"])).code(), 0);
    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 0, "{done}");
    let unknown = finished(purple(place, &["trust", "host/secret"]));
    assert_eq!(unknown.code(), 125, "{unknown}");
}

/// A run of another policy, which goes on, does not keep what it did not know of.
fn a_policy_that_another_run_may_change_is_refused(place: &TestDir) {
    project(place);
    place.file("other.yaml", policy_of("project", "base", place));
    let going = waiting(place, &["--policy", "other.yaml"]);
    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 125, "{done}");
    assert!(
        done.stderr.contains("can be changed by a run in progress"),
        "{done}"
    );
    let said = ended(going);
    assert_eq!(place.read("project/team.yaml"), "changed\n", "{said}");
    place.file("project/team.yaml", "name: team\nextends: base\n");
    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 0, "{done}");
}

/// The list of what runs obey, and a log, are closed to programs of every policy.
fn state_and_log_stay_as_they_are(place: &TestDir) {
    project(place);
    place.dir("project/logs");
    let log = place.text("project/logs/audit.log");
    let record = format!(
        "name: record\nextends: base\naudit: {{enabled: true, detail_level: [syscall], log_path: {log:?}}}\n"
    );
    place.file("record.yaml", record);
    assert_eq!(run(place, &["--policy", "record.yaml"], "true").code(), 0);
    let before = (
        place.read("project/logs/audit.log"),
        place.read("project/logs/audit.log.head"),
    );
    let script = "echo x >> logs/audit.log; echo x > logs/audit.log.head; mv logs gone; mkdir -p logs/new; true";
    let done = run(place, &["--policy", "project/policy.yaml"], script);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(
        before,
        (
            place.read("project/logs/audit.log"),
            place.read("project/logs/audit.log.head")
        )
    );

    let home = policy_of("home", "base", place).replace(
        "sandbox_path: /tree",
        "sandbox_path: /tree, read_only: [\"!@home\", \"!@project\"]",
    );
    place.file("home.yaml", home);
    let script =
        "echo '{}' > .local/state/purple/obeyed.json; mv .local/state gone; mv .local gone; true";
    let done = run(place, &["--policy", "home.yaml"], script);
    assert_eq!(done.code(), 0, "{done}");
    assert!(
        place
            .read("home/.local/state/purple/obeyed.json")
            .contains("record.yaml")
    );
    let done = run(place, &["--policy", "home.yaml"], "echo fine > fine");
    assert_eq!(done.code(), 0, "{done}");
}

fn a_report_cannot_be_forged(place: &TestDir) {
    project(place);
    let script = "rm -f report.json; echo '{}' > report.json; mv -f team.yaml report.json; exit 3";
    let mut options = POLICY.to_vec();
    options.extend(["--report", "project/report.json"]);
    let done = run(place, &options, script);
    assert_eq!(done.code(), 3, "{done}");
    let report: Value = serde_json::from_str(&place.read("project/report.json")).expect("JSON");
    assert_eq!(report["exit_code"], 3, "{report}");

    // A link that an earlier run has left, in its place and on the way, and another name.
    place.dir("victim");
    place.file("victim/report.json", "as it was");
    place.file("project/linked", "as it was");
    symlink("../victim", place.at("project/out")).expect("a link");
    fs::hard_link(place.at("project/linked"), place.at("project/same.json")).expect("a link");
    for (report, words) in [
        ("project/out/report.json", "leads through the symbolic link"),
        ("project/same.json", "another name"),
    ] {
        let mut options = POLICY.to_vec();
        options.extend(["--report", report]);
        let done = run(place, &options, "true");
        assert_eq!(done.code(), 125, "{done}");
        assert!(done.stderr.contains(words), "{done}");
        let plan = Policy::new(place).compile(place);
        let done = Run::new(place, &plan, &["true"])
            .option(&["--report", report])
            .finish();
        assert_eq!(done.code(), 125, "{done}");
        assert!(done.stderr.contains(words), "{done}");
    }
    assert_eq!(place.read("victim/report.json"), "as it was");
    assert_eq!(place.read("project/linked"), "as it was");
}

/// Run 1 leaves a link where run 2 shows an absolute host path.
fn a_link_that_a_run_left_leads_no_later_run(place: &TestDir) {
    project(place);
    place.dir("project/in");
    let leave = format!("rmdir in; ln -s {} in", place.text("host"));
    let done = run(place, &POLICY, &leave);
    assert_eq!(done.code(), 0, "{done}");
    let policy = Policy::new(place).shows(&place.text("project/in"), "/data");
    let line = policy.line_of("/data");
    let plan = policy.compile(place);
    let done = Run::new(place, &plan, &["cat", "/data/secret"]).finish();
    let (link, host) = (place.text("project/in"), place.text("host"));
    done.refused(125, &format!(
        "mount: the host path {link} leads through the symbolic link {link} to {host}, which a sandbox may have left; name the path itself, if this is yours: {host} (policy line {line})"
    ));
    // The path that the message names is shown, and links of the system are followed.
    let policy = Policy::new(place)
        .shows(&host, "/data")
        .shows("/bin/sh", "/shell");
    let done = Run::new(place, &policy.compile(place), &["cat", "/data/secret"]).finish();
    assert_eq!(done.good(), "of the host\n");
}
