//! The clock runs and the end comes, whatever is stopped, full or held meanwhile.

use super::inside::{PYTHON, python};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use purple_tests::host::processes;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run, finish};
use purple_tests::test_dir::TestDir;
use purple_tests::wait::wait_until;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

scenarios! {
    time_goes_on_while_the_supervisor_is_stopped
    time_goes_on_while_everything_is_stopped
    stopping_stops_what_has_left_the_group
    a_full_pipe_holds_up_no_timeout
    a_stopped_terminal_holds_up_no_timeout
    a_terminal_of_another_user_holds_up_no_timeout
    a_terminal_of_another_user_holds_up_no_signal
    stops_that_nobody_hears_hold_up_no_timeout
    a_lease_on_the_plan_holds_no_start_up
}

/// Puts its arguments on a standard error that is not read.
const UNREAD: &str = include_str!("../probes/with_a_standard_error_that_nobody_reads.py");

/// Holds up what is written to standard error.
const HOLD_UP: &str = include_str!("../probes/hold_up_standard_error.py");

/// Three processes in three sessions, of which one does not obey.
const FAMILY: &str =
    "setsid sh -c 'trap \"\" TERM; setsid sleep 600 & echo ready; sleep 601' & wait";

/// A plan with this much time.
fn timed(place: &TestDir, seconds: u32) -> PathBuf {
    let section = format!("resources: {{session_timeout_seconds: {seconds}}}");
    Policy::new(place).section(&section).compile(place)
}

/// Whether every process of this name has this state (`proc_pid_stat(5)`), of at least one.
fn all_are(place: &TestDir, name: &str, wanted: impl Fn(char) -> bool) -> bool {
    let listed = processes(place);
    let mut states = listed
        .iter()
        .filter_map(|line| line.strip_suffix(name)?.strip_suffix(' '))
        .map(|process| {
            let text = fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
            let state = text
                .rsplit(") ")
                .next()
                .and_then(|rest| rest.chars().next());
            state.unwrap_or('?')
        })
        .peekable();
    states.peek().is_some() && states.all(wanted)
}

fn stopped(state: char) -> bool {
    state == 'T'
}

/// Runs the family for a second; `stop` is what stops the executor.
fn stopped_by(place: &TestDir, stop: Signal) {
    let run = Run::new(place, &timed(place, 1), &["sh", "-c", FAMILY]);
    let done = ended_while_stopped(place, &run.report(), stop);
    assert_eq!(done.stderr, "purple-exec: timeout: ended after 1 s\n");
}

/// Stops the executor once the program is ready; its time ends it nevertheless.
fn ended_while_stopped(place: &TestDir, run: &Run<'_>, stop: Signal) -> Finished {
    let mut child = run.start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok_and(|_| line == "ready\n"));
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(id, stop).expect("the executor is there");
    let was = waitpid(id, Some(WaitPidFlag::WUNTRACED));
    assert_eq!(was, Ok(WaitStatus::Stopped(id, stop)));
    // Nothing is left but the executor itself, which does not run.
    wait_until("what is inside ends", || processes(place).len() == 1);
    assert!(all_are(place, "purple-exec", stopped));
    kill(id, Signal::SIGCONT).expect("the executor is there");
    let done = finish(child, &[], Duration::from_secs(30));
    assert_eq!(done.code(), 124, "{done}");
    let report = fs::read_to_string(place.at("report.json")).expect("a report");
    assert!(report.contains(r#""outcome":"timeout""#), "{report}");
    done
}

fn time_goes_on_while_the_supervisor_is_stopped(place: &TestDir) {
    stopped_by(place, Signal::SIGSTOP);
}

fn time_goes_on_while_everything_is_stopped(place: &TestDir) {
    stopped_by(place, Signal::SIGTSTP);
}

fn stopping_stops_what_has_left_the_group(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let mut child = Run::new(place, &plan, &["sh", "-c", FAMILY]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok_and(|_| line == "ready\n"));
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let two_sleep = || {
        processes(place)
            .iter()
            .filter(|one| one.ends_with(" sleep"))
            .count()
            == 2
    };
    wait_until("both programs start", two_sleep);
    kill(id, Signal::SIGTSTP).expect("the executor is there");
    wait_until("all of them stop", || {
        all_are(place, "sleep", stopped) && all_are(place, "sh", stopped)
    });
    kill(id, Signal::SIGCONT).expect("the executor is there");
    wait_until("all of them go on", || {
        all_are(place, "sleep", |state| state != 'T') && all_are(place, "sh", |state| state != 'T')
    });
    kill(id, Signal::SIGKILL).expect("the executor is there");
    let done = finish(child, &[], Duration::from_secs(30));
    assert_eq!(done.signal(), Some(9));
}

/// The program holds up what is written to standard error, and the time ends it.
fn held_up(place: &TestDir, kind: &str) {
    let done = python(place, &timed(place, 3), HOLD_UP)
        .wrapped(&[PYTHON, "-c", UNREAD, kind])
        .report()
        .finish();
    assert_eq!(done.out(), "held up\n", "a plain write would wait: {done}");
    assert_eq!(done.code(), 124, "{done}");
    let report = done.report.expect("a report");
    assert_eq!(report["outcome"], "timeout");
}

fn a_full_pipe_holds_up_no_timeout(place: &TestDir) {
    held_up(place, "pipe");
}

fn a_stopped_terminal_holds_up_no_timeout(place: &TestDir) {
    held_up(place, "terminal");
}

/// Prints without end to a terminal that nobody reads, and that root has made: a user cannot open it again.
fn flooding<'p>(place: &'p TestDir, plan: &Path) -> Run<'p> {
    let run = Run::new(place, plan, &["yes", "a line"]).report();
    run.wrapped_by_root(&[PYTHON, "-c", UNREAD, "terminals"])
}

