//! Surroundings that answer a system call of the setup with success and do not make it: the run is
//! refused, and the message names the call where nothing else would show that it was not made.

use super::inside::PYTHON;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use purplec::syscalls::{Arch, syscall_number};
use std::fs;

scenarios! {
    a_call_that_is_only_said_to_be_made_is_refused
    the_same_surroundings_without_such_an_answer_do
    a_wait_that_is_only_said_to_be_made_ends
    output_that_is_said_to_be_input_is_refused
}

/// Answers one call with success.
const ANSWERING: &str = include_str!("../probes/answer_with_success.py");

/// Calls that no later step would miss.
const NAMED: [&str; 10] = [
    "rt_sigprocmask",
    "chdir",
    "umask",
    "setsid",
    "capset",
    "prctl",
    "sethostname",
    "keyctl",
    "close_range",
    "uname",
];

/// The same for root. The sandbox of a user has the ids from its maps, and there is nothing left to change.
const NAMED_FOR_ROOT: [&str; 3] = ["setgroups", "setresuid", "setresgid"];

/// Calls after which a later step fails, or finds the host's.
const MISSED: [&str; 15] = [
    "pivot_root",
    "umount2",
    "unshare",
    "seccomp",
    "landlock_restrict_self",
    "landlock_create_ruleset",
    "mount_setattr",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "openat2",
    "openat",
    "fcntl",
];

fn under(place: &TestDir, number: u32) -> (i32, String) {
    let policy = Policy::new(place);
    let number = number.to_string();
    let done = Run::new(place, &policy.compile(place), &["touch", "/output/started"])
        .wrapped(&[PYTHON, "-c", ANSWERING, &number])
        .finish();
    (done.code(), done.stderr)
}

fn a_call_that_is_only_said_to_be_made_is_refused(place: &TestDir) {
    let for_root = NAMED_FOR_ROOT
        .iter()
        .copied()
        .filter(|_| place.who.is_root());
    let named = NAMED
        .iter()
        .copied()
        .chain(for_root)
        .map(|name| (name, true));
    for (name, is_named) in named.chain(MISSED.map(|name| (name, false))) {
        let number = syscall_number(Arch::X86_64, name).expect("a call");
        let (code, said) = under(place, number);
        // Where root has no groups, it has given up all of them.
        let without = name == "setgroups" && code == 0;
        assert!(code == 125 || without, "{name}: {code} {said}");
        if without {
            fs::remove_file(place.at("output/started")).expect("it ran");
        }
        assert!(!place.at("output/started").exists(), "{name}");
        let words = "answered with success and not done";
        assert!(
            without || !is_named || said.contains(words),
            "{name}: {said}"
        );
    }
}

fn the_same_surroundings_without_such_an_answer_do(place: &TestDir) {
    let no_call = 4095;
    assert_eq!(under(place, no_call), (0, String::new()));
    assert!(place.at("output/started").exists());
}

/// The command has started by then. The janitor stands by where there is a stub.
fn a_wait_that_is_only_said_to_be_made_ends(place: &TestDir) {
    let said = |name: &str, policy: &Policy| {
        let number = syscall_number(Arch::X86_64, name).expect("a call");
        let number = number.to_string();
        let run = Run::new(place, &policy.compile(place), &["sleep", "1"]);
        let done = run.wrapped(&[PYTHON, "-c", ANSWERING, &number]).finish();
        assert_eq!(done.code(), 125, "{name}: {done}");
        done.stderr
    };
    let stderr = said("ppoll", &Policy::new(place));
    // A user waits for room there, which does not come.
    let expected = ["", "purple-exec: supervision: waiting: ENOSYS\n"];
    assert!(expected.contains(&stderr.as_str()), "{stderr}");
    place.dir("project");
    let policy = Policy::new(place).keeps(&place.text("project"), "/tree", &["Makefile"]);
    assert_eq!(
        said("pidfd_send_signal", &policy),
        "purple-exec: protected path: ending the janitor: ENOSYS\n"
    );
}

/// `fcntl(1, F_GETFL)` says that descriptor 1 is for reading only: 0 is `O_RDONLY`.
fn output_that_is_said_to_be_input_is_refused(place: &TestDir) {
    let fcntl = syscall_number(Arch::X86_64, "fcntl").expect("a call");
    let call = format!("{fcntl}:0=1:1=3");
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["echo", "lost"]);
    let done = run.wrapped(&[PYTHON, "-c", ANSWERING, &call]).finish();
    let words = "start: looking at a standard descriptor: answered with success and not done";
    assert!(done.stderr.contains(words), "{done}");
    assert_eq!((done.code(), done.out().as_str()), (125, ""));
    // It may be for reading only.
    let wrapper = "exec \"$@\" 1</dev/null 2</usr/bin/env";
    let run = Run::new(place, &plan, &["true"]).wrapped(&["sh", "-c", wrapper, "sh"]);
    assert_eq!(run.finish().good(), "");
}
