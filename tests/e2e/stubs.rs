//! What stands on the host for a missing path that is protected, and that nothing of it stays.

use super::protected::{tree, waiting};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, chown};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

scenarios! {
    two_sandboxes_share_their_stubs
    a_stub_that_was_left_is_taken_away
    what_the_host_puts_into_a_stub_stays
    many_sandboxes_at_once_leave_nothing
}

fn two_sandboxes_share_their_stubs(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project", "Makefile"])
        .compile(place);
    let attack =
        "mkdir /tree/.git/hooks && exit 9; echo x 2>/dev/null >> /tree/Makefile && exit 9; true";
    let (mut child, out) = waiting(place, &plan, attack);
    let other = Run::new(place, &plan, &["true"]).finish();
    assert_eq!(other.good(), "");
    assert!(
        place.at("project/.git").exists(),
        "the other one has left what is needed here"
    );
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    let done = finish(child, b"", Duration::from_secs(20));
    assert_eq!((done.code(), done.out().as_str()), (0, "end\n"), "{done}");
    assert!(
        tree(&place.at("project")).is_empty(),
        "the last one takes them away"
    );
}

fn a_stub_that_was_left_is_taken_away(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project", "a/b"])
        .compile(place);
    let (mut child, _out) = waiting(place, &plan, ":");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(pid, Signal::SIGKILL).expect("it runs");
    assert!(child.wait().is_ok());
    assert!(purple_tests::host::survivors(place).is_empty());
    let left = tree(&place.at("project"));
    assert!(
        left.contains_key(&place.at("project/a")),
        "nobody could take it away: {left:?}"
    );
    assert!(
        left.values().all(|(mode, _)| mode & 0o1222 == 0o1000),
        "{left:?}"
    );
    assert_eq!(Run::new(place, &plan, &["true"]).finish().good(), "");
    assert!(tree(&place.at("project")).is_empty());
}

fn what_the_host_puts_into_a_stub_stays(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["kept/", "file", "other"])
        .compile(place);
    let (mut child, out) = waiting(
        place,
        &plan,
        "echo x 2>/dev/null > /tree/kept/x && exit 9; :",
    );
    let open = |name: &str, mode: u32| {
        let path = place.at("project").join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its own stub");
        let owner = (
            Some(Uid::from_raw(place.who.uid)),
            Some(Gid::from_raw(place.who.gid)),
        );
        chown(&path, owner.0, owner.1).expect("its own stub");
    };
    open("kept", 0o755);
    place.file("project/kept/mine", "of the host");
    open("file", 0o644);
    place.file("project/file", "of the host");
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    let done = finish(child, b"", Duration::from_secs(20));
    assert_eq!((done.code(), done.out().as_str()), (0, "end\n"), "{done}");
    let left: Vec<PathBuf> = tree(&place.at("project")).into_keys().collect();
    assert_eq!(
        left,
        ["project/file", "project/kept", "project/kept/mine"].map(|name| place.at(name))
    );
}

fn many_sandboxes_at_once_leave_nothing(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project", "x/y", "z"])
        .compile(place);
    let attack = "for path in .git/hooks .vscode/x x/y z; do mkdir -p /tree/$path 2>/dev/null && [ -e /tree/$path/. ] && exit 9; done; true";
    for _ in 0..4 {
        let runs: Vec<Child> = (0..6)
            .map(|_| Run::new(place, &plan, &["sh", "-c", attack]).start())
            .collect();
        for run in runs {
            assert_eq!(finish(run, b"", Duration::from_mins(1)).good(), "");
        }
        assert!(tree(&place.at("project")).is_empty());
    }
}
