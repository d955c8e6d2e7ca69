//! `purple doctor` where there are control groups of version 2: it makes one, and takes it away again.

use crate::groups::{given, owners_command};
use crate::inside::{load_module, unload_module};
use purple_tests::test_dir::{TestDir, binary};
use serde_json::Value;
use std::fs;
use std::process::Command;

scenarios! {
    every_layer_works
    a_group_in_use_is_not_divided
    a_kernel_without_its_modules_is_told_from_one_with_them
    what_it_says_to_type_mounts_the_groups
}

const GROUPS: &str = "/sys/fs/cgroup";

/// Runs it as the place's owner in a group that is theirs, beside as many other processes.
fn doctor(place: &TestDir, others: usize) -> Value {
    let group = given(place, "doctor");
    let mut busy: Vec<_> = (0..others)
        .map(|_| {
            let child = Command::new("sleep")
                .arg("1000")
                .spawn()
                .expect("sleep starts");
            fs::write(group.join("cgroup.procs"), child.id().to_string()).expect("it moves");
            child
        })
        .collect();
    let done = owners_command(place, &group)
        .arg(binary("purple"))
        .args(["doctor", "--json"])
        .current_dir(place.at("output"))
        .output()
        .expect("it starts");
    for child in &mut busy {
        child.kill().expect("ours");
        child.wait().expect("ours");
    }
    let below = fs::read_dir(&group).expect("the group").flatten();
    let below: Vec<_> = below.filter(|entry| entry.path().is_dir()).collect();
    assert!(below.is_empty(), "{below:?}");
    let on = fs::read_to_string(group.join("cgroup.subtree_control")).expect("a file");
    assert_eq!(on.trim(), "", "controllers are left on");
    fs::remove_dir(&group).expect("it is empty");
    let text = String::from_utf8_lossy(&done.stdout);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(said, "", "{text}");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(done.status.success(), report["ready"] == true, "{report:#}");
    report
}

fn check<'r>(report: &'r Value, id: &str) -> &'r Value {
    let checks = report["checks"].as_array().expect("a list");
    checks
        .iter()
        .find(|check| check["id"] == id)
        .expect("a check")
}

fn every_layer_works(place: &TestDir) {
    let report = doctor(place, 0);
    for id in [
        "cgroup",
        "cgroup-clone",
        "cgroup-kill",
        "run",
        "seccomp",
        "landlock",
    ] {
        let state = &check(&report, id)["state"];
        assert!(
            state == "ok" || state == "degraded" && id == "landlock",
            "{id}: {report:#}"
        );
    }
    assert_eq!(check(&report, "cgroup")["found"], "cpu, io, memory, pids");
    let ran = check(&report, "run")["found"].as_str().expect("text");
    assert!(ran.contains("with limits"), "{ran}");
    assert_eq!(report["ready"], true);
}

fn a_group_in_use_is_not_divided(place: &TestDir) {
    let report = doctor(place, 1);
    if place.who.is_root() {
        // Root's sandboxes get groups below the first one.
        assert_eq!(check(&report, "cgroup")["state"], "ok", "{report:#}");
        return;
    }
    let found = check(&report, "cgroup");
    assert_eq!(found["state"], "missing", "{report:#}");
    assert!(
        found["found"]
            .as_str()
            .is_some_and(|text| text.ends_with("holds 1 other processes")),
        "{found}"
    );
    assert!(
        found["fix"]
            .as_str()
            .is_some_and(|text| text.starts_with("`systemd-run --user")),
        "{found}"
    );
}

/// Debian's kernels have these as modules, and there is no modprobe here.
fn a_kernel_without_its_modules_is_told_from_one_with_them(place: &TestDir) {
    const CHECKS: [&str; 4] = ["network-routes", "nf-tables", "nft-tproxy", "nf-log"];
    let whole = doctor(place, 0);
    for id in CHECKS {
        assert_eq!(check(&whole, id)["state"], "ok", "{id}: {whole:#}");
    }
    for (module, missing, typed) in [
        (
            "nft_tproxy",
            "nft-tproxy",
            "run `modprobe nft_tproxy` as root; ",
        ),
        (
            "nft_log",
            "nf-log",
            "run `modprobe -a nft_log nfnetlink_log` as root; ",
        ),
    ] {
        unload_module(module).expect("nothing uses it");
        let report = doctor(place, 0);
        load_module(module).expect("it was there");
        for id in CHECKS.iter().filter(|id| **id != missing) {
            assert_eq!(check(&report, id)["state"], "ok", "{id}: {report:#}");
        }
        let found = check(&report, missing);
        assert_eq!(found["state"], "degraded", "{report:#}");
        let fix = found["fix"].as_str().expect("what to type");
        assert!(fix.starts_with(typed), "{fix}");
        assert_eq!(report["ready"], true, "nothing else needs it");
    }
}

/// In a mount namespace without control groups: what the fix says, typed by root, brings them back.
fn what_it_says_to_type_mounts_the_groups(place: &TestDir) {
    let program = binary("purple");
    let doctor = |typed: &str| {
        let line = format!("umount {GROUPS} && {typed} && exec \"$@\"");
        let done = Command::new("unshare")
            .args(["--mount", "sh", "-c", &line, "sh"])
            .args(place.who.setpriv())
            .arg(&program)
            .args(["doctor", "--json"])
            .current_dir(place.at("output"))
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&done.stderr);
        let report: Value = serde_json::from_slice(&done.stdout).expect(&said);
        check(&report, "cgroup").clone()
    };
    let found = doctor("true");
    assert_eq!(found["found"], "no cgroup2 file system is mounted");
    let fix = found["fix"].as_str().expect("what to type");
    let after = doctor(fix);
    if place.who.is_root() {
        assert_eq!(after["state"], "ok", "{after}");
    } else {
        // They are there again, and not this user's.
        let text = after["found"].as_str().expect("text");
        assert!(text.contains(GROUPS), "{text}");
    }
}
