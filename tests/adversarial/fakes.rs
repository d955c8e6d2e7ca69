//! Threat 28 where a call is answered with success and not made, as a filter of seccomp(2) or a tracer
//! can do: every call of the setup, each one alone. The command does not start, or everything that the
//! plan asks for is in force.

use super::faults::{Role, name, receipt, role, run};
use super::tracer::{Call, Traced, trace, trace_for};
use nix::errno::Errno;
use purple_tests::policy::Policy;
use purple_tests::stand_in::{filtered, stand_in};
use purple_tests::test_dir::TestDir;
use purplec::syscalls::{Arch, syscall_number};
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

scenarios! {
    no_call_that_is_faked_leaves_a_layer_out
    no_call_that_is_faked_leaves_a_filter_of_the_network_out
}

/// The answer 0: the number of no error.
const SUCCESS: Errno = Errno::UnknownErrno;

/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls without which a run is whole, whoever makes them, each with the reason. What is left out here is
/// refused each time.
const NEEDLESS: &[(&str, &str)] = &[
    (
        "capset",
        "a user's recorder has no capabilities: they are read back",
    ),
    ("close", "close_range closes what is left before execve"),
    (
        "chdir",
        "the payload enters the plan's working directory, and looks where it is",
    ),
    ("connect", "the host has a way to IPv6, or does without"),
    (
        "dup2",
        "standard output is /dev/null here: the helper's are looked at",
    ),
    ("faccessat2", READS),
    ("fchmod", "what the caller's report had as its mode stays"),
    (
        "fsconfig",
        "the value is what the kernel has by itself: it is read back",
    ),
    ("fstat", READS),
    ("fstatfs", READS),
    ("ftruncate", "the caller's file was empty"),
    ("futex", "the payload looks by itself"),
    ("getegid", READS),
    ("geteuid", READS),
    ("getgid", READS),
    ("getsockname", READS),
    ("getsockopt", READS),
    ("getuid", READS),
    ("kcmp", READS),
    ("kill", "the process ends by itself"),
    (
        "madvise",
        "the process waits with more memory than it needs",
    ),
    (
        "mount_setattr",
        "mounts that follow the host's are not shown: those inside are read back",
    ),
    ("munmap", "the same as madvise"),
    ("newfstatat", READS),
    ("open", "no standard descriptor is closed"),
    ("openat", READS),
    ("ppoll", "it is waited again"),
    ("pread64", READS),
    ("prlimit64", READS),
    ("read", READS),
    ("readlinkat", READS),
    ("rt_sigaction", "SIGCHLD has its default action here"),
    (
        "rt_sigprocmask",
        "the mask is set twice, to look at the first",
    ),
    ("rt_sigtimedwait", "it is waited again"),
    (
        "setdomainname",
        "the host has no domain name here: it is read back",
    ),
    ("setgroups", "root has no groups here: they are read back"),
    (
        "setresgid",
        "a user has these ids by the map: they are read back",
    ),
    (
        "setresuid",
        "a user has these ids by the map: they are read back",
    ),
    ("symlinkat", "a link for convenience is missing"),
    (
        "socket",
        "without a way to IPv6 outside there is none inside",
    ),
    ("tee", "it is tried again"),
    ("umask", "what is made here has its mode by itself"),
    ("wait4", "it is waited again"),
];

/// Of these, the process whose call it is: another's would leave something out.
const NEEDLESS_OF_ONE: [(&str, Role); 3] = [
    ("connect", Role::Supervisor),
    ("dup2", Role::Helper),
    ("socket", Role::Supervisor),
];

/// The same of calls that are asked for one of many things: the name, what is asked for, the reason.
const NEEDLESS_REQUESTS: &[(&str, u64, &str)] = &[
    ("fcntl", 3, "F_GETFL only looks"),
    ("fcntl", 4, "F_SETFL: it is polled before"),
    (
        "fcntl",
        1030,
        "F_DUPFD_CLOEXEC: the supervisor keeps what it has",
    ),
    ("fcntl", 1031, "F_SETPIPE_SZ: the pipe is smaller"),
    ("setsockopt", 7, "SO_SNDBUF: the rules are few"),
    ("setsockopt", 8, "SO_RCVBUF: fewer logged packets find room"),
    ("ioctl", 0x8913, "SIOCGIFFLAGS only looks"),
    ("ioctl", 0x541b, "FIONREAD only looks"),
    ("prctl", 1, "PR_SET_PDEATHSIG is set twice, and read back"),
    ("prctl", 2, "PR_GET_PDEATHSIG only looks"),
    ("prctl", 3, "PR_GET_DUMPABLE only looks"),
    ("prctl", 4, "PR_SET_DUMPABLE: it was so, and is read back"),
    ("prctl", 23, "PR_CAPBSET_READ only looks"),
    (
        "prctl",
        24,
        "PR_CAPBSET_DROP of a number that the kernel has not: the set is read back",
    ),
    ("prctl", 27, "PR_GET_SECUREBITS only looks"),
    ("prctl", 39, "PR_GET_NO_NEW_PRIVS only looks"),
    (
        "prctl",
        47,
        "PR_CAP_AMBIENT: nothing is inheritable, which is read back",
    ),
];

/// It looks at something: what it would have found is there, for nothing was done to it.
const READS: &str = "it only looks";

/// Calls without which the command may do less than the plan says.
const STRICTER: &[&str] = &["landlock_add_rule", "fstat"];

