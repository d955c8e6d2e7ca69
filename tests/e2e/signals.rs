//! Signals to `purple-exec` reach the program; its death is the end of all inside.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use purple_tests::host::{processes, survivors};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run, finish};
use purple_tests::test_dir::TestDir;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};

scenarios! {
    signals_reach_the_program
    unhandled_signals_end_it
    killing_the_executor_kills_everything
    killing_init_kills_everything
    stop_and_continue
    signals_are_the_callers
}

/// A program that has said that it is ready.
struct Ready {
    child: Child,
    out: BufReader<ChildStdout>,
    id: Pid,
}

impl Ready {
    fn start(place: &TestDir, script: &str) -> Self {
        let plan = Policy::new(place).compile(place);
        let mut child = Run::new(place, &plan, &["sh", "-c", script]).start();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        assert!(out.read_line(&mut line).is_ok());
        let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
        assert_eq!(line, "ready\n");
        Self { child, out, id }
    }

    fn send(&self, signal: Signal) {
        kill(self.id, signal).expect("the executor is there");
    }

    fn finish(mut self) -> Finished {
        let mut done = finish(self.child, &[], Duration::from_secs(30));
        assert!(self.out.read_to_end(&mut done.stdout).is_ok());
        done
    }
}

fn signals_reach_the_program(place: &TestDir) {
    for (signal, name) in [
        (Signal::SIGTERM, "TERM"),
        (Signal::SIGINT, "INT"),
        (Signal::SIGHUP, "HUP"),
        (Signal::SIGUSR1, "USR1"),
        (Signal::SIGWINCH, "WINCH"),
    ] {
        let script = format!(
            "trap 'echo got {name}; exit 7' {name}; echo ready; while :; do sleep 0.05; done"
        );
        let running = Ready::start(place, &script);
        running.send(signal);
        let done = running.finish();
        assert_eq!(
            (done.code(), done.out().as_str()),
            (7, format!("got {name}\n").as_str()),
            "{done}"
        );
    }
}

fn unhandled_signals_end_it(place: &TestDir) {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        let running = Ready::start(place, "echo ready; exec sleep 600");
        running.send(signal);
        assert_eq!(running.finish().code(), 128 + signal as i32, "{signal}");
    }
}

fn killing_the_executor_kills_everything(place: &TestDir) {
    let script = "trap '' TERM HUP INT; setsid sleep 600 & (setsid sh -c 'sleep 600' &) ; echo ready; sleep 600";
    let running = Ready::start(place, script);
    // The last of them start after the word.
    let start = Instant::now();
    while processes(place).len() < 5 {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            processes(place)
        );
        std::thread::yield_now();
    }
    running.send(Signal::SIGKILL);
    let done = running.finish();
    assert_eq!(done.signal(), Some(9));
    assert_eq!(survivors(place), Vec::<String>::new());
}

fn killing_init_kills_everything(place: &TestDir) {
    let running = Ready::start(place, "setsid sleep 600 & echo ready; sleep 600");
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", running.id));
    let init: i32 = children
        .expect("its children")
        .trim()
        .parse()
        .expect("one child");
    kill(Pid::from_raw(init), Signal::SIGKILL).expect("init is there");
    assert_eq!(running.finish().code(), 128 + 9);
    assert_eq!(survivors(place), Vec::<String>::new());
}

/// The state letter of a process (proc(5)).
fn state(process: &str) -> String {
    let text = fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
    text.rsplit(") ")
        .next()
        .and_then(|rest| rest.get(..1))
        .unwrap_or_default()
        .to_owned()
}

fn wait_for_state(process: &str, wanted: impl Fn(&str) -> bool) {
    let start = Instant::now();
    while !wanted(&state(process)) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{process} is {}",
            state(process)
        );
        std::thread::yield_now();
    }
}

fn stop_and_continue(place: &TestDir) {
    let running = Ready::start(
        place,
        "trap 'echo got TERM; exit 7' TERM; echo ready; sleep 60 & wait",
    );
    let listed = processes(place);
    let shell = listed
        .iter()
        .find_map(|line| line.strip_suffix(" sh"))
        .expect("the shell");
    running.send(Signal::SIGTSTP);
    let stopped = waitpid(running.id, Some(WaitPidFlag::WUNTRACED));
    assert_eq!(
        stopped,
        Ok(WaitStatus::Stopped(running.id, Signal::SIGTSTP))
    );
    wait_for_state(shell, |state| state == "T");
    running.send(Signal::SIGCONT);
    let continued = waitpid(running.id, Some(WaitPidFlag::WCONTINUED));
    assert_eq!(continued, Ok(WaitStatus::Continued(running.id)));
    wait_for_state(shell, |state| state != "T" && !state.is_empty());
    running.send(Signal::SIGTERM);
    let done = running.finish();
    assert_eq!((done.code(), done.out().as_str()), (7, "got TERM\n"));
}

/// What the caller ignores the program ignores, and nothing of ours is left in its signals.
fn signals_are_the_callers(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    // SIGCHLD is bit 16: what ignoring it does to waiting is nothing to pass on.
    for (setup, ignored) in [
        ("", 0),
        ("trap '' HUP USR1;", 0x201),
        ("trap '' HUP CHLD;", 1),
    ] {
        let wrapper = format!("{setup} exec \"$@\"");
        let show = ["grep", "-hE", "^Sig(Blk|Ign):", "/proc/self/status"];
        let run = Run::new(place, &plan, &show).wrapped(&["sh", "-c", &wrapper, "sh"]);
        let text = run.finish().good();
        let sets: Vec<u64> = text
            .split_whitespace()
            .filter_map(|word| u64::from_str_radix(word, 16).ok())
            // The C library's own signals, 32 and 33, are as the test runner was started with.
            .map(|set| set & 0x7fff_ffff)
            .collect();
        assert_eq!(sets, [0, ignored], "{setup} {text}");
    }
}
