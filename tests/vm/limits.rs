//! The limits of control groups hold, are read back, and are gone with the run.

use crate::groups::{Delegated, GROUPS, finish, groups, join, limited, report};
use crate::inside::{disk, disk_part};
use purple_tests::inside::python;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;

scenarios! {
    the_values_are_in_the_receipt
    memory_ends_the_group
    a_smaller_need_fits
    scratch_counts_as_memory
    pids_stop_a_fork_bomb
    pids_count_every_process
    the_processor_is_shared_out
    writes_are_slowed_down
    the_whole_disk_is_limited
    a_file_system_without_a_disk_is_memory_or_refused
    the_group_cannot_be_left
    the_supervisor_is_outside
    the_recorder_is_in_the_group
    a_refused_run_leaves_no_group
    a_group_can_be_named
    without_delegation_the_run_is_refused
    a_group_in_use_is_not_divided
}

fn the_values_are_in_the_receipt(place: &TestDir) {
    let policy = limited(
        place,
        "cpu_shares: 0.5, cpu_limit: 2, memory_limit_bytes: 64M, memory_swap_limit_bytes: 32M, pids_limit: 20",
    );
    let done = finish(place, Run::new(place, &policy.compile(place), &["true"]));
    assert_eq!(done.good(), "");
    let values = [
        "cpu.weight 50",
        "cpu.max 200000 100000",
        "memory.max 67108864",
        "memory.oom.group 1",
        "memory.swap.max 33554432",
        "pids.max 20",
    ];
    assert_eq!(
        report(&done)["receipt"]["cgroup"],
        json!(values),
        "{}",
        report(&done)
    );
    let used = &report(&done)["cgroup"];
    assert!(
        used["cpu_microseconds"]
            .as_u64()
            .is_some_and(|time| time > 0),
        "{used}"
    );
    assert!(
        used["peak_memory_bytes"]
            .as_u64()
            .is_some_and(|bytes| bytes > 4096),
        "{used}"
    );
    assert_eq!(
        (&used["oom_kills"], &used["pids_limit_hits"]),
        (&json!(0), &json!(0)),
        "{used}"
    );
}

/// A program that fills 512 MiB of memory.
const FILL: [&str; 5] = ["dd", "if=/dev/zero", "of=/dev/null", "bs=512M", "count=1"];

fn memory_ends_the_group(place: &TestDir) {
    let policy = limited(place, "memory_limit_bytes: 64M");
    let plan = policy.compile(place);
    let free = Run::new(place, &plan, &FILL)
        .option(&["--unenforced", "cgroup"])
        .finish();
    assert_eq!(free.code(), 0, "without the limit it fits: {free}");
    let done = finish(place, Run::new(place, &plan, &FILL));
    assert_eq!(done.code(), 137, "{done}");
    let report = report(&done);
    assert_eq!(report["outcome"], "out_of_memory", "{report}");
    assert_eq!(report["status"], "killed", "{report}");
    let kills = report["cgroup"]["oom_kills"].as_u64().expect("a number");
    assert!(kills >= 1, "{report}");
    let line = policy.line_of("memory_limit_bytes");
    assert_eq!(
        done.stderr,
        format!(
            "purple-exec: cgroup: memory.max = 67108864: processes that the kernel killed for want of memory: {kills} (policy line {line})\n"
        )
    );
    let peak = report["cgroup"]["peak_memory_bytes"]
        .as_u64()
        .expect("a number");
    assert!(peak <= 64 << 20, "{report}");
}

fn a_smaller_need_fits(place: &TestDir) {
    let plan = limited(place, "memory_limit_bytes: 64M").compile(place);
    let command = ["dd", "if=/dev/zero", "of=/dev/null", "bs=16M", "count=1"];
    let done = finish(place, Run::new(place, &plan, &command));
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(report(&done)["cgroup"]["oom_kills"], 0, "{}", report(&done));
}

fn scratch_counts_as_memory(place: &TestDir) {
    let plan = limited(place, "memory_limit_bytes: 64M").compile(place);
    // It cannot be swapped out either.
    let command = ["dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=100"];
    let done = finish(place, Run::new(place, &plan, &command));
    assert_eq!(done.code(), 137, "{done}");
    assert_eq!(
        report(&done)["outcome"],
        "out_of_memory",
        "{}",
        report(&done)
    );
}