/// Calls that watch: without one, a run ends with an error, and was whole until then.
const WATCHES: &[(&str, Option<u64>)] = &[
    ("rt_sigtimedwait", None),
    ("clock_gettime", None),
    // SECCOMP_IOCTL_NOTIF_RECV: the recorder ends without it.
    ("ioctl", Some(0xc050_2100)),
];

/// What came of a call that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The command did not start.
    Refused,
    /// It ran with everything in force.
    Whole,
    /// It ran, and may do less than the plan says.
    Stricter,
    /// It ran with everything in force, and was ended.
    Ended,
    /// By chance, there was no such call in this run.
    DidNotCome,
    /// It ran with something else in force than without the fake, or an error was found later.
    Started,
    /// It did not end.
    Hung,
}

fn no_call_that_is_faked_leaves_a_layer_out(place: &TestDir) {
    place.dir("output/below");
    let policy = Policy::new(place)
        .shows(&place.text("host"), "/output/below")
        .filesystem("scratch_paths: [/scratch]")
        .section("network: {isolated: true}")
        .section(&format!(
            "audit: {{enabled: true, detail_level: [syscall], log_path: {:?}}}",
            place.text("log")
        ))
        .section("resources: {session_timeout_seconds: 60}");
    fake_each(place, &policy);
}

fn no_call_that_is_faked_leaves_a_filter_of_the_network_out(place: &TestDir) {
    let _helper = stand_in(place, "");
    fake_each(place, &filtered(place));
}

fn fake_each(place: &TestDir, policy: &Policy) {
    let plan = policy.compile(place);
    let (good, started) = run(place, &plan, &[], 0);
    let good = trace(&mut good.command(), None);
    assert_eq!((good.status, good.said.as_str()), (0, ""));
    assert!(started.exists(), "without a fake it runs");
    let whole = receipt(place, 0);
    let next = AtomicUsize::new(1);
    let work = || {
        let mut seen = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(call) = good.calls.get(number - 1) else {
                return seen;
            };
            let (verdict, traced) = fake(place, &plan, number, call, &whole);
            seen.push((role(&call.process, &good), call, verdict, traced));
        }
    };
    let found = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.map(|worker| worker.join().expect("no panic"))
    });
    judge(&found.concat());
}

/// Runs with a call that is answered and not made.
fn fake(
    place: &TestDir,
    plan: &Path,
    number: usize,
    call: &Call,
    whole: &Value,
) -> (Verdict, Traced) {
    let (run, started) = run(place, plan, &[], number);
    let traced = trace_for(&mut run.command(), Some((call, SUCCESS)), PATIENCE);
    let has_run = started.exists() || traced.payload.is_some();
    let in_force = || receipt(place, number);
    let verdict = match &traced {
        Traced { failed: false, .. } => Verdict::DidNotCome,
        Traced { hung: true, .. } => Verdict::Hung,
        _ if !has_run => Verdict::Refused,
        Traced { status: 0, .. } if in_force() == *whole => Verdict::Whole,
        Traced { status: 0 | 1, .. } if STRICTER.contains(&name(call)) => Verdict::Stricter,
        Traced { status: 125, .. }
            if WATCHES.contains(&(name(call), call.request)) && in_force() == *whole =>
        {
            Verdict::Ended
        }
        _ => Verdict::Started,
    };
    (verdict, traced)
}

fn judge(found: &[(Role, &Call, Verdict, Traced)]) {
    let count = |wanted| {
        found
            .iter()
            .filter(|(_, _, verdict, _)| *verdict == wanted)
            .count()
    };
    println!(
        "{} calls were faked: {} runs were refused, {} whole",
        found.len(),
        count(Verdict::Refused),
        count(Verdict::Whole)
    );
    let wrong: Vec<String> = found
        .iter()
        .filter(|(role, call, verdict, traced)| match verdict {
            Verdict::Refused => !(125..=127).contains(&traced.status),
            Verdict::Whole => !is_needless(*role, call) && !STRICTER.contains(&name(call)),
            Verdict::Stricter | Verdict::Ended | Verdict::DidNotCome => false,
            Verdict::Started | Verdict::Hung => true,
        })
        .map(|(role, call, verdict, traced)| {
            let (name, nth) = (name(call), call.nth);
            let request = call.request;
            format!(
                "{verdict:?}: {role:?} {name} {nth} {request:?}: {} {}",
                traced.status, traced.said
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Whether a run is whole without this call of this process.
fn is_needless(role: Role, call: &Call) -> bool {
    if let Some(request) = call.request {
        return NEEDLESS_REQUESTS
            .iter()
            .any(|(needless, one, _)| *needless == name(call) && *one == request);
    }
    let is_listed = NEEDLESS.iter().any(|(needless, _)| *needless == name(call));
    let is_of_another = NEEDLESS_OF_ONE
        .iter()
        .any(|(needless, one)| *needless == name(call) && *one != role);
    is_listed && !is_of_another
}

#[test]
fn bites_a_call_of_another_process() {
    let call = |name| Call {
        process: vec![],
        number: syscall_number(Arch::X86_64, name).expect("a call").into(),
        nth: 0,
        of_any_child: false,
        request: None,
    };
    for (needless, of) in NEEDLESS_OF_ONE {
        assert!(is_needless(of, &call(needless)), "{needless}");
        for other in [Role::Init, Role::Payload] {
            assert!(!is_needless(other, &call(needless)), "{other:?} {needless}");
        }
    }
    assert!(!is_needless(Role::Init, &call("sendmsg")));
}
