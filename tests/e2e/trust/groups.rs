//! Groups of hosts that a policy names are obeyed as the policy is: their files, the folder that they lie in, and purple-net.

use super::{ended, run, waiting};
use purple_tests::operator::{finished, install, purple};
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::fs;

scenarios! {
    a_group_in_a_share_stays
    a_group_that_the_host_replaces_is_not_obeyed
    a_group_that_nobody_names_is_not_obeyed
    purple_net_stays
}

/// The group's file, below the user's home, and where it is inside.
const GROUP: &str = "home/.config/purple/hosts.d/mirror.yaml";
const MIRROR: &str = "source: a test\nhosts: [mirror.example.org]\n";

/// A policy that names a group, and whose program may write to the folders that the group's file lies in.
fn project(place: &TestDir, allow: &str) {
    install(place);
    let _helper = purple_net(place);
    for folder in ["", "/purple", "/purple/hosts.d"] {
        place.dir(&format!("home/.config{folder}"));
    }
    place.file(GROUP, MIRROR);
    let shared = place.text("home/.config");
    let policy = format!(
        "name: agent\nextends: base\nfilesystem:\n  output_paths:\n    - {{host_path: {shared:?}, sandbox_path: /tree}}\n  working_dir: /tree/purple\nnetwork:\n  mode: filtered\n  allow: [{allow:?}]\n  dns_servers: [192.0.2.53]\n"
    );
    place.file("policy.yaml", policy);
}

const POLICY: [&str; 2] = ["--policy", "policy.yaml"];

/// Writes over the group by name, puts another file in its place, and another folder in that of its folder.
const ATTACK: &str = "echo changed > hosts.d/mirror.yaml; echo changed > new; mv -f new hosts.d/mirror.yaml; mv hosts.d gone; true";

fn a_group_in_a_share_stays(place: &TestDir) {
    project(place, "@mirror");
    for _ in 0..2 {
        let done = run(place, &POLICY, ATTACK);
        assert_eq!(done.code(), 0, "{done}");
        assert!(done.stderr.contains("Read-only file system"), "{done}");
        assert_eq!(place.read(GROUP), MIRROR);
    }
    // Beside it the program writes as it likes.
    let done = run(place, &POLICY, "echo fine > hosts.d/other.yaml");
    assert_eq!(done.code(), 0, "{done}");
    let listed = finished(purple(place, &["trust"]));
    assert!(listed.out().contains("hosts.d/mirror.yaml"), "{listed}");
    // A run of another policy keeps it too.
    let other = place.read("policy.yaml").replace("@mirror", "example.org");
    place.file("other.yaml", other);
    let done = run(place, &["--policy", "other.yaml"], ATTACK);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(place.read(GROUP), MIRROR);
}

fn a_group_that_the_host_replaces_is_not_obeyed(place: &TestDir) {
    project(place, "@mirror");
    let going = waiting(place, &POLICY);
    place.file("home/.config/new", "hosts: [other.example.org]\n");
    fs::rename(place.at("home/.config/new"), place.at(GROUP)).expect("a new file");
    let said = ended(going);
    let path = place.text(GROUP);
    let changed = format!("{path} has changed during this run");
    assert!(said.contains(&changed), "{said}");

    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 125, "{done}");
    let advice = format!("accept it with `purple trust {path}`");
    assert!(done.stderr.contains(&advice), "{done}");
    let accepted = finished(purple(place, &["trust", &path]));
    assert_eq!(accepted.code(), 0, "{accepted}");
    let done = run(place, &POLICY, "true");
    assert_eq!(done.code(), 0, "{done}");
}

/// The attack works on a file that no run has obeyed.
fn a_group_that_nobody_names_is_not_obeyed(place: &TestDir) {
    project(place, "example.org");
    let done = run(place, &POLICY, ATTACK);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(
        place.read("home/.config/purple/gone/mirror.yaml"),
        "changed\n"
    );
}

/// The program that carries the next run's connections.
fn purple_net_stays(place: &TestDir) {
    project(place, "example.org");
    let shared = place.text("home/.config");
    let everything = place.read("policy.yaml").replace(
        &format!("{shared:?}, sandbox_path: /tree}}"),
        &format!(
            "{:?}, sandbox_path: /tree, read_only: [\"!@home\", \"!@project\"]}}",
            place.text("")
        ),
    );
    place.file("all.yaml", everything.replace("/tree/purple", "/tree"));
    let before = fs::read(place.at("purple-net")).expect("a program");
    let script = "echo x > fake; chmod 755 fake; mv -f fake purple-net; true";
    let done = run(place, &["--policy", "all.yaml"], script);
    assert_eq!(done.code(), 0, "{done}");
    assert!(done.stderr.contains("busy"), "{done}");
    assert!(fs::read(place.at("purple-net")).expect("a program") == before);
}
