//! Whatever name leads to what a later run obeys: links on the way, names below a mount, missing names,
//! other names of the same file.

use super::{ended, policy_of, project, run, waiting};
use purple_tests::identity::can_mount;
use purple_tests::operator::{finished, purple, purple_by};
use purple_tests::policy::Policy;
use purple_tests::run::Finished;
use purple_tests::test_dir::TestDir;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

scenarios! {
    links_on_the_way_stay_in_runs_of_other_policies
    a_link_that_the_host_replaces_is_not_obeyed
    what_lies_on_a_mount_below_a_share_is_kept
    what_a_bind_mount_below_a_share_leads_to_is_kept
    a_missing_file_that_a_run_makes_is_not_obeyed
    another_name_of_what_has_changed_is_not_obeyed
    a_file_that_a_run_has_a_hard_link_of_is_not_obeyed
    the_link_by_which_purple_is_called_stays
    files_that_no_run_can_reach_cost_nothing
}

/// A policy whose program writes to the project, and is not in it.
fn other(place: &TestDir) {
    place.file("other.yaml", policy_of("project", "base", place));
}

const OTHER: [&str; 2] = ["--policy", "other.yaml"];

fn trust(place: &TestDir, words: &[&str]) -> Finished {
    finished(purple(place, &[&["trust"], words].concat()))
}

fn is_refused(done: &Finished, words: &str) {
    assert_eq!(done.code(), 125, "{done}");
    assert!(done.stderr.contains(words), "{done}");
}

/// A link to a policy, to a parent, to a plan, and to the directory of a policy.
fn links_on_the_way_stay_in_runs_of_other_policies(place: &TestDir) {
    project(place);
    other(place);
    for dir in ["real", "real/sub"] {
        place.dir(dir);
    }
    // A parent's path starts where the policy's name lies.
    place.file(
        "real/policy.yaml",
        policy_of("project", "./parent.yaml", place),
    );
    place.file("real/parent.yaml", "name: parent\nextends: base\n");
    place.file("real/sub/policy.yaml", policy_of("project", "base", place));
    for (target, link) in [
        ("../real/parent.yaml", "project/parent.yaml"),
        ("../real/policy.yaml", "project/link.yaml"),
        ("../real/sub", "project/dir"),
        ("../real/agent.plan", "project/agent.plan"),
    ] {
        symlink(target, place.at(link)).expect("a link");
    }
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["!@project"])
        .compile(place);
    fs::rename(plan, place.at("real/agent.plan")).expect("a plan");
    for options in [
        ["--policy", "project/link.yaml"],
        ["--policy", "project/dir/policy.yaml"],
        ["--plan", "project/agent.plan"],
    ] {
        let done = run(place, &options, "true");
        assert_eq!(done.code(), 0, "{done}");
    }
    let links = ["link.yaml", "parent.yaml", "dir", "agent.plan"];
    for link in links {
        let attack = format!("rm -f {link}; mv -f {link} gone; ln -sf none {link}; test -h {link}");
        let done = run(place, &OTHER, &attack);
        assert_eq!(done.code(), 0, "{done}");
        assert!(place.at("project").join(link).is_symlink(), "{link}");
        assert!(!place.at("project/gone").is_symlink(), "{link}");
    }
    // What is forgotten is the program's again.
    for link in links {
        let name = format!("project/{link}");
        let done = trust(place, &["--forget", &name]);
        let forgotten = format!("forgotten: {}\n", place.text(&name));
        assert!(done.out().contains(&forgotten), "{done}");
        let done = run(place, &OTHER, &format!("rm {link}"));
        assert_eq!(done.code(), 0, "{done}");
    }
}

