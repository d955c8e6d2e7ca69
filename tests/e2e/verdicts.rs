//! What the kernel does with calls under a plan's filter, against what `purplec query` says: the
//! filter is loaded as the executor loads it, and the calls are made.
//!
//! Every call is tried, whatever it does, below an older filter that keeps all of them from being
//! carried out (`verdicts/calls.c` says how). A sample with harmless arguments is carried out too, and
//! what is allowed must end as it does without a filter.

mod filter;
mod harmless;

use filter::{Entry, Filter, Made};
use harmless::HARMLESS;
use nix::unistd::Uid;
use purple_tests::identity::skip;
use purple_tests::policy::compile;
use purple_tests::repository::root;
use purple_tests::test_dir::{TestDir, binary};
use purplec::ir::syscalls::Action;
use purplec::profiles::{self, SHIPPED};
use purplec::syscalls::{Arch, errno_number, syscall_name, syscall_number};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

scenarios! {
    every_call_gets_the_verdict_that_query_gives
    bites_a_filter_that_does_something_else
    harmless_calls_end_as_without_a_filter_or_are_denied
}

/// The error of the older filter in `verdicts/calls.c`.
const PASSED: i64 = 3999;

/// A process that SIGSYS ended.
const KILLED: (&str, i64) = ("signal", 31);

/// uretprobe and uprobe: the kernel makes these calls itself and, since 6.14, lets them pass without
/// a look at any filter; made by anybody else they end the process.
const UNSEEN: [u32; 2] = [335, 336];

/// Policies with every action and operator, beside the shipped ones.
const POLICIES: [(&str, &str); 5] = [
    (
        "conditions",
        "{on_deny: {errno: EXDEV}, allow: [read, write, openat, socket, ioctl, clone, clone3, exit], \
          architectures: [x86, x32], advanced_rules: [\
          {syscall: openat, action: allow, conditions: 'flags & O_ACCMODE == O_RDONLY'}, \
          {syscall: socket, action: kill, conditions: 'family == AF_VSOCK'}, \
          {syscall: lseek, action: allow, conditions: 'offset < 0x10000 and whence in {SEEK_SET, SEEK_END}'}, \
          {syscall: ftruncate, action: errno, errno: EFBIG, conditions: 'fd > 2 and fd <= 9'}, \
          {syscall: fchmod, action: deny, conditions: 'mode >= 0o1000 or mode & 0o7 == 0o7'}, \
          {syscall: dup2, action: log, conditions: 'newfd != 2'}, \
          {syscall: clone, action: deny, conditions: 'clone_flags & CLONE_NEWUSER'}]}",
    ),
    (
        "wide",
        "{default_deny: false, advanced_rules: [\
          {syscall: mmap, action: errno, errno: ENOMEM, conditions: [{arg: 1, op: gt, value: 0x180000005}]}, \
          {syscall: mmap, action: trap, conditions: [{arg: 1, op: eq, value: 0x100000000}]}, \
          {syscall: munmap, action: deny, conditions: [{arg: 1, op: lt, value: 0x7fffffff}, {arg: 1, op: ne, value: 4096}]}, \
          {syscall: pread64, action: kill_thread, conditions: [{arg: 3, op: ge, value: 0xffffffff00000000}]}, \
          {syscall: pwrite64, action: deny, conditions: [{arg: 3, op: masked_eq, mask: 0xff000000ff, value: 0x100000001}]}, \
          {syscall: readahead, action: deny, conditions: [{arg: 1, op: masked_ne, mask: 0x8000000000000001, value: 1}]}, \
          {syscall: ftruncate, action: notify, conditions: [{arg: 1, op: le, value: 7}]}]}",
    ),
    (
        "kill",
        "{on_deny: kill, allow: [read, write, exit, exit_group], deny: [getuid]}",
    ),
    ("kill-thread", "{on_deny: kill_thread, allow: ['@default']}"),
    (
        "trap",
        "{on_deny: trap, default_deny: false, deny: ['@network'], architectures: [x86]}",
    ),
];

fn every_call_gets_the_verdict_that_query_gives(place: &TestDir) {
    let Some(helper) = Helper::build(place, "every_call_gets_the_verdict_that_query_gives") else {
        return;
    };
    let mut tried = 0;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let plans = plans(place);
    for (name, plan) in &plans {
        let filter = Filter::read(plan);
        let calls = filter.calls(helper.has_int80);
        let answers = helper.answers(&filter.program(place), "watched", &calls);
        let queried = queried(plan);
        for (made, answer) in calls.iter().zip(&answers) {
            let action = filter.verdict(made);
            let expected = watched(action);
            assert_eq!(
                (answer.0.as_str(), answer.1),
                expected,
                "{name}: {}: {action:?}",
                made.description()
            );
            // The command says the same as the library.
            if let Some(said) = queried
                .get(&made.number)
                .filter(|_| made.entry == Entry::Native)
            {
                assert_eq!(*said, expected, "{name}: {}", made.description());
            }
            tried += 1;
            let ended = match expected {
                ("return", value) if value == -PASSED => "passed",
                ("return", _) => "failed",
                (other, _) => other,
            };
            *seen.entry(ended).or_default() += 1;
        }
    }
    println!("{tried} calls under {} filters: {seen:?}", plans.len());
    assert!(seen.len() == 5 && tried > 6000, "{tried} {seen:?}");
}

