//! Landlock: what holds where the mounts have no say. Each attack is first shown to work
//! with the layer let go.

use super::inside::{facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

scenarios! {
    an_open_file_cannot_be_opened_again_for_more
    an_open_file_can_be_opened_again_for_the_same
    nothing_is_executed_but_from_shown_paths
    signals_do_not_reach_init
    listed_ports_are_all_that_can_be_used
    the_receipt_says_what_there_is
}

/// What a run printed, whatever it said of a layer that was let go.
fn found(run: &Run<'_>) -> Value {
    let done = run.finish();
    let read = serde_json::from_str(&done.out());
    assert!(read.is_ok(), "{done}");
    read.expect("it was just looked at")
}

const LET_GO: [&str; 2] = ["--unenforced", "landlock"];

/// The caller's own descriptors go inside.
const HANDED_ON: [&str; 1] = ["--inherit-stdio"];

fn an_open_file_cannot_be_opened_again_for_more(place: &TestDir) {
    let shared = ["read", "written"].map(|name| {
        let file = place.file(name, "as it was\n");
        set_permissions(&file, Permissions::from_mode(0o666)).expect("the test's own file");
        file.display().to_string()
    });
    let redirect = format!("exec \"$@\" <{} 2>>{}", shared[0], shared[1]);
    let wrapper = ["sh", "-c", &redirect, "sh"];
    let plan = Policy::new(place).compile(place);
    let text = include_str!("../probes/reopen_for_more.py");
    let attack = || {
        let run = python(place, &plan, text).wrapped(&wrapper);
        run.option(&HANDED_ON)
    };
    let free = found(&attack().option(&LET_GO));
    assert_eq!(free, json!({"write": "ok", "cut": "ok", "read": "ok"}));
    let kept = found(&attack());
    assert_eq!(
        kept,
        json!({"write": "EACCES", "cut": "EACCES", "read": "EACCES"})
    );
}

fn an_open_file_can_be_opened_again_for_the_same(place: &TestDir) {
    let file = place.file("out", "");
    set_permissions(&file, Permissions::from_mode(0o666)).expect("the test's own file");
    let redirect = format!("exec \"$@\" >>{}", file.display());
    let plan = Policy::new(place).compile(place);
    let run = python(place, &plan, "write('/dev/stdout', 'again\\n')");
    assert_eq!(
        run.wrapped(&["sh", "-c", &redirect, "sh"]).finish().good(),
        ""
    );
    assert_eq!(place.read("out"), "again\n");
}

fn nothing_is_executed_but_from_shown_paths(place: &TestDir) {
    let program = place.script("program", "#!/bin/sh\necho ran\n");
    let redirect = format!("exec \"$@\" <{}", program.display());
    let plan = Policy::new(place).compile(place);
    let run = || {
        python(
            place,
            &plan,
            "show(it=attempt(os.execv, '/proc/self/fd/0', ['program']))",
        )
        .wrapped(&["sh", "-c", &redirect, "sh"])
        .option(&HANDED_ON)
    };
    // A script is read through its descriptor, which its interpreter inherits.
    assert_eq!(run().option(&LET_GO).finish().out(), "ran\n");
    assert_eq!(found(&run()), json!({"it": "EACCES"}));
}

fn signals_do_not_reach_init(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let text = "show(init=attempt(os.kill, 1, 0), own=attempt(os.kill, os.getpid(), 0))";
    let free = found(&python(place, &plan, text).option(&LET_GO));
    assert_eq!(free, json!({"init": "ok", "own": "ok"}));
    let kept = found(&python(place, &plan, text).report());
    assert_eq!(kept["own"], "ok");
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("a report");
    if report["receipt"]["landlock"]["abi"].as_u64() < Some(6) {
        println!("SKIP signals-do-not-reach-init: the kernel's Landlock knows no scopes");
        return;
    }
    assert_eq!(kept["init"], "EPERM");
}

fn listed_ports_are_all_that_can_be_used(place: &TestDir) {
    let ports = "network:\n  allowed_outgoing_ports: [8080, 9000-9002/tcp, 7000/udp]\n  \
                 allowed_incoming_ports: [8080]\n";
    let text = include_str!("../probes/use_ports.py");
    let policy = Policy::new(place).section(ports);
    let plan = policy.compile(place);
    let all = json!({"connect": vec!["ECONNREFUSED"; 4], "bind": ["ok", "ok"]});
    assert_eq!(found(&python(place, &plan, text).option(&LET_GO)), all);
    let kept = found(&python(place, &plan, text));
    let connect = ["ECONNREFUSED", "ECONNREFUSED", "EACCES", "EACCES"];
    assert_eq!(kept, json!({"connect": connect, "bind": ["ok", "EACCES"]}));

    let none = "network:\n  isolated: true\n";
    let unlisted = facts_under(place, &Policy::new(place).section(none), text);
    assert_eq!(unlisted, all);
}

fn the_receipt_says_what_there_is(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let report = |let_go: bool| {
        let run = python(place, &plan, "show(a=1)").report();
        let run = if let_go { run.option(&LET_GO) } else { run };
        assert_eq!(run.finish().code(), 0);
        let text = place.read("report.json");
        serde_json::from_str::<Value>(&text).expect("a report")
    };
    let enforced = report(false);
    let landlock = &enforced["receipt"]["landlock"];
    assert!(
        landlock["abi"].as_u64() >= Some(2)
            && landlock["host_abi"].as_u64() >= landlock["abi"].as_u64()
    );
    assert!(landlock["rules"].as_u64() > Some(10), "{landlock}");
    assert!(
        landlock["probe"] == "EPERM" || landlock["probe"] == "EACCES",
        "{landlock}"
    );
    assert_eq!(enforced["unenforced"], json!([]));
    let let_go = report(true);
    assert_eq!(let_go["receipt"]["landlock"], json!(null));
    assert_eq!(let_go["unenforced"], json!(["landlock"]));
}