fn a_link_that_the_host_replaces_is_not_obeyed(place: &TestDir) {
    project(place);
    other(place);
    place.file("real.yaml", policy_of("project", "base", place));
    symlink("../real.yaml", place.at("project/link.yaml")).expect("a link");
    let linked = ["--policy", "project/link.yaml"];
    assert_eq!(run(place, &linked, "true").code(), 0);
    let going = waiting(place, &OTHER);
    place.file("evil.yaml", policy_of("", "base", place));
    fs::remove_file(place.at("project/link.yaml")).expect("the link");
    symlink("../evil.yaml", place.at("project/link.yaml")).expect("a link");
    let said = ended(going);
    let link = place.text("project/link.yaml");
    assert!(
        said.contains(&format!("{link} has changed during this run")),
        "{said}"
    );
    is_refused(
        &run(place, &linked, "true"),
        &format!("`purple trust {link}`"),
    );
    // It is as it was, or accepted.
    fs::remove_file(place.at("project/link.yaml")).expect("the link");
    symlink("../evil.yaml", place.at("project/link.yaml")).expect("a link");
    is_refused(
        &run(place, &linked, "true"),
        &format!("`purple trust {link}`"),
    );
    let done = trust(place, &["project/link.yaml"]);
    let accepted = format!("accepted: {link} symbolic link to ../evil.yaml\n");
    assert!(done.out().contains(&accepted), "{done}");
    assert_eq!(trust(place, &[]).code(), 0);
}