/// How a call ends below the older filter.
fn watched(action: Action) -> (&'static str, i64) {
    match action {
        Action::Allow | Action::Log | Action::Notify => ("return", -PASSED),
        _ => expected_alone(action).expect("it is not let through"),
    }
}

fn bites_a_filter_that_does_something_else(place: &TestDir) {
    let Some(helper) = Helper::build(place, "bites_a_filter_that_does_something_else") else {
        return;
    };
    let plans: BTreeMap<String, PathBuf> = plans(place).into_iter().collect();
    let (loaded, asked) = (
        Filter::read(&plans["trap"]),
        Filter::read(&plans["conditions"]),
    );
    let calls = asked.calls(helper.has_int80);
    let answers = helper.answers(&loaded.program(place), "watched", &calls);
    let wrong = calls
        .iter()
        .zip(&answers)
        .filter(|(made, answer)| (answer.0.as_str(), answer.1) != watched(asked.verdict(made)));
    let wrong = wrong.count();
    assert!(wrong > 300, "{wrong}");
}

fn harmless_calls_end_as_without_a_filter_or_are_denied(place: &TestDir) {
    let test = "harmless_calls_end_as_without_a_filter_or_are_denied";
    let Some(helper) = Helper::build(place, test) else {
        return;
    };
    let calls: Vec<Made> = HARMLESS
        .iter()
        .map(|(name, args)| Made {
            entry: Entry::Native,
            number: syscall_number(Arch::X86_64, name).expect("a name"),
            args: *args,
        })
        .collect();
    let bare = helper.answers(Path::new("-"), "made", &calls);
    let plans = plans(place);
    let (mut allowed, mut denied, mut undecided) = (0, 0, BTreeSet::new());
    for (name, plan) in &plans {
        let filter = Filter::read(plan);
        let answers = helper.answers(&filter.program(place), "made", &calls);
        for ((made, answer), bare) in calls.iter().zip(&answers).zip(&bare) {
            let action = filter.verdict(made);
            let description = format!(
                "{name}: {}: {action:?}, without a filter {bare:?}",
                made.description()
            );
            // What a call that succeeds returns may differ: a process's number, a time.
            let ended = |one: &Answer| (one.0.clone(), one.1.min(0));
            match expected_alone(action) {
                None => {
                    assert_eq!(ended(answer), ended(bare), "{description}");
                    let denial = filter.denial();
                    if denial == Some(bare.1) {
                        undecided.insert(syscall_name(Arch::X86_64, made.number).unwrap_or(""));
                    } else {
                        allowed += 1;
                    }
                }
                Some(expected) => {
                    assert_eq!((answer.0.as_str(), answer.1), expected, "{description}");
                    if (bare.0.as_str(), bare.1) == expected {
                        undecided.insert(syscall_name(Arch::X86_64, made.number).unwrap_or(""));
                    } else {
                        denied += 1;
                    }
                }
            }
        }
    }
    let count = plans.len();
    println!("{allowed} calls carried out and {denied} denied under {count} filters");
    println!("end the same with and without a filter, in some of them: {undecided:?}");
    assert!(allowed > 300 && denied > 300, "{allowed} {denied}");
}

/// How a call ends that is not let through; without a supervisor, the kernel answers.
fn expected_alone(action: Action) -> Option<(&'static str, i64)> {
    match action {
        Action::Allow | Action::Log => None,
        Action::Notify => Some(("return", -38)),
        Action::Errno(errno) => Some(("return", -i64::from(errno))),
        Action::Trap => Some(("trap", 0)),
        Action::KillThread => Some(("gone", 0)),
        Action::KillProcess => Some(KILLED),
    }
}

/// The plans of the shipped profiles and of the policies above.
fn plans(place: &TestDir) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut add = |name: &str, policy: &Path| {
        let plan = place.at(&format!("{name}.plan"));
        let out = compile(policy, &plan);
        assert!(
            out.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        found.push((name.to_owned(), plan));
    };
    let shipped = SHIPPED.iter();
    for profile in shipped.filter(|profile| is_carried_out_alone(profile.name)) {
        let path = root().join(format!("policies/{}.yaml", profile.name));
        add(profile.name, &path);
    }
    for (name, syscalls) in POLICIES {
        let text = format!("name: {name}\nsyscalls: {syscalls}\n");
        add(name, &place.file(&format!("{name}.yaml"), text));
    }
    found.sort();
    found
}