fn pids_stop_a_fork_bomb(place: &TestDir) {
    let policy = limited(place, "pids_limit: 20");
    let bomb = "bomb() { bomb | bomb & }; bomb 2> /dev/null; exec sleep 2";
    let done = finish(
        place,
        Run::new(place, &policy.compile(place), &["sh", "-c", bomb]),
    );
    assert_eq!(done.code(), 0, "{done}");
    let used = &report(&done)["cgroup"];
    let hits = used["pids_limit_hits"].as_u64().expect("a number");
    assert!(hits > 0, "{used}");
    assert!(
        used["peak_pids"].is_null() || used["peak_pids"] == 20,
        "{used}"
    );
    let line = policy.line_of("pids_limit");
    let said =
        format!("purple-exec: cgroup: pids.max = 20: forks refused: {hits} (policy line {line})\n");
    assert!(done.stderr.ends_with(&said), "{done}");
}

fn pids_count_every_process(place: &TestDir) {
    let plan = limited(place, "pids_limit: 20").compile(place);
    let forks = include_str!("../probes/fork_until_denied.py");
    let done = finish(place, python(place, &plan, forks));
    // The sandbox's init and the program itself are the other two.
    assert_eq!(
        done.out().trim(),
        r#"{"made": 18, "error": "EAGAIN"}"#,
        "{done}"
    );
}

/// Spins for three seconds, and gives the share of a processor that it had.
const SPIN: &str = include_str!("../probes/spin.py");

fn the_processor_is_shared_out(place: &TestDir) {
    let plan = limited(place, "cpu_limit: 0.25").compile(place);
    let share = |done: &Finished| {
        let found: Value = serde_json::from_str(&done.out()).expect("JSON");
        found["share"].as_f64().expect("a number")
    };
    let free = python(place, &plan, SPIN)
        .option(&["--unenforced", "cgroup"])
        .finish();
    assert!(share(&free) > 0.6, "without the limit: {free}");
    let done = finish(place, python(place, &plan, SPIN));
    assert!((0.15..0.32).contains(&share(&done)), "{done}");
    let values = json!(["cpu.max 25000 100000"]);
    assert_eq!(
        report(&done)["receipt"]["cgroup"],
        values,
        "{}",
        report(&done)
    );
    let throttled = &report(&done)["cgroup"]["cpu_throttled_microseconds"];
    assert!(
        throttled.as_u64().is_some_and(|time| time > 1_000_000),
        "{throttled}"
    );
}

/// Seconds that a command takes which writes or reads 2 MiB.
fn seconds(done: &Finished) -> f64 {
    assert_eq!(done.code(), 0, "{done}");
    report(done)["wall_seconds"].as_f64().expect("a number")
}

fn writes_are_slowed_down(place: &TestDir) {
    let disk = disk("/scratch/limited.disk", 32 << 20, &place.text("disk")).expect("a disk");
    chown(place.at("disk"), Some(place.who.uid), Some(place.who.gid)).expect("its own disk");
    let policy = limited(place, "block_io_limit_bytes_per_sec: 512K");
    let plan = policy.writes(&place.text("disk"), "/disk").compile(place);
    let direct = [
        "dd",
        "if=/dev/zero",
        "of=/disk/file",
        "bs=64k",
        "count=32",
        "oflag=direct",
    ];
    let kept = [
        "dd",
        "if=/dev/zero",
        "of=/disk/kept",
        "bs=64k",
        "count=32",
        "conv=fsync",
    ];
    let back = [
        "dd",
        "if=/disk/file",
        "of=/dev/null",
        "bs=64k",
        "iflag=direct",
    ];
    for command in [&direct[..], &kept, &back] {
        let run = || Run::new(place, &plan, command);
        let free = run().option(&["--unenforced", "cgroup"]).report().finish();
        if command == kept {
            // The kernel counts what is kept of a file for whoever wrote to it first.
            fs::remove_file(place.at("disk/kept")).expect("the file");
        }
        let done = finish(place, run());
        let (free, held) = (seconds(&free), seconds(&done));
        assert!(
            held > 3.0 && free < held / 1.5,
            "{command:?}: {free} s, with the limit {held} s"
        );
        let used = &report(&done)["cgroup"];
        let key = if command[1] == "if=/dev/zero" {
            "disk_written_bytes"
        } else {
            "disk_read_bytes"
        };
        assert!(
            used[key].as_u64().is_some_and(|bytes| bytes >= 2 << 20),
            "{command:?}: {used}"
        );
        let values = report(&done)["receipt"]["cgroup"].to_string();
        assert!(
            values.contains(&format!("io.max {disk} rbps=524288 wbps=524288")),
            "{values}"
        );
    }
    nix::mount::umount(&place.at("disk")).expect("nothing uses it");
}