/// The shell script, as the place's owner, after root has mounted something.
fn mounted(place: &TestDir, mount: &str, script: &str) -> Finished {
    let (uid, gid) = (place.who.uid, place.who.gid);
    let script = format!(
        "set -e; mount {mount}; \
         exec setpriv --reuid {uid} --regid {gid} --clear-groups sh -c '{script}'"
    );
    let mut command = Command::new("unshare");
    command
        .args(["-m", "--propagation", "private", "sh", "-c", &script])
        .current_dir(place.at(""))
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", place.at("home"))
        .env("XDG_STATE_HOME", place.at("home/.local/state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finished(command)
}

fn what_lies_on_a_mount_below_a_share_is_kept(place: &TestDir) {
    if !can_mount("e2e-trust-what_lies_on_a_mount_below_a_share_is_kept") {
        return;
    }
    project(place);
    other(place);
    place.dir("project/data");
    place.file("mounted.yaml", policy_of("output", "base", place));
    // A registered file, one that is missing, and one that a run obeys while another goes on.
    let script = "P=\"./purple run --unenforced cgroup --policy\"; \
        cp mounted.yaml project/data/kept.yaml; cp mounted.yaml project/data/away.yaml; \
        $P project/data/kept.yaml -- true; $P project/data/away.yaml -- true; \
        mv project/data/away.yaml away.yaml; \
        $P other.yaml -- sh -c \"echo x >> data/kept.yaml; rm -f data/kept.yaml; sed s/agent/evil/ data/kept.yaml > data/away.yaml\"; \
        cmp mounted.yaml project/data/kept.yaml && echo unchanged; \
        $P project/data/away.yaml -- echo obeyed; true";
    let mount = format!(
        "-t tmpfs -o uid={},gid={},mode=755 tmpfs {}",
        place.who.uid,
        place.who.gid,
        place.text("project/data")
    );
    let done = mounted(place, &mount, script);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(done.out(), "unchanged\n", "{done}");
    assert!(done.stderr.contains("Read-only file system"), "{done}");
    let away = place.text("project/data/away.yaml");
    assert!(
        done.stderr
            .contains(&format!("accept it with `purple trust {away}`")),
        "{done}"
    );
}

/// The path of what runs obey is not below the share, and the program reaches it all the same.
fn what_a_bind_mount_below_a_share_leads_to_is_kept(place: &TestDir) {
    if !can_mount("e2e-trust-what_a_bind_mount_below_a_share_leads_to_is_kept") {
        return;
    }
    project(place);
    other(place);
    for dir in ["project/data", "elsewhere", "elsewhere/deep"] {
        place.dir(dir);
    }
    place.file(
        "elsewhere/deep/own.yaml",
        policy_of("output", "base", place),
    );
    let script = "P=\"./purple run --unenforced cgroup --policy\"; \
        $P elsewhere/deep/own.yaml -- true; \
        $P other.yaml -- sh -c \"echo x >> data/deep/own.yaml; rm -f data/deep/own.yaml; mv data/deep data/gone; true\"; \
        $P elsewhere/deep/own.yaml -- echo obeyed";
    let before = place.read("elsewhere/deep/own.yaml");
    let (from, to) = (place.text("elsewhere"), place.text("project/data"));
    let done = mounted(place, &format!("--bind {from} {to}"), script);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(done.out(), "obeyed\n", "{done}");
    assert!(done.stderr.contains("Read-only file system"), "{done}");
    assert_eq!(place.read("elsewhere/deep/own.yaml"), before);
}

/// The host moves a policy away, a run makes another one.
fn a_missing_file_that_a_run_makes_is_not_obeyed(place: &TestDir) {
    project(place);
    other(place);
    place.dir("project/deep");
    place.file("project/deep/own.yaml", policy_of("project", "base", place));
    let options = ["--policy", "project/deep/own.yaml"];
    assert_eq!(run(place, &options, "true").code(), 0);
    let content = place.read("project/deep/own.yaml");
    fs::remove_dir_all(place.at("project/deep")).expect("a directory");
    // A run that does not make it leaves it in the list.
    assert_eq!(run(place, &OTHER, "true").code(), 0);
    let listed = trust(place, &[]);
    assert!(listed.out().contains("missing now"), "{listed}");
    let script = "mkdir deep; cat team.yaml > deep/own.yaml";
    let done = run(place, &OTHER, script);
    assert_eq!(done.code(), 0, "{done}");
    let path = place.text("project/deep/own.yaml");
    assert!(
        done.stderr
            .contains(&format!("{path} has changed during this run")),
        "{done}"
    );
    is_refused(
        &run(place, &options, "true"),
        &format!("accept it with `purple trust {path}`"),
    );
    // Changed files are listed first.
    let listed = trust(place, &[]);
    assert!(listed.out().starts_with(&path), "{listed}");
    // With its old content it is obeyed again.
    place.file("project/deep/own.yaml", content);
    assert_eq!(run(place, &options, "true").code(), 0);
}

/// The mark of a change holds for the file and its content, whatever they are called.
fn another_name_of_what_has_changed_is_not_obeyed(place: &TestDir) {
    project(place);
    other(place);
    place.file("project/own.yaml", policy_of("project", "base", place));
    let own = ["--policy", "project/own.yaml"];
    assert_eq!(run(place, &own, "true").code(), 0);
    fs::rename(place.at("project/own.yaml"), place.at("own.yaml")).expect("a policy");
    let evil = "sed s/agent/evil/ /tree/copy.yaml > /tree/own.yaml";
    place.file("project/copy.yaml", policy_of("project", "base", place));
    let done = run(place, &OTHER, evil);
    assert_eq!(done.code(), 0, "{done}");
    let path = place.text("project/own.yaml");
    is_refused(&run(place, &own, "true"), &path);

    place.dir("alias");
    symlink("../project/own.yaml", place.at("alias/link.yaml")).expect("a link");
    fs::copy(place.at("project/own.yaml"), place.at("alias/copy.yaml")).expect("a copy");
    is_refused(&run(place, &["--policy", "alias/link.yaml"], "true"), &path);
    let copied = run(place, &["--policy", "alias/copy.yaml"], "true");
    is_refused(&copied, &format!("is another name or a copy of {path}"));
    fs::rename(place.at("project/own.yaml"), place.at("alias/moved.yaml")).expect("a policy");
    let mut text = place.read("alias/moved.yaml");
    text.push_str("# more\n");
    fs::write(place.at("alias/moved.yaml"), text).expect("a policy");
    let moved = ["--policy", "alias/moved.yaml"];
    is_refused(
        &run(place, &moved, "true"),
        &format!("is another name or a copy of {path}"),
    );
    let done = trust(place, &["alias/moved.yaml"]);
    assert_eq!(done.code(), 0, "{done}");
    assert!(done.out().starts_with("accepted: "), "{done}");
    assert_eq!(run(place, &moved, "true").code(), 0);
}

/// A run that goes on writes to the file system of a policy, and has a hard link of it.
fn a_file_that_a_run_has_a_hard_link_of_is_not_obeyed(place: &TestDir) {
    project(place);
    other(place);
    place.dir("elsewhere");
    place.file("elsewhere/own.yaml", policy_of("output", "base", place));
    fs::hard_link(place.at("elsewhere/own.yaml"), place.at("project/x")).expect("a link");
    let going = waiting(place, &OTHER);
    let own = ["--policy", "elsewhere/own.yaml"];
    let done = run(place, &own, "true");
    is_refused(&done, "has another name (a hard link)");
    assert!(done.stderr.contains("cp -p "), "{done}");
    // What the message says.
    let path = place.at("elsewhere/own.yaml");
    fs::copy(&path, place.at("elsewhere/new")).expect("a copy");
    fs::rename(place.at("elsewhere/new"), &path).expect("a copy");
    assert_eq!(run(place, &own, "true").code(), 0);
    let _said = ended(going);
}

fn the_link_by_which_purple_is_called_stays(place: &TestDir) {
    project(place);
    other(place);
    place.dir("project/bin");
    symlink("../../purple", place.at("project/bin/purple")).expect("a link");
    let script = "rm -f bin/purple; echo x > new; mv -f new bin/purple; test -h bin/purple";
    // A name without a slash is looked up in PATH.
    for program in ["./project/bin/purple", "purple"] {
        let words = [
            "run",
            "--unenforced",
            "cgroup",
            "--policy",
            "other.yaml",
            "--",
            "sh",
            "-c",
            script,
        ];
        let starts = format!(
            "#!/bin/sh\nPATH={}:/usr/bin:/bin; exec {program} \"$@\"\n",
            place.text("project/bin")
        );
        place.script("starts", &starts);
        let done = finished(purple_by(place, "starts", &words));
        assert_eq!(done.code(), 0, "{done}");
        assert!(place.at("project/bin/purple").is_symlink(), "{program}");
        let forgotten = trust(place, &["--forget", "project/bin/purple"]);
        assert_eq!(forgotten.code(), 0, "{forgotten}");
    }
}

/// More files are registered than purple-exec could hold.
fn files_that_no_run_can_reach_cost_nothing(place: &TestDir) {
    project(place);
    other(place);
    assert_eq!(run(place, &OTHER, "true").code(), 0);
    place.dir("many");
    let list = place.at("home/.local/state/purple/obeyed.json");
    let text = fs::read_to_string(&list).expect("the list");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    let first = value["files"][0].clone();
    let files = value["files"].as_array_mut().expect("a list");
    for number in 0..1200 {
        let path = place.file(&format!("many/{number}"), "x");
        let mut file = first.clone();
        file["path"] = path.to_str().expect("UTF-8").into();
        files.push(file);
    }
    fs::write(&list, value.to_string()).expect("the list");
    // As most hosts have it for a shell.
    place.script("few", "#!/bin/sh\nulimit -Sn 1024; exec ./purple \"$@\"\n");
    let words = [
        "run",
        "--unenforced",
        "cgroup",
        "--policy",
        "other.yaml",
        "--",
        "true",
    ];
    let done = finished(purple_by(place, "few", &words));
    assert_eq!(done.code(), 0, "{done}");
    let listed = trust(place, &[]);
    assert!(listed.out().contains("many/1199"), "{listed}");
}
