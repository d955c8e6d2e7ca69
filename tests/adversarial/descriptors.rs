//! Threats 2 and 3: descriptors that lead out.

use super::attack::{WITHOUT_LANDLOCK, found, outside};
use purple_tests::inside::{PYTHON, python};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs::{Permissions, set_permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, Command, Stdio};

scenarios! {
    a_working_directory_through_a_descriptor
    a_directory_passed_over_a_socket
    a_shown_tree_by_a_mount_that_can_be_written
    a_shown_tree_by_a_mount_that_can_be_written_through_an_input
}

/// An earlier run leaves a link to a descriptor where the next run starts, and whoever starts that
/// has a directory open.
fn a_working_directory_through_a_descriptor(place: &TestDir) {
    symlink("/proc/self/fd/9", place.at("output/door")).expect("a link");
    let wrapper = ["sh", "-c", "exec 9<host; exec \"$@\"", "sh"];
    let enter = ["sh", "-c", "cd output/door && cat secret"];
    assert_eq!(
        bare(place, &[&wrapper[..], &enter].concat()).good(),
        "of the host\n"
    );

    let policy = Policy::new(place).starts_in("/output/door");
    let plan = policy.compile(place);
    let line = policy.line_of("working_dir");
    for let_go in [&[][..], &WITHOUT_LANDLOCK] {
        let run = Run::new(place, &plan, &["cat", "secret"])
            .option(let_go)
            .wrapped(&wrapper);
        let done = run.finish();
        let said = format!("working directory: /output/door: ENOENT (policy line {line})\n");
        assert_eq!(done.code(), 125, "{done}");
        assert!(
            done.stderr.ends_with(&said) && done.out().is_empty(),
            "{done}"
        );
    }
}

/// Gives everybody who connects a directory of the host, three times.
const PEER: &str = include_str!("../probes/directory_over_a_socket.py");

/// Somebody outside who hands in `passed`, with three files in it that everybody may write.
fn peer(place: &TestDir) -> Child {
    set_permissions(place.dir("passed"), Permissions::from_mode(0o777)).expect("its own");
    for name in ["file", "spare", "extra"] {
        let file = place.file(&format!("passed/{name}"), "of the host\n");
        set_permissions(file, Permissions::from_mode(0o666)).expect("its own");
    }
    let mut peer = Command::new(PYTHON);
    peer.args(["-c", PEER])
        .current_dir(place.at(""))
        .stdout(Stdio::piped());
    let mut peer = peer.spawn().expect("python");
    let mut out = BufReader::new(peer.stdout.take().expect("a pipe"));
    assert!(
        out.read_line(&mut String::new())
            .is_ok_and(|length| length > 0)
    );
    peer
}

/// What the use of a passed directory comes to where all of it ends in the same way.
fn all(what: &str) -> Value {
    json!({"read": what, "cut": what, "write": what, "up": what, "make": what, "mkdir": what,
           "rename": what, "unlink": what})
}

/// Somebody outside hands a directory in. Nothing in it can be opened, made or removed.
fn a_directory_passed_over_a_socket(place: &TestDir) {
    let mut peer = peer(place);
    let text = include_str!("../probes/use_a_passed_directory.py");
    let plan = Policy::new(place).compile(place);
    let inside = found(&python(place, &plan, text));
    let free = outside(place, text);
    assert_eq!(free, all("ok"));
    assert_eq!(inside, all("EACCES"), "Landlock holds");
    // That it is Landlock and nothing else: without it, what its owner may do goes.
    let let_go = found(&python(place, &plan, text).option(&WITHOUT_LANDLOCK));
    assert_eq!(
        (&let_go["read"], &let_go["write"]),
        (&json!("ok"), &json!("ok")),
        "{let_go}"
    );
    assert!(peer.wait().expect("the peer ends").success());
}

/// The same where the policy shows the directory read-only. What comes in lies on a mount of the
/// host's that can be written: it is as if the sandbox's own were not read-only. Files can be read, as
/// they can by the sandbox's own mount, and cut, which is left to that mount alone. All else holds.
fn a_shown_tree_by_a_mount_that_can_be_written(place: &TestDir) {
    let mut peer = peer(place);
    let text = include_str!("../probes/use_a_passed_directory.py");
    let policy = Policy::new(place).shows(&place.text("passed"), "/shown");
    let plan = policy.compile(place);
    let mut expected = all("EACCES");
    for allowed in ["read", "cut"] {
        expected[allowed] = json!("ok");
    }
    assert_eq!(found(&python(place, &plan, text)), expected);
    let let_go = found(&python(place, &plan, text).option(&WITHOUT_LANDLOCK));
    assert_eq!(
        (&let_go["write"], &let_go["up"]),
        (&json!("ok"), &json!("ok")),
        "{let_go}"
    );
    assert_eq!(outside(place, text)["read"], "ok");
    assert!(peer.wait().expect("the peer ends").success());
}

/// Standard input that comes from a shown tree lies on the host's mount too. It cannot be cut.
fn a_shown_tree_by_a_mount_that_can_be_written_through_an_input(place: &TestDir) {
    place.dir("shown");
    let file = place.file("shown/file", "of the host\n");
    set_permissions(&file, Permissions::from_mode(0o666)).expect("its own");
    let redirect = format!("exec \"$@\" <{}", file.display());
    let wrapper = ["sh", "-c", &redirect, "sh"];
    let text = include_str!("../probes/cut_what_is_read.py");
    let policy = Policy::new(place).shows(&place.text("shown"), "/shown");
    let plan = policy.compile(place);
    let kept = found(&python(place, &plan, text).wrapped(&wrapper));
    assert_eq!(
        kept,
        json!({"read": "ok", "opened": "EACCES", "named": "EACCES"})
    );
    assert_eq!(place.read("shown/file"), "of the host\n");
    let let_go = python(place, &plan, text).option(&WITHOUT_LANDLOCK);
    assert_eq!(
        found(&let_go.wrapped(&wrapper)),
        json!({"read": "ok", "opened": "ok", "named": "ok"})
    );
}
