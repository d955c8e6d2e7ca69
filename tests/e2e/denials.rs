//! Denied calls go to the recorder: it answers them as the policy says, and the report has them.

use super::inside::{PYTHON, python, script};
use super::report::fits;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use purple_tests::host::survivors;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run, finish};
use purple_tests::test_dir::TestDir;
use purple_tests::wait::wait_until;
use serde_json::{Value, json};
use std::fmt::Display;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout};
use std::time::Duration;

scenarios! {
    the_report_has_every_denied_call
    the_answer_is_the_policys
    what_a_policy_lets_through_asks_nobody
    another_thread_changes_a_path_and_no_answer
    a_flood_is_counted
    a_program_that_hides_its_memory_is_recorded
    a_path_that_cannot_be_read_is_none
    a_killed_recorder_ends_the_run
    a_recorder_killed_before_init_ends_the_run
    a_run_that_is_killed_is_recorded_whole
    a_killed_recorder_is_said_where_the_run_goes_on
    all_die_with_the_supervisor
    nothing_of_it_is_inside
    a_denied_exec_is_answered
    without_a_reader_it_is_refused
    few_lines_are_said
}

const AUDIT: &str = "audit: {enabled: true, detail_level: [syscall]}";

/// The policy that these tests start from; each line is a key of the section `syscalls`.
fn audited(place: &TestDir, syscalls: &[&str]) -> Policy {
    Policy::new(place).section(AUDIT).syscalls(syscalls)
}

fn rows(done: &Finished) -> Vec<Value> {
    let report = done.report.as_ref().expect("a report");
    fits("report", report);
    report["denied"].as_array().expect("a list").clone()
}

/// The rows of a call as one: the first of them, with the number of all.
fn row(done: &Finished, number: u64) -> Value {
    let all: Vec<Value> = rows(done)
        .into_iter()
        .filter(|row| row["syscall"] == number)
        .collect();
    let mut found = all.first().cloned().unwrap_or_default();
    assert!(
        all.iter().all(|row| row["line"] == found["line"]),
        "{all:?}"
    );
    let counts = all.iter().filter_map(|row| row["count"].as_u64());
    if !all.is_empty() {
        found["count"] = json!(counts.sum::<u64>());
    }
    found
}