fn a_terminal_of_another_user_holds_up_no_timeout(place: &TestDir) {
    let done = flooding(place, &timed(place, 2)).finish();
    assert_eq!(done.code(), 124, "{done}");
    assert_eq!(done.report.expect("a report")["outcome"], "timeout");
}

/// The first ends the program, and the second what waits for the terminal.
fn a_terminal_of_another_user_holds_up_no_signal(place: &TestDir) {
    let child = flooding(place, &timed(place, 600)).start();
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    // Until nobody takes anything any more, it is ready to run.
    wait_until("the program waits", || {
        (0..50).all(|_| {
            std::thread::sleep(Duration::from_millis(5));
            all_are(place, "yes", |state| state == 'S')
        })
    });
    kill(id, Signal::SIGTERM).expect("the executor is there");
    wait_until("the report is written", || {
        fs::metadata(place.at("report.json")).is_ok_and(|report| report.len() > 0)
    });
    kill(id, Signal::SIGTERM).expect("the executor is there");
    let done = finish(child, &[], Duration::from_secs(30));
    assert_eq!(done.code(), 128 + 15, "{done}");
}

/// Is stopped and continued all the time.
const STOPPING: &str = include_str!("../probes/stop_and_continue.py");

/// Init tells the supervisor of each stop of a program on a terminal.
fn stops_that_nobody_hears_hold_up_no_timeout(place: &TestDir) {
    let run = python(place, &timed(place, 5), STOPPING);
    let run = run.wrapped(&[PYTHON, "-c", UNREAD, "terminal"]).report();
    let _done = ended_while_stopped(place, &run, Signal::SIGSTOP);
}

/// Takes a lease on the file that its first argument names, says so, and keeps it.
const LEASE: &str = include_str!("../probes/hold_a_lease.py");

/// Who opens a file on which another has a lease waits for that one, for 45 s (`F_SETLEASE(2const)`).
fn a_lease_on_the_plan_holds_no_start_up(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let mut holder = Command::new(PYTHON)
        .args(["-c", LEASE])
        .arg(&plan)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut out = BufReader::new(holder.stdout.take().expect("a pipe"));
    let mut line = String::new();
    assert!(out.read_line(&mut line).is_ok_and(|_| line == "held\n"));
    let done = Run::new(place, &plan, &["true"]).finish();
    let said = format!("plan: {}: EAGAIN", plan.display());
    done.refused(125, &said);
    drop(holder.stdin.take());
    assert!(holder.wait().is_ok_and(|status| status.success()));
    assert_eq!(Run::new(place, &plan, &["true"]).finish().good(), "");
}