/// Whether a profile, with what it extends, names no fact of the host, whose directories `purple run` makes, and records no denials,
/// which the supervisor answers.
fn is_carried_out_alone(name: &str) -> bool {
    let profile = profiles::find(name).expect("a profile");
    let others = ["${", "~/", "\n  workspace:", "\naudit:"];
    let parent = profile
        .text
        .lines()
        .find_map(|line| line.strip_prefix("extends: "));
    !others.iter().any(|other| profile.text.contains(other))
        && parent.is_none_or(is_carried_out_alone)
}

/// What `purplec query --all` says of the calls whose arguments do not decide, by number.
fn queried(plan: &Path) -> BTreeMap<u32, (&'static str, i64)> {
    let out = Command::new(binary("purplec"))
        .arg("query")
        .arg(plan)
        .args(["--all", "--format", "json"])
        .output()
        .expect("the compiler runs");
    let all: Vec<Value> = serde_json::from_slice(&out.stdout).expect("JSON");
    assert!(all.len() > 380, "{}", all.len());
    let decided = all.iter().filter_map(|one| {
        let expected = match one["verdict"].as_str()? {
            "allow" | "log" | "notify" => ("return", -PASSED),
            "errno" => {
                let name = one["cases"][0]["errno"].as_str().expect("an error's name");
                let errno = errno_number(Arch::X86_64, name).expect("an error");
                ("return", -i64::from(errno))
            }
            "trap" => ("trap", 0),
            "kill_thread" => ("gone", 0),
            "kill" => KILLED,
            // It is what no call ends with.
            _ => ("unknown", 0),
        };
        let number = one["number"]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok());
        Some((number.expect("a number"), expected))
    });
    decided.collect()
}

/// How a call ended: what `verdicts/calls.c` prints.
type Answer = (String, i64);

/// The program that makes the calls.
struct Helper<'p> {
    place: &'p TestDir,
    has_int80: bool,
}

impl<'p> Helper<'p> {
    /// Builds it; `None`, with a line that says so, where that is not possible.
    fn build(place: &'p TestDir, test: &str) -> Option<Self> {
        let test = format!("verdicts-{test}");
        if !cfg!(target_arch = "x86_64") {
            skip(&test, "it makes the calls of x86-64");
            return None;
        }
        let source = place.file("calls.c", include_str!("verdicts/calls.c"));
        let built = Command::new("gcc")
            .args(["-O1", "-pthread", "-o"])
            .arg(place.at("verdicts"))
            .arg(source)
            .output();
        let Ok(built) = built else {
            skip(&test, "gcc is not installed");
            return None;
        };
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        let mut helper = Self {
            place,
            has_int80: true,
        };
        // 20 is getpid: where the kernel has no 32-bit entry, the process dies.
        let getpid = Made {
            entry: Entry::Int80,
            number: 20,
            args: [0; 6],
        };
        helper.has_int80 = helper.answers(Path::new("-"), "made", &[getpid])[0].0 == "return";
        if !helper.has_int80 {
            skip(
                &format!("{test}-int80"),
                "this kernel has no 32-bit system calls",
            );
        }
        Some(helper)
    }

    /// What the kernel does with these calls.
    fn answers(&self, filter: &Path, mode: &str, calls: &[Made]) -> Vec<Answer> {
        let mut lines = String::new();
        for made in calls {
            let args = made.args.map(|arg| arg.to_string()).join(" ");
            writeln!(lines, "{} {} {args}", made.entry as u8, made.number).expect("a string grows");
        }
        let mut command = Command::new(self.place.at("verdicts"));
        command.arg(filter).arg(mode).current_dir(self.place.at(""));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if !self.place.who.is_root() && Uid::effective().is_root() {
            command.uid(self.place.who.uid).gid(self.place.who.gid);
        }
        let mut child = command.spawn().expect("the helper starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // All of it is read before anything is written.
        stdin.write_all(lines.as_bytes()).expect("the helper reads");
        drop(stdin);
        let out = child.wait_with_output().expect("the helper ends");
        assert!(out.status.success(), "{mode}: {}", out.status);
        let text = String::from_utf8(out.stdout).expect("text");
        let answers: Vec<Answer> = text
            .lines()
            .map(|line| {
                let (kind, value) = line.split_once(' ').expect("two words");
                (kind.to_owned(), value.parse().expect("a number"))
            })
            .collect();
        assert_eq!(answers.len(), calls.len());
        answers
    }
}
