//! What of the host's files is there inside, and what can be changed.

use super::inside::{facts, facts_under, python};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::repository;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

scenarios! {
    host_files_are_not_there
    root_holds_what_the_policy_says
    shown_trees_cannot_be_changed
    own_root_cannot_be_changed
    mount_below_a_shown_tree_is_read_only
    what_the_host_mounts_later_stays_outside
    scratch_directories_are_bounded
    scratch_directories_start_empty
    shown_trees_hide_nothing_below_them
}

fn host_files_are_not_there(place: &TestDir) {
    let repository = repository::root();
    let list = format!(
        "['/root', '/home', '/var', '/srv', '/boot', '/mnt', '/run', '/etc/shadow', \
         '/etc/ssh', '/etc/hostid', {:?}, {:?}, {:?}]",
        repository.to_str().expect("UTF-8"),
        place.text("host/secret"),
        place.text(""),
    );
    let found = facts(
        place,
        &format!("show(**{{p: attempt(os.stat, p) for p in {list}}})"),
    );
    for (path, result) in found.as_object().expect("an object") {
        assert_eq!(result, "ENOENT", "{path}");
    }
}

fn root_holds_what_the_policy_says(place: &TestDir) {
    let found = facts(place, include_str!("../probes/list_the_root.py"));
    let root: Vec<&str> = found["root"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|name| name.as_str())
        .collect();
    let known = [
        "bin", "dev", "etc", "lib", "lib32", "lib64", "output", "proc", "sbin", "sys", "tmp", "usr",
    ];
    assert_eq!(root, known);
    let generated = [
        "group",
        "hostname",
        "hosts",
        "nsswitch.conf",
        "passwd",
        "resolv.conf",
    ];
    for name in found["etc"].as_array().expect("a list") {
        let name = name.as_str().expect("a name");
        assert!(
            generated.contains(&name) || ["alternatives", "ld.so.cache"].contains(&name),
            "{name}"
        );
    }
    let links =
        json!({"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"});
    assert_eq!(found["links"], links);
    assert_eq!(found["passwd"], "agent:x:1000:1000:agent:/tmp:/bin/sh");
    assert_eq!(found["resolv"], "");
}

/// A tree of the host that everybody may write to, so that only the mount stands in the way.
fn open_tree(place: &TestDir) {
    let dir = place.dir("tree");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).expect("its own directory");
    let file = place.file("tree/file", "as it was\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("its own file");
}

fn shown_trees_cannot_be_changed(place: &TestDir) {
    open_tree(place);
    let policy = Policy::new(place)
        .shows(&place.text("tree"), "/tree")
        .shows(&place.text("tree"), "/output/tree");
    place.dir("output/tree");
    let found = facts_under(
        place,
        &policy,
        include_str!("../probes/change_shown_trees.py"),
    );
    for tree in ["direct", "nested", "again"] {
        for (what, result) in found[tree].as_object().expect("an object") {
            assert_eq!(result, "EROFS", "{what} in {tree}");
        }
    }
    assert_eq!(found["link"], "EXDEV");
    assert_eq!(found["rename"], "EXDEV");
    assert_eq!(found["usr"], "EROFS");
    assert_eq!(found["content"], "as it was\n");
    assert_eq!(place.read("tree/file"), "as it was\n");
}

fn own_root_cannot_be_changed(place: &TestDir) {
    let found = facts(place, include_str!("../probes/change_the_root.py"));
    for (what, result) in found.as_object().expect("an object") {
        // sysfs has no mkdir; all else is a mount that is read-only.
        assert!(
            result == "EROFS" || (what == "/sys/new" && result == "EPERM"),
            "{what}: {result}"
        );
    }
}