fn the_report_has_every_denied_call(place: &TestDir) {
    let policy = audited(
        place,
        &[
            "default_deny: false",
            "deny:",
            "  - ptrace",
            "  - mkdir",
            "  - mkdirat",
        ],
    );
    let plan = policy.compile(place);
    let script = include_str!("../probes/denied_calls_of_three_kinds.py");
    let done = python(place, &plan, script).report().finish();
    let facts: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(
        facts,
        json!({"made": ["EPERM", "EPERM"], "trace": "EPERM", "vsock": "EPERM"})
    );
    let made = row(&done, 83);
    assert_eq!(made["count"], 2);
    assert_eq!(made["line"], policy.line_of("- mkdir"));
    assert_eq!(
        (&made["errno"], &made["comm"]),
        (&json!("EPERM"), &json!("python3"))
    );
    assert_eq!(made["unreliable_path"], "/tmp/a");
    assert_eq!(made["args"][1], "0x00000000000001ff");
    assert!(made["pid"].as_u64().is_some_and(|pid| pid > 1), "{made}");
    let mount = row(&done, 165);
    assert_eq!(
        (&mount["count"], &mount["unreliable_path"]),
        (&json!(3), &json!("/target"))
    );
    assert_eq!(
        mount["line"],
        policy.line_of("default_deny"),
        "it is the baseline that denies it"
    );
    assert_eq!(row(&done, 101)["line"], policy.line_of("- ptrace"));
    assert_eq!(row(&done, 41)["args"][0], "0x0000000000000028");
    let report = done.report.as_ref().expect("a report");
    assert_eq!(
        (&report["denied_whole"], &report["denied_beyond"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(
        report["receipt"]["seccomp"]["probe"], "EPERM",
        "the probe is answered"
    );
    assert!(
        done.stderr
            .contains("purple-exec: denied: 3x call 165 (policy line"),
        "{done}"
    );
}

fn the_answer_is_the_policys(place: &TestDir) {
    let policy = audited(
        place,
        &[
            "default_deny: false",
            "deny: [mkdir, mkdirat]",
            "on_deny: {errno: EACCES}",
            "advanced_rules:",
            "  - {syscall: getpriority, action: errno, errno: EXDEV, conditions: [{arg: 0, op: eq, value: 0}]}",
            "  - {syscall: getpriority, action: notify, conditions: [{arg: 0, op: eq, value: 1}]}",
        ],
    );
    let done = python(
        place,
        &policy.compile(place),
        "
show(made=attempt(os.mkdir, '/tmp/a'), priority=[syscall(SYS_getpriority, which, 0) for which in (0, 1, 2)])",
    )
    .report()
    .finish();
    let facts: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(
        facts,
        json!({"made": "EACCES", "priority": ["EXDEV", "EACCES", "ok"]})
    );
    let lines: Vec<(Value, Value)> = rows(&done)
        .into_iter()
        .filter(|row| row["syscall"] == 140)
        .map(|row| (row["errno"].clone(), row["line"].clone()))
        .collect();
    let line = |words| json!(policy.line_of(words));
    let wanted = [
        (json!("EXDEV"), line("action: errno")),
        (json!("EACCES"), line("action: notify")),
    ];
    assert_eq!(lines, wanted);
}

/// Nothing is told of where the policy asks for no record of denied calls.
fn what_a_policy_lets_through_asks_nobody(place: &TestDir) {
    let policy = Policy::new(place).section("audit: {enabled: true, detail_level: [resource]}");
    let done = python(
        place,
        &policy.compile(place),
        "show(mount=syscall(SYS_mount, 0, 0, 0, 0, 0))",
    )
    .report()
    .finish();
    assert_eq!(done.facts(), json!({"mount": "EPERM"}));
    assert!(done.report.expect("a report")["denied"].is_null());
}

fn another_thread_changes_a_path_and_no_answer(place: &TestDir) {
    let plan = audited(place, &["default_deny: false", "deny: [mkdir, mkdirat]"]).compile(place);
    let script = include_str!("../probes/path_changes_meanwhile.py");
    let done = python(place, &plan, script).report().finish();
    let facts: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(facts, json!({"answers": ["EPERM"]}));
    let row = row(&done, 83);
    assert_eq!(row["count"], 3000);
    assert!(row.get("unreliable_path").is_some(), "{row}");
    assert_eq!(
        fs::read_dir(place.at("output"))
            .expect("it is there")
            .count(),
        0
    );
}

const READY: &str = include_str!("../probes/wait_for_a_line.py");

/// A run that has said that it is ready and waits for a line.
struct Waiting {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Waiting {
    fn start(run: &Run<'_>) -> Self {
        let mut child = run.start();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        assert!(out.read_line(&mut line).is_ok());
        assert_eq!(line, "ready\n");
        Self { child, out }
    }

    fn executor(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    /// The recorder: the executor's child in its own pid namespace.
    fn recorder(&self) -> i32 {
        self.only_child(|nested_in| nested_in == nested())
    }

    /// The other child: process 1 of the sandbox.
    fn init(&self) -> i32 {
        self.only_child(|nested_in| nested_in > nested())
    }

    fn only_child(&self, is_it: impl Fn(usize) -> bool) -> i32 {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("its children");
        let is_it = |child: &&str| {
            let pids = status_line(child, "NSpid:");
            pids.is_some_and(|pids| is_it(pids.split_whitespace().count()))
        };
        let found: Vec<&str> = children.split_whitespace().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{children}");
        found[0].parse().expect("a process id")
    }

    fn go_on(mut self) -> Finished {
        let mut stdin = self.child.stdin.take().expect("a pipe");
        // It may have ended.
        drop(stdin.write_all(b"go on\n"));
        drop(stdin);
        let mut done = finish(self.child, &[], Duration::from_mins(1));
        assert!(self.out.read_to_end(&mut done.stdout).is_ok());
        done
    }
}

/// What follows a word in the status of a process.
fn status_line(process: impl Display, word: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(word));
    line.map(|rest| rest.trim().to_owned())
}

/// Kills a process whose parent does not wait for it now, and waits until it has ended.
fn kill_for_good(process: i32) {
    kill(Pid::from_raw(process), Signal::SIGKILL).expect("it is there");
    wait_until("it has ended", || {
        status_line(process, "State:").is_some_and(|state| state.starts_with('Z'))
    });
}

/// How many process ids a process of this namespace has in its status.
fn nested() -> usize {
    let pids = status_line("self", "NSpid:").expect("a line");
    pids.split_whitespace().count()
}

fn a_flood_is_counted(place: &TestDir) {
    const CALLS: u64 = 100_000;
    let plan = audited(place, &["default_deny: false"]).compile(place);
    let count = format!("COUNT = {CALLS}\n");
    let flood = include_str!("../probes/flood.py");
    let text = [&count, flood, READY, "show(ok=True)"].concat();
    let run = python(place, &plan, &text).report();
    let waiting = Waiting::start(&run);
    let recorder = waiting.recorder();
    // Its own memory and the table, and not the pages of the program's file.
    let kib = |key: &str| {
        let size = status_line(recorder, key).expect("a line");
        let number = size.trim_end_matches(" kB");
        number.parse::<u64>().expect("a number")
    };
    let resident = kib("RssAnon:") + kib("RssShmem:");
    let done = waiting.go_on();
    assert_eq!(done.code(), 0, "{done}");
    let text = place.read("report.json");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["denied"][0]["count"], CALLS);
    assert_eq!(report["denied"].as_array().map(Vec::len), Some(1));
    assert!(resident < 512, "{resident} KiB");
}

fn a_program_that_hides_its_memory_is_recorded(place: &TestDir) {
    let plan = audited(place, &["default_deny: false", "deny: [mkdir, mkdirat]"]).compile(place);
    let script = include_str!("../probes/hide_memory.py");
    let done = python(place, &plan, script).report().finish();
    let row = row(&done, 83);
    assert_eq!(
        (&row["count"], &row["comm"]),
        (&json!(1), &json!("python3"))
    );
    // Such a process's files in /proc are root's; its namespace is the recorder's user's.
    assert_eq!(row["unreliable_path"], "/tmp/hidden");
}

fn a_path_that_cannot_be_read_is_none(place: &TestDir) {
    let plan = audited(place, &["default_deny: false", "deny: [mkdir, mkdirat]"]).compile(place);
    // The last byte of a page, behind which there is nothing; and no address at all.
    let script = include_str!("../probes/unreadable_paths.py");
    let done = python(place, &plan, script).report().finish();
    let facts: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(facts, json!({"edge": "EPERM", "wild": "EPERM"}));
    assert_eq!(row(&done, 83)["unreliable_path"], "/end");
    assert!(row(&done, 165)["unreliable_path"].is_null());
}

fn killed(place: &TestDir, audit: &str) -> Finished {
    after(place, audit, |waiting| {
        kill(Pid::from_raw(waiting.recorder()), Signal::SIGKILL).expect("it is there");
    })
}

/// What became of a run to which something was done before its program makes a denied call.
fn after(place: &TestDir, audit: &str, deed: impl FnOnce(&Waiting)) -> Finished {
    let plan = Policy::new(place)
        .section(audit)
        .syscalls(&["default_deny: false"])
        .compile(place);
    let text = format!("{READY}show(mount=syscall(SYS_mount, 0, 0, 0, 0, 0))");
    let run = python(place, &plan, &text).report();
    let waiting = Waiting::start(&run);
    deed(&waiting);
    waiting.go_on()
}

/// Kills children of the executor while it looks at nothing, so that it finds all of them at once.
fn killed_unseen(place: &TestDir, children: &[fn(&Waiting) -> i32]) -> Finished {
    after(place, AUDIT, |waiting| {
        let executor = Pid::from_raw(waiting.executor());
        let killed: Vec<i32> = children.iter().map(|child| child(waiting)).collect();
        kill(executor, Signal::SIGSTOP).expect("it is there");
        killed.into_iter().for_each(kill_for_good);
        kill(executor, Signal::SIGCONT).expect("it is there");
    })
}

/// Which of the two the executor takes note of first is the kernel's affair.
fn a_recorder_killed_before_init_ends_the_run(place: &TestDir) {
    let done = killed_unseen(place, &[Waiting::recorder, Waiting::init]);
    assert_eq!(done.code(), 125, "{done}");
    assert!(done.stderr.contains("the recorder has ended"), "{done}");
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    assert_eq!(report["denied_whole"], false);
    assert_eq!(report["outcome"], "recorder_ended");
}

/// It is the executor that ends the recorder then, or the recorder itself.
fn a_run_that_is_killed_is_recorded_whole(place: &TestDir) {
    let done = killed_unseen(place, &[Waiting::init]);
    assert!(!done.stderr.contains("the recorder"), "{done}");
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    assert_eq!(report["denied_whole"], true);
}

fn a_killed_recorder_ends_the_run(place: &TestDir) {
    let done = killed(place, AUDIT);
    assert_eq!(done.code(), 125, "{done}");
    let said =
        "purple-exec: audit: the recorder has ended; what is denied is not recorded any more\n";
    assert_eq!(done.stderr, said);
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    assert_eq!(report["denied_whole"], false);
    assert_eq!(
        (&report["outcome"], &report["status"]),
        (&json!("recorder_ended"), &json!("killed"))
    );
    fits("report", &report);
    assert_eq!(survivors(place), Vec::<String>::new());
}

fn a_killed_recorder_is_said_where_the_run_goes_on(place: &TestDir) {
    let done = killed(
        place,
        "audit: {enabled: true, detail_level: [syscall], on_failure: continue}",
    );
    assert_eq!(done.code(), 0, "{done}");
    let facts: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(
        facts,
        json!({"mount": "ENOSYS"}),
        "the kernel denies what nobody answers"
    );
    let report: Value = serde_json::from_str(&place.read("report.json")).expect("JSON");
    assert_eq!(report["denied_whole"], false);
}

fn all_die_with_the_supervisor(place: &TestDir) {
    let plan = audited(place, &["default_deny: false"]).compile(place);
    let run = python(place, &plan, &format!("{READY}show(ok=True)"));
    let run = run.report();
    let waiting = Waiting::start(&run);
    let recorder = waiting.recorder();
    kill(Pid::from_raw(waiting.executor()), Signal::SIGKILL).expect("it is there");
    let done = waiting.go_on();
    assert_eq!(done.signal(), Some(9));
    assert_eq!(survivors(place), Vec::<String>::new());
    // The signal may be on its way, and whoever inherits it may not have waited for it yet.
    wait_until("the recorder has ended", || {
        status_line(recorder, "State:").is_none_or(|state| state.starts_with('Z'))
    });
}

/// No descriptor of the recorder's is left, and no process of it can be seen.
fn nothing_of_it_is_inside(place: &TestDir) {
    let plan = audited(place, &["default_deny: false"]).compile(place);
    let script = include_str!("../probes/looks_for_the_recorder.py");
    let done = python(place, &plan, script).report().finish();
    let facts: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(
        facts,
        json!({"own": [0, 1, 2], "more": [], "init": "EACCES", "all": 1})
    );
}

fn a_denied_exec_is_answered(place: &TestDir) {
    let policy = audited(
        place,
        &["default_deny: true", "allow: [read, write, exit_group]"],
    );
    let plan = policy.compile(place);
    let done = Run::new(place, &plan, &["true"]).report().finish();
    assert_eq!(done.code(), 126, "{done}");
    assert!(
        done.stderr.starts_with("purple-exec: exec: true: EPERM\n"),
        "{done}"
    );
    assert_eq!(row(&done, 59)["line"], policy.line_of("default_deny"));
}

fn without_a_reader_it_is_refused(place: &TestDir) {
    let policy = audited(place, &["default_deny: false"]);
    let plan = policy.compile(place);
    let run = || Run::new(place, &plan, &["touch", "/output/started"]);
    let line = policy.line_of("audit:");
    run().finish().refused(125, &format!(
        "audit: the plan needs a record, which purple run keeps; take it by --report FILE, or run without it by --unenforced audit (policy line {line})"
    ));
    assert!(!place.at("output/started").exists());
    // Nobody reads what is recorded, and denied calls are answered all the same.
    let text = script("show(mount=syscall(SYS_mount, 0, 0, 0, 0, 0))");
    let done = Run::new(place, &plan, &[PYTHON, "-ISc", &text])
        .option(&["--unenforced", "audit"])
        .finish();
    assert_eq!(done.out(), "{\"mount\": \"EPERM\"}\n");
    assert_eq!(done.code(), 0, "{done}");
}

fn few_lines_are_said(place: &TestDir) {
    let plan = audited(place, &["default_deny: false"]).compile(place);
    let script = include_str!("../probes/seven_calls.py");
    let done = python(place, &plan, script).report().finish();
    let lines: Vec<&str> = done.stderr.lines().collect();
    assert_eq!(lines.len(), 5, "{done}");
    assert!(
        lines[0].contains("denied: 7x call 165 (policy line "),
        "{done}"
    );
    assert_eq!(
        lines[4],
        "purple-exec: denied: 6x other calls, which the report counts"
    );
    assert_eq!(rows(&done).len(), 7);
}
