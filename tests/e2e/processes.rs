//! What a program inside knows of itself and of other processes.

use super::inside::{facts, facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::{MARK, TestDir};
use serde_json::json;
use std::fs;

scenarios! {
    only_own_processes
    ids_and_privileges
    init_shows_nothing
    descriptors_of_the_caller_are_closed
    environment_is_the_plans
    starts_where_the_policy_says
    limits_and_mask
    ipc_of_the_host_is_not_there
    init_cannot_be_steered
}

/// What works on a process of the same user does not work on process 1.
fn init_cannot_be_steered(place: &TestDir) {
    let found = facts(place, include_str!("../probes/steer_a_process.py"));
    let all = |answer: &str| {
        json!({"limit": answer, "scheduler": answer, "parameter": answer, "processors": answer,
            "priority": answer, "disks": answer})
    };
    let expected = json!({"child": all("ok"), "first": all("EPERM"), "user": "EPERM",
        "group": "EPERM", "own": "ok"});
    assert_eq!(found, expected);
}

fn only_own_processes(place: &TestDir) {
    let found = facts(place, include_str!("../probes/own_processes.py"));
    // The kernel drops the signal, or Landlock refuses it where it knows signals.
    let kill = found["kill"].as_str().expect("a name").to_owned();
    assert!(["ok", "EPERM"].contains(&kill.as_str()), "{found}");
    let expected = json!({"pids": [1, 2], "me": 2, "parent": 1, "session": 2, "group": 2,
        "hostname": "purple", "others": "ESRCH", "everyone": "ESRCH", "init": "purple-exec",
        "kill": kill, "alive": true});
    assert_eq!(found, expected);
}

fn ids_and_privileges(place: &TestDir) {
    let found = facts(place, include_str!("../probes/ids_and_privileges.py"));
    let none = "0000000000000000";
    assert_eq!(
        found["ids"],
        json!([[1000, 1000, 1000], [1000, 1000, 1000], []])
    );
    assert_eq!(found["uid_map"], json!(["1000", "1"]));
    assert_eq!(found["caps"], json!([none, none, none, none, none]));
    assert_eq!(found["locked"], json!(["1", "2", "2"]));
    assert_eq!(found["root"], json!(["EINVAL", "EINVAL", "EPERM"]));
    assert_eq!(found["securebits"], 0b10_1111);
    assert_eq!(found["dumpable"], 1);
    let groups = if place.who.is_root() { "allow" } else { "deny" };
    assert_eq!(found["groups"], groups);
}

fn init_shows_nothing(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let text = include_str!("../probes/look_at_init.py");
    let run = python(place, &plan, text).variable("SECRET", "of the caller");
    let found = run.finish().facts();
    for (what, result) in found.as_object().expect("an object") {
        match what.as_str() {
            "cmdline" => assert_eq!(result, ""),
            "stack" => {
                assert!(["EACCES", "EPERM", "ENOENT"].contains(&result.as_str().expect("a name")));
            }
            _ => assert_eq!(result, "EACCES", "{what}"),
        }
    }
}

fn descriptors_of_the_caller_are_closed(place: &TestDir) {
    let open = "exec 9</ 7>/dev/null; exec \"$@\"";
    let wrapper = ["sh", "-c", open, "sh"];
    // Without a sandbox the descriptor leads to the host's root.
    let bare = std::process::Command::new("sh")
        .args([
            "-c",
            &format!("cd {}; {open}", place.text("")),
            "sh",
            "ls",
            "/proc/self/fd/9/",
        ])
        .output()
        .expect("a shell");
    assert!(
        String::from_utf8_lossy(&bare.stdout).contains("root\n"),
        "{bare:?}"
    );

    let plan = Policy::new(place).compile(place);
    let text = include_str!("../probes/open_descriptors.py");
    let found = python(place, &plan, text)
        .wrapped(&wrapper)
        .finish()
        .facts();
    assert_eq!(
        found,
        json!({"open": [0, 1, 2], "root": "ENOENT", "change": "EBADF"})
    );
}

fn environment_is_the_plans(place: &TestDir) {
    let plan = Policy::new(place)
        .environment(
            &[("FIXED", "a value"), ("HOME", "/output")],
            &["PASSED", "ABSENT"],
        )
        .compile(place);
    let run = Run::new(place, &plan, &["/usr/bin/env", "-0"])
        .variable("SECRET", "of the caller")
        .variable("PASSED", "on = to the program")
        .variable("PASSED_TOO", "not")
        .variable("HOME", "/of/the/caller")
        .variable("LD_PRELOAD", "/nowhere.so")
        .variable("TERM", "dumb");
    let text = run.finish();
    let text = text.good();
    let mut found: Vec<&str> = text.split_terminator('\0').collect();
    found.sort_unstable();
    let mark = format!("{MARK}={}", place.name());
    let expected = [
        "FIXED=a value",
        "HOME=/output",
        "LOGNAME=agent",
        "PASSED=on = to the program",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        &mark,
        "SHELL=/bin/sh",
        "TERM=dumb",
        "TMPDIR=/tmp",
        "USER=agent",
    ];
    assert_eq!(found, expected);
}

fn starts_where_the_policy_says(place: &TestDir) {
    for dir in ["/tmp", "/output", "/", "/usr/bin"] {
        let found = facts_under(
            place,
            &Policy::new(place).starts_in(dir),
            "show(at=os.getcwd())",
        );
        assert_eq!(found, json!({"at": dir}));
    }
}

fn limits_and_mask(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let text = include_str!("../probes/limits_and_mask.py");
    let wrapper = ["sh", "-c", "umask 0; ulimit -n 512; exec \"$@\"", "sh"];
    let found = python(place, &plan, text)
        .wrapped(&wrapper)
        .finish()
        .facts();
    assert_eq!(
        found,
        json!({"core": [0, 0], "umask": 0o022, "files": [512, 512]})
    );
}

fn ipc_of_the_host_is_not_there(place: &TestDir) {
    let before = fs::read_to_string("/proc/sysvipc/shm").expect("the host's shared memory");
    let found = facts(place, include_str!("../probes/make_shared_memory.py"));
    assert_eq!(found, json!({"made": true, "keys": [0x5075]}));
    assert_eq!(
        fs::read_to_string("/proc/sysvipc/shm").expect("still there"),
        before
    );
}