fn mount_below_a_shown_tree_is_read_only(place: &TestDir) {
    if !nix::unistd::Uid::effective().is_root() {
        return skip(
            "files-mount_below_a_shown_tree_is_read_only",
            "only root can mount one",
        );
    }
    open_tree(place);
    place.dir("tree/sub");
    let plan = Policy::new(place)
        .shows(&place.text("tree"), "/tree")
        .compile(place);
    let tree = place.text("tree/sub");
    let mount = format!(
        "mount -t tmpfs -o mode=777 none {tree} && echo below > {tree}/file && exec \"$@\""
    );
    let text = include_str!("../probes/change_a_nested_mount.py");
    let wrapper = ["unshare", "--mount", "sh", "-c", &mount, "sh"];
    let found = python(place, &plan, text)
        .wrapped_by_root(&wrapper)
        .finish()
        .facts();
    assert_eq!(
        found,
        json!({"read": "below\n", "write": "EROFS", "chmod": "EROFS"})
    );
}

/// A host's mounts are shared with each other (systemd makes them so), and what is mounted later on
/// one appears on its copies, without the attributes that the policy gives to them.
fn what_the_host_mounts_later_stays_outside(place: &TestDir) {
    if !nix::unistd::Uid::effective().is_root() {
        return skip(
            "files-what_the_host_mounts_later_stays_outside",
            "only root can mount",
        );
    }
    let tree = place.dir("tree");
    let tree = tree.display();
    let plan = Policy::new(place)
        .shows(&place.text("tree"), "/tree")
        .compile(place);
    let output = place.text("output");
    for name in ["ready", "go"] {
        let all = Mode::from_bits_truncate(0o666);
        mkfifo(&place.at("output").join(name), all).expect("a FIFO");
        fs::set_permissions(
            place.at("output").join(name),
            fs::Permissions::from_mode(0o666),
        )
        .expect("its own file");
    }
    let script = format!(
        "mount -t tmpfs none {tree}; mount --make-shared {tree}; mkdir {tree}/sub; \"$@\" & \
         cat {output}/ready; mount -t tmpfs later {tree}/sub; echo go > {output}/go; wait $!; \
         grep -c later /proc/self/mountinfo"
    );
    let inside = "echo ready > ready; read go < go; grep -c later /proc/self/mountinfo";
    let run = Run::new(place, &plan, &["sh", "-c", inside]);
    let wrapper = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    // First what the program inside says, then what the host has.
    assert_eq!(
        run.wrapped_by_root(&wrapper).finish().good(),
        "ready\n0\n1\n"
    );
}

fn scratch_directories_are_bounded(place: &TestDir) {
    let policy = Policy::new(place)
        .filesystem("scratch_paths: [/scratch]")
        .filesystem("scratch_size_bytes: 1M");
    let found = facts_under(place, &policy, include_str!("../probes/fill_scratch.py"));
    for path in ["/scratch", "/tmp", "/dev/shm"] {
        assert_eq!(found[path], json!(["ENOSPC", 1 << 20]), "{path}");
    }
}

fn scratch_directories_start_empty(place: &TestDir) {
    let plan = Policy::new(place)
        .filesystem("scratch_paths: [/var/cache]")
        .compile(place);
    let text = include_str!("../probes/leave_files_in_scratch.py");
    for _ in 0..2 {
        let found = python(place, &plan, text).finish().facts();
        assert_eq!(
            found,
            json!({"tmp": [], "cache": [], "shm": [], "mode": "0o41777"})
        );
    }
}

fn shown_trees_hide_nothing_below_them(place: &TestDir) {
    open_tree(place);
    place.dir("tree/deep");
    place.file("tree/deep/one", "1");
    let policy = Policy::new(place)
        .shows(&place.text("tree"), "/a/b/c")
        .shows(&place.text("tree/file"), "/a/file");
    let found = facts_under(
        place,
        &policy,
        include_str!("../probes/look_below_shown_trees.py"),
    );
    let expected = json!({"a": ["b", "file"], "c": ["deep", "file"], "one": "1",
        "file": "as it was\n", "write": "EROFS", "up": found["up"]});
    assert_eq!(found, expected);
}
