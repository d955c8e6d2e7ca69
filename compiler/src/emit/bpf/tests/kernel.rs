//! Programs loaded into the kernel that runs the tests, on x86-64 and where a C compiler is.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;
use crate::lower::probe::CANDIDATES;
use crate::syscalls::{X32_BIT, errno_name};

/// What kills a process that makes a call it must not make (signal(7)).
const SIGSYS: i32 = 31;

/// uretprobe and uprobe: the kernel makes these calls itself, from code that it puts into a traced
/// program, and since 6.14 lets them pass without a look at any filter.
const UNSEEN: [u32; 2] = [335, 336];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Errno(i32),
    Signal(i32),
    /// The signal was SIGSYS, and a handler got it.
    Handled,
    /// The thread that made the call is no more, and its process is.
    ThreadGone,
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entrance {
    Native = 0,
    Int80 = 1,
    /// Natively, by a thread beside the first one.
    Thread = 2,
}

/// A folder of one test's own, with the helper in it; `None`, said aloud, where it can't be made.
struct Helper(PathBuf);

impl Helper {
    fn build(test: &str) -> Option<Self> {
        let here = cfg!(all(target_arch = "x86_64", target_os = "linux"));
        let compiler = Command::new("cc").arg("--version").output();
        if !here || !compiler.is_ok_and(|output| output.status.success()) {
            println!("skipped: {test} needs x86-64 Linux and a C compiler called cc");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("purplec-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("call.c"), include_str!("filtered-call.c")).unwrap();
        let status = Command::new("cc")
            .args(["-O1", "-pthread", "-o", "call", "call.c"])
            .current_dir(&folder)
            .status();
        assert!(status.unwrap().success());
        Some(Self(folder))
    }

    fn answers(&self, program: &Path, calls: &[(Entrance, u32, [u64; 6])]) -> Vec<Answer> {
        let mut child = Command::new(self.0.join("call"))
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = String::new();
        for (entrance, number, args) in calls {
            let args = args.map(|arg| arg.to_string()).join(" ");
            writeln!(lines, "{} {number} {args}", *entrance as u8).unwrap();
        }
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answer = |line: &str| {
            let (kind, number) = line.split_once(' ').unwrap();
            let number = number.parse().unwrap();
            match kind {
                "signal" => Answer::Signal(number),
                "handled" => Answer::Handled,
                "gone" => Answer::ThreadGone,
                _ => Answer::Errno(number),
            }
        };
        let answers: Vec<_> = text.lines().map(answer).collect();
        assert_eq!(answers.len(), calls.len());
        answers
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        assert!(std::fs::remove_dir_all(&self.0).is_ok() || std::thread::panicking());
    }
}

/// Calls whose arguments do no harm whether or not they go through. What they answer tells a
/// denial apart: the policies here deny with an error that no call gives by itself.
fn harmless() -> Vec<(&'static str, [u64; 6])> {
    let mut calls = vec![
        ("getpid", [0; 6]),
        ("getuid", [0; 6]),
        ("sched_yield", [0; 6]),
        ("clone3", [0; 6]),
        ("personality", [0xFFFF_FFFF, 0, 0, 0, 0, 0]),
        ("mmap", [0, 4096, 7, 0x22, u64::MAX, 0]),
        ("mmap", [0, 4096, 1, 0x22, u64::MAX, 0]),
        ("mmap", [0, 0x1_8000_0006, 1, 0x4022, u64::MAX, 0]),
        ("mmap", [0, 0x1_8000_0005, 1, 0x4022, u64::MAX, 0]),
        ("lseek", [u64::MAX, 0x1_0000_0000, 0, 0, 0, 0]),
        ("lseek", [u64::MAX, 5, 1, 0, 0, 0]),
        ("fchmod", [u64::MAX, 7, 0, 0, 0, 0]),
        ("fchmod", [u64::MAX, 0x1_0007, 0, 0, 0, 0]),
        ("fchmod", [u64::MAX, 8, 0, 0, 0, 0]),
        ("ioctl", [u64::MAX, 0x5412, 0, 0, 0, 0]),
        ("ioctl", [u64::MAX, 0x1_0000_5412, 0, 0, 0, 0]),
        ("ioctl", [u64::MAX, 0x5401, 0, 0, 0, 0]),
        ("ptrace", [99, 0, 0, 0, 0, 0]),
    ];
    for flags in [0, 1, 2, 3, 0x8_0000, 0x1_0000_0000, 0x1_0000_0001] {
        calls.push(("openat", [u64::MAX, 0, flags, 0, 0, 0]));
    }
    for family in [0, 1, 2, 10, 16, 17, 38, 40, 0x1_0000_0028, 0x1_0000_0002] {
        calls.push(("socket", [family, 1, 0, 0, 0, 0]));
    }
    calls
}

#[test]
fn the_kernel_does_what_the_evaluator_says() {
    let Some(helper) = Helper::build("verdicts") else {
        return;
    };
    let denied = 130; // EOWNERDEAD
    let policies = [
        RULES
            .replace("EACCES", "EOWNERDEAD")
            .replace("exit_group", "exit_group, getpid"),
        "{default_deny: false, on_deny: !errno EOWNERDEAD, deny: [getuid, fchmod]}".to_owned(),
        "{on_deny: kill, allow: [exit_group, getpid, socket, openat]}".to_owned(),
        "{on_deny: !errno EOWNERDEAD, allow: [exit_group, getpid], architectures: [x86]}"
            .to_owned(),
        "{on_deny: trap, allow: [exit_group, getpid], advanced_rules: [\
            {syscall: getuid, action: kill_thread}, {syscall: sched_yield, action: kill}, \
            {syscall: openat, action: kill_thread, conditions: [{arg: 2, op: ge, value: 3}]}, \
            {syscall: openat, action: trap, conditions: [{arg: 2, op: eq, value: 2}]}, \
            {syscall: openat, action: errno, errno: EOWNERDEAD}]}"
            .to_owned(),
        "{on_deny: kill_thread, allow: [exit_group, getpid], deny: [socket]}".to_owned(),
    ];
    let mut compared = 0;
    for (at, yaml) in policies.iter().enumerate() {
        let meaning = meaning(yaml, Arch::X86_64);
        let file = helper.0.join(format!("{at}.bpf"));
        std::fs::write(&file, emitted(&meaning).0.to_le_bytes()).unwrap();
        let mut calls: Vec<(Entrance, u32, [u64; 6])> = harmless()
            .into_iter()
            .map(|(name, args)| {
                (
                    Entrance::Native,
                    syscall_number(Arch::X86_64, name).unwrap(),
                    args,
                )
            })
            .collect();
        // Every number that the filter denies, and some through the other interfaces.
        let seen = |number: &u32| !UNSEEN.contains(number);
        calls.extend((0..480).filter(seen).filter_map(|number| {
            let call = Call {
                audit_arch: Arch::X86_64.audit(),
                number,
                args: [0; 6],
            };
            let action = evaluate(&meaning, &call).action;
            (!matches!(action, Action::Allow | Action::Log)).then_some((
                Entrance::Native,
                number,
                [0; 6],
            ))
        }));
        calls.extend([0, 39, 520].map(|number| (Entrance::Native, X32_BIT + number, [0; 6])));
        calls.push((Entrance::Native, u32::MAX, [0; 6]));
        calls.extend([20, 24].map(|number| (Entrance::Int80, number, [0; 6])));
        for ((entrance, number, args), answer) in calls.iter().zip(helper.answers(&file, &calls)) {
            let arch = if *entrance == Entrance::Int80 {
                Arch::X86
            } else {
                Arch::X86_64
            };
            let call = Call {
                audit_arch: arch.audit(),
                number: *number,
                args: *args,
            };
            let holds = match evaluate(&meaning, &call).action {
                // The only thread of its process.
                Action::KillProcess | Action::KillThread => answer == Answer::Signal(SIGSYS),
                Action::Trap => answer == Answer::Handled,
                Action::Errno(errno) => answer == Answer::Errno(i32::from(errno)),
                // Nobody listens, so the kernel answers for the supervisor.
                Action::Notify => answer == Answer::Errno(38),
                Action::Allow | Action::Log => {
                    !matches!(answer, Answer::Signal(_) | Answer::Handled)
                        && answer != Answer::Errno(denied)
                }
            };
            assert!(holds, "policy {at}: {call}: {answer:?}");
            compared += 1;
        }
    }
    println!("{compared} calls made under {} filters", policies.len());
}

#[test]
fn only_the_thread_is_killed_where_the_policy_says_so() {
    let Some(helper) = Helper::build("threads") else {
        return;
    };
    let yaml = "{on_deny: !errno EOWNERDEAD, allow: [exit_group], advanced_rules: [\
        {syscall: getuid, action: kill_thread}, {syscall: getgid, action: kill}, \
        {syscall: getpid, action: trap}]}";
    let file = helper.0.join("threads.bpf");
    let program = emitted(&meaning(yaml, Arch::X86_64)).0;
    std::fs::write(&file, program.to_le_bytes()).unwrap();
    let calls = ["getuid", "getgid", "getpid", "getppid"].map(|name| {
        (
            Entrance::Thread,
            syscall_number(Arch::X86_64, name).unwrap(),
            [0; 6],
        )
    });
    let expected = [
        Answer::ThreadGone,
        Answer::Signal(SIGSYS),
        Answer::Handled,
        Answer::Errno(130),
    ];
    assert_eq!(helper.answers(&file, &calls), expected);
}

#[test]
fn the_kernel_answers_probes_as_their_table_says() {
    let Some(helper) = Helper::build("probes") else {
        return;
    };
    let calls: Vec<_> = CANDIDATES
        .iter()
        .map(|one| {
            (
                Entrance::Native,
                syscall_number(Arch::X86_64, one.name).unwrap(),
                one.args,
            )
        })
        .collect();
    let answers = helper.answers(Path::new("-"), &calls);
    for (candidate, answer) in CANDIDATES.iter().zip(answers) {
        let Answer::Errno(errno) = answer else {
            assert_eq!(answer, Answer::Errno(0), "{}", candidate.name);
            continue;
        };
        let name = errno_name(Arch::X86_64, u16::try_from(errno).unwrap());
        let expected = match errno {
            0 => candidate.natural.is_empty(),
            _ => name.is_some_and(|name| candidate.natural.contains(&name)),
        };
        assert!(expected, "{}: {name:?} {errno}", candidate.name);
    }
}

#[test]
fn libseccomp_knows_the_same_numbers() {
    for arch in [Arch::X86_64, Arch::Aarch64] {
        for (name, number) in names(arch) {
            let Ok(output) = Command::new("scmp_sys_resolver")
                .args(["-a", arch.name(), name])
                .output()
            else {
                println!("skipped: scmp_sys_resolver (Debian's package seccomp) is not installed");
                return;
            };
            let theirs: i64 = String::from_utf8(output.stdout)
                .unwrap()
                .trim()
                .parse()
                .unwrap();
            // A negative number is a call that the library is too old for.
            assert!(
                theirs < 0 || theirs == i64::from(number),
                "{arch} {name}: {theirs}"
            );
            assert!(
                theirs >= 0 || number > 430 || recent(name),
                "{arch} {name} is unknown to it"
            );
        }
    }
}

/// Calls with old numbers that libseccomp learnt late.
fn recent(name: &str) -> bool {
    ["uretprobe", "uprobe", "fstat", "newfstatat"].contains(&name)
}