fn the_whole_disk_is_limited(place: &TestDir) {
    let (part, disk) = disk_part("/scratch/parted.disk", &place.text("disk")).expect("a disk");
    assert_ne!(part, disk);
    chown(place.at("disk"), Some(place.who.uid), Some(place.who.gid)).expect("its own disk");
    let policy = limited(place, "block_io_limit_bytes_per_sec: 1M");
    let plan = policy.writes(&place.text("disk"), "/disk").compile(place);
    let done = finish(place, Run::new(place, &plan, &["true"]));
    assert_eq!(done.good(), "");
    let values = report(&done)["receipt"]["cgroup"].to_string();
    assert!(
        values.contains(&format!("io.max {disk} rbps=1048576 wbps=1048576")),
        "{values}"
    );
    assert!(!values.contains(&format!("io.max {part} ")), "{values}");
    nix::mount::umount(&place.at("disk")).expect("nothing uses it");
}

fn a_file_system_without_a_disk_is_memory_or_refused(place: &TestDir) {
    use nix::mount::{MsFlags, mount, umount};
    place.dir("disk");
    let policy = limited(place, "block_io_limit_bytes_per_sec: 1M");
    let line = policy.line_of("block_io");
    let plan = policy.writes(&place.text("disk"), "/disk").compile(place);
    for kind in ["tmpfs", "ramfs"] {
        let none: Option<&str> = None;
        mount(
            Some(kind),
            &place.at("disk"),
            Some(kind),
            MsFlags::empty(),
            none,
        )
        .expect("a mount");
        chown(place.at("disk"), Some(place.who.uid), Some(place.who.gid)).expect("its own");
        let done = finish(place, Run::new(place, &plan, &["true"]));
        umount(&place.at("disk")).expect("nothing uses it");
        if kind == "ramfs" {
            let disk = place.text("disk");
            let why = "is of a type on which the kernel does not limit writes: ramfs";
            done.refused(125, &format!("cgroup: {disk} {why} (policy line {line})"));
        } else if place.who.is_root() && done.code() == 125 {
            // Older kernels map no ids there.
            assert!(!done.stderr.contains("cgroup"), "{done}");
        } else {
            assert_eq!(done.good(), "");
        }
    }
}

fn the_group_cannot_be_left(place: &TestDir) {
    let policy = limited(place, "pids_limit: 20").shows(GROUPS, "/groups");
    let tries = include_str!("../probes/leave_the_group.py");
    let done = finish(place, python(place, &policy.compile(place), tries));
    let found: Value = serde_json::from_str(&done.out()).expect("JSON");
    let expected = json!({
        "own": "0::/\n", "init": "0::/\n", "moved": ["EROFS"], "mounted": ["EPERM", "EPERM"],
        "there": [],
    });
    assert_eq!(found, expected, "{done}");
}

fn the_supervisor_is_outside(place: &TestDir) {
    each_process_is_in_the_group(place, &limited(place, "pids_limit: 20"), 2);
}

/// What is denied is looked up and counted at the cost of the sandbox.
fn the_recorder_is_in_the_group(place: &TestDir) {
    let audit = "audit: {enabled: true, detail_level: [syscall]}";
    let policy = limited(place, "pids_limit: 20").section(audit);
    each_process_is_in_the_group(place, &policy, 3);
}

