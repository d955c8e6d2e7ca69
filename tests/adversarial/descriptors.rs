//! Threats 2, 3 and 30: descriptors that lead out.

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
    a_file_to_read
    a_file_to_write
    memory_to_read
    a_pipe_the_other_way
    sockets_that_lead_elsewhere
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

/// Connects a kind of descriptor to its arguments, and shows what became of it outside.
const HAND_OVER: &str = include_str!("../probes/hand_over.py");

/// Does with a descriptor what it was not connected for.
const MISUSE: &str = include_str!("../probes/misuse_a_descriptor.py");

/// What a program does with a descriptor of this kind, in the place that it has it, and what became of it.
fn misuse(place: &TestDir, kind: &str, number: &str, options: &[&str]) -> Value {
    let policy = Policy::new(place).section("network: {isolated: true}");
    let run = python(place, &policy.compile(place), MISUSE)
        .argument(number)
        .option(options)
        .wrapped(&[PYTHON, "-c", HAND_OVER, kind]);
    run.finish().facts()
}

const HANDED_ON: [&str; 1] = ["--inherit-stdio"];

/// It is opened again on a read-only mount: its mode, times and attributes stay, whoever owns it.
fn a_file_to_read(place: &TestDir) {
    let as_it_was = json!({"mode": "0o644", "text": "of the host\n", "xattrs": [], "old": true});
    let free = misuse(place, "file", "0", &HANDED_ON);
    if !place.who.is_root() {
        assert_ne!(free["outside"], as_it_was, "the attack works: {free}");
    }
    let kept = misuse(place, "file", "0", &[]);
    assert_eq!(kept["outside"], as_it_was, "{kept}");
    for what in ["mode", "times", "attribute", "flags"] {
        let expected = if place.who.is_root() {
            ["EPERM", "EROFS"]
        } else {
            ["EROFS"; 2]
        };
        assert!(
            expected.iter().any(|one| kept["inside"][what] == *one),
            "{what}: {kept}"
        );
    }
    assert_eq!(kept["inside"]["read_again"], "ok", "{kept}");
    assert_ne!(kept["inside"]["write_again"], "ok", "{kept}");
}

/// A pipe is in its place: nothing can be written but behind what is there.
fn a_file_to_write(place: &TestDir) {
    for (kind, before) in [("log", "line of an earlier run\n"), ("output", "")] {
        let free = misuse(place, kind, "1", &HANDED_ON);
        assert_eq!(free["inside"]["cut"], "ok", "the attack works: {free}");
        let kept = misuse(place, kind, "1", &[]);
        assert_ne!(kept["inside"]["cut"], "ok", "{kept}");
        let outside = &kept["outside"];
        let text = outside["text"].as_str().unwrap_or_default();
        // What it has written to its own end.
        assert!(text.starts_with(before), "{kept}");
        assert!(
            ["", "FORGED\n"].contains(&text.trim_start_matches(before)),
            "{kept}"
        );
        assert_eq!(
            (&outside["mode"], &outside["xattrs"]),
            (&json!("0o644"), &json!([]))
        );
    }
}

/// Landlock restricts no memory of the kernel's own; a copy is read.
fn memory_to_read(place: &TestDir) {
    let free = misuse(place, "memory", "0", &HANDED_ON);
    assert_ne!(
        free["outside"]["text"], "of the host\n",
        "the attack works: {free}"
    );
    let kept = misuse(place, "memory", "0", &[]);
    assert_eq!(kept["outside"]["text"], "of the host\n", "{kept}");
}

/// What is written into standard input, or read from standard output, is the program's own.
fn a_pipe_the_other_way(place: &TestDir) {
    if !place.who.is_root() {
        // Root's pipes belong to root.
        let free = misuse(place, "pipe", "0", &HANDED_ON);
        assert_eq!(
            free["outside"]["text"], "FORGED\n",
            "it has read what was there: {free}"
        );
        let free = misuse(place, "shared", "1", &HANDED_ON);
        assert_ne!(free["outside"]["text"], "of another program\n", "{free}");
    }
    let kept = misuse(place, "pipe", "0", &[]);
    let text = kept["outside"]["text"].as_str().unwrap_or_default();
    assert!(!text.contains("FORGED"), "{kept}");
    let kept = misuse(place, "shared", "1", &[]);
    let text = kept["outside"]["text"].as_str().unwrap_or_default();
    assert!(text.starts_with("of another program\n"), "{kept}");
}

/// A socket that was made outside reaches what is outside: it is refused, by name.
fn sockets_that_lead_elsewhere(place: &TestDir) {
    let refusal = |what: &str| {
        let advice = "--inherit-stdio hands it on as it is";
        format!("purple-exec: start: descriptor 0 is {what}; {advice}\n")
    };
    for (kind, what) in [
        (
            "udp",
            "an internet socket, which belongs to the network outside",
        ),
        ("unix", "a unix socket for datagrams"),
    ] {
        // Landlock's scope holds abstract names, from version 6 on.
        let options = [&HANDED_ON[..], &WITHOUT_LANDLOCK].concat();
        let free = misuse(place, kind, "0", &options);
        assert_eq!(free["outside"]["got"], "out", "the attack works: {free}");
        let kept = misuse(place, kind, "0", &[]);
        let expected = json!({"status": 125, "inside": refusal(what), "outside": {"got": null}});
        assert_eq!(kept, expected);
    }
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
    let handed_on = || python(place, &plan, text).option(&HANDED_ON);
    let kept = found(&handed_on().wrapped(&wrapper));
    assert_eq!(
        kept,
        json!({"read": "ok", "opened": "EACCES", "named": "EACCES"})
    );
    assert_eq!(place.read("shown/file"), "of the host\n");
    let let_go = handed_on().option(&WITHOUT_LANDLOCK);
    assert_eq!(
        found(&let_go.wrapped(&wrapper)),
        json!({"read": "ok", "opened": "ok", "named": "ok"})
    );
}
