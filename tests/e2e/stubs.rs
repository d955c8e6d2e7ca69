//! What stands on the host for a missing path that is protected, and that nothing of it stays.

use super::protected::{tree, waiting};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Pid, Uid, chown, mkfifo};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use purple_tests::wait::wait_until;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

scenarios! {
    two_sandboxes_share_their_stubs
    a_janitor_takes_the_stubs_of_a_killed_supervisor_away
    a_stub_that_was_left_is_taken_away
    what_the_host_puts_into_a_stub_stays
    what_opens_only_with_a_partner_holds_no_start_up
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

/// The processes that a process has started and not waited for, by their ids.
fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// The janitor of a supervisor: its child that leads a session on the host.
fn janitor(supervisor: u32) -> Option<u32> {
    let leads = |id: &u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after = stat.rsplit(") ").next().unwrap_or_default();
        let session = after.split(' ').nth(3).and_then(|id| id.parse().ok());
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let is_outside = status.lines().any(|line| {
            line.strip_prefix("NSpid:")
                .is_some_and(|ids| ids.split_whitespace().count() == 1)
        });
        session == Some(*id) && is_outside
    };
    children(supervisor).into_iter().find(leads)
}

fn end(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a process id"));
    kill(pid, Signal::SIGKILL).expect("it runs");
}

/// Nobody but the janitor is left to take them away.
fn a_janitor_takes_the_stubs_of_a_killed_supervisor_away(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project", "a/b"])
        .compile(place);
    let (mut child, _out) = waiting(place, &plan, ":");
    assert!(place.at("project/a").exists());
    wait_until("a janitor", || janitor(child.id()).is_some());
    end(child.id());
    assert!(child.wait().is_ok());
    // By one look at the names: what is below may go while it is looked at.
    let names = || {
        fs::read_dir(place.at("project"))
            .expect("a directory")
            .count()
    };
    wait_until("the stubs are gone", || names() == 0);
    wait_until("the janitor is gone", || {
        purple_tests::host::survivors(place).is_empty()
    });
}

/// Where the janitor is killed too, the next run does it.
fn a_stub_that_was_left_is_taken_away(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project", "a/b"])
        .compile(place);
    let (mut child, _out) = waiting(place, &plan, ":");
    wait_until("a janitor", || janitor(child.id()).is_some());
    end(janitor(child.id()).expect("it waits"));
    end(child.id());
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
    place.dir("project/.git");
    let kept = [".git/kept/", ".git/file", ".git/other", "socket"];
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &kept)
        .compile(place);
    let (mut child, out) = waiting(
        place,
        &plan,
        "echo x 2>/dev/null > /tree/.git/kept/x && exit 9; :",
    );
    let open = |name: &str, mode: u32| {
        let path = place.at("project/.git").join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its own stub");
        let owner = (
            Some(Uid::from_raw(place.who.uid)),
            Some(Gid::from_raw(place.who.gid)),
        );
        chown(&path, owner.0, owner.1).expect("its own stub");
    };
    open("kept", 0o755);
    place.file("project/.git/kept/mine", "of the host");
    open("file", 0o644);
    place.file("project/.git/file", "of the host");
    fs::remove_file(place.at("project/socket")).expect("its own stub");
    place.file("project/socket", "of the host");
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    let done = finish(child, b"", Duration::from_secs(20));
    assert_eq!((done.code(), done.out().as_str()), (0, "end\n"), "{done}");
    let left: Vec<PathBuf> = tree(&place.at("project")).into_keys().collect();
    let expected = [".git", ".git/file", ".git/kept", ".git/kept/mine", "socket"];
    assert_eq!(left, expected.map(|name| place.at("project").join(name)));
}

/// The host has a FIFO where a stub would stand, with the mode of a stub and without; opening one waits for
/// the other end (fifo(7)).
fn what_opens_only_with_a_partner_holds_no_start_up(place: &TestDir) {
    place.dir("project");
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["Makefile"])
        .compile(place);
    let (mut child, out) = waiting(place, &plan, ":");
    let fifo = place.at("project/Makefile");
    let mode = fs::metadata(&fifo).expect("a stub").permissions().mode() & 0o7777;
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
    for mode in [mode, 0o644] {
        mkfifo(&fifo, Mode::empty()).expect("a FIFO");
        fs::set_permissions(&fifo, fs::Permissions::from_mode(mode)).expect("mine");
        if Uid::effective().is_root() {
            let (uid, gid) = (Uid::from_raw(place.who.uid), Gid::from_raw(place.who.gid));
            chown(&fifo, Some(uid), Some(gid)).expect("root may");
        }
        let attack = "rm -f /tree/Makefile; mv /tree/Makefile /tree/x; test -p /tree/Makefile";
        let done = Run::new(place, &plan, &["sh", "-c", attack]).finish();
        assert_eq!(done.code(), 0, "{mode:o}: {done}");
        fs::remove_file(&fifo).expect("it is there still");
    }
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