/// Init, the payload, and the recorder where there is one; the supervisor is not, and has nothing of it open.
fn each_process_is_in_the_group(place: &TestDir, policy: &Policy, count: usize) {
    use std::io::{BufRead, BufReader};
    let group = Delegated::new(place);
    let plan = policy.compile(place);
    let run = Run::new(place, &plan, &["sh", "-c", "echo ready; exec sleep 1000"]).report();
    let run = if place.who.is_root() {
        run
    } else {
        group.start(run, "")
    };
    let mut child = run.start();
    let mut line = String::new();
    let out = child.stdout.take().expect("a pipe");
    let _bytes: usize = BufReader::new(out).read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    let found = groups();
    assert_eq!(found.len(), 1, "{found:?}");
    let inside = fs::read_to_string(found[0].join("cgroup.procs")).expect("the processes");
    let inside = inside.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(inside.len(), count, "{inside:?}");
    assert!(!inside.contains(&child.id().to_string()), "{inside:?}");
    for process in &inside {
        let files = fs::read_dir(format!("/proc/{process}/fd")).expect("its descriptors");
        let files = files
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok());
        let held = files
            .filter(|path| path.starts_with(GROUPS))
            .collect::<Vec<_>>();
        assert!(held.is_empty(), "process {process}: {held:?}");
    }
    let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).expect("it runs");
    let status = child.wait().expect("its end");
    assert_eq!(status.code(), Some(143), "{status}");
    assert!(groups().is_empty(), "{:?}", groups());
}

fn a_refused_run_leaves_no_group(place: &TestDir) {
    let policy = limited(place, "pids_limit: 20").shows("/not/there", "/there");
    let done = finish(place, Run::new(place, &policy.compile(place), &["true"]));
    assert_eq!(done.code(), 125, "{done}");
    assert!(done.stderr.contains("/not/there does not exist"), "{done}");
    let plan = limited(place, "pids_limit: 20").compile(place);
    let done = finish(place, Run::new(place, &plan, &["not-there"]));
    assert_eq!(done.code(), 127, "{done}");
}

fn a_group_can_be_named(place: &TestDir) {
    let group = Delegated::new(place);
    let path = group.0.display().to_string();
    let plan = limited(place, "pids_limit: 20").compile(place);
    let command = ["sh", "-c", "cat /proc/self/cgroup"];
    let run = Run::new(place, &plan, &command).option(&["--cgroup", &path]);
    assert_eq!(group.start(run, "caller").finish().good(), "0::/\n");
    assert!(groups().is_empty(), "{:?}", groups());
    // The group that is named may hold no process.
    let run = Run::new(place, &plan, &command).option(&["--cgroup", &format!("{path}/caller")]);
    let line = join(&group.0.join("caller"));
    let done = run.wrapped_by_root(&["sh", "-c", &line, "sh"]).finish();
    assert_eq!(done.code(), 125, "{done}");
    let said = format!("purple-exec: cgroup: {path}/caller");
    assert!(done.stderr.starts_with(&said), "{done}");
    assert!(
        done.stderr
            .contains("name a group that may be divided by --cgroup"),
        "{done}"
    );
    assert!(groups().is_empty(), "{:?}", groups());
}

fn without_delegation_the_run_is_refused(place: &TestDir) {
    let policy = limited(place, "pids_limit: 20");
    let run = || Run::new(place, &policy.compile(place), &["touch", "/output/started"]);
    if place.who.is_root() {
        // Root may divide every group that holds no process.
        assert_eq!(run().finish().good(), "");
        return;
    }
    let line = policy.line_of("pids_limit");
    let message = format!(
        "cgroup: /sys/fs/cgroup/ is not delegated to you: EACCES\npurple-exec: cgroup: the plan's limits need it; put `systemd-run --user --scope -p Delegate=yes` before the command, or name a group that may be divided by --cgroup, or run without limits by --unenforced cgroup (policy line {line})"
    );
    run().finish().refused(125, &message);
    assert!(!place.at("output/started").exists());
}

fn a_group_in_use_is_not_divided(place: &TestDir) {
    let group = Delegated::new(place);
    let mut other = std::process::Command::new("sleep")
        .arg("1000")
        .spawn()
        .expect("a process");
    fs::write(group.0.join("cgroup.procs"), other.id().to_string()).expect("root moves it");
    let plan = limited(place, "memory_limit_bytes: 64M").compile(place);
    let run = Run::new(place, &plan, &["true"]);
    let path = group.0.display().to_string();
    let run = if place.who.is_root() {
        run.option(&["--cgroup", &path])
    } else {
        group.start(run, "")
    };
    let done = run.finish();
    assert_eq!(done.code(), 125, "{done}");
    let said = "holds processes, so no group below it can be limited";
    assert!(done.stderr.contains(said), "{done}");
    let left = fs::read_dir(&group.0)
        .expect("the group")
        .flatten()
        .filter(|e| e.path().is_dir());
    assert_eq!(left.count(), 0, "{done}");
    other.kill().expect("it runs");
    let _status = other.wait().expect("its end");
}
