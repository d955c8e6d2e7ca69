//! What a process takes on itself: seccomp, Landlock, `no_new_privs`, a keyring.

use super::child::ask;
use super::report::{Check, State};
use nix::errno::Errno;
use nix::sys::prctl::{get_no_new_privs, set_no_new_privs};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::ForkResult;
use purple_host::sys::{self, Verdict};
use std::fs::File;

const PRIVILEGES: (&str, &str, &str) = (
    "no-new-privs",
    "privileges",
    "set-user-id programs inside could give privileges",
);
const SECCOMP: (&str, &str, &str) = ("seccomp", "system calls", "no system call can be denied");
const TELLS: (&str, &str, &str) = (
    "seccomp-notification",
    "audit",
    "nobody is told of denied calls, so that none can be recorded",
);

/// What makes a plan need a filter that tells; `purplec check --target` finds the same.
const TELLING: &str = "rules with `notify`, `on_deny: notify` and the audit detail `syscall`";

const LANDLOCK: (&str, &str, &str) = (
    "landlock",
    "files",
    "the second wall around files, and TCP ports",
);
const KEYRING: (&str, &str, &str) = (
    "keyring",
    "privileges",
    "the program would have the caller's keys",
);

/// What walls there are.
#[derive(Debug)]
pub(super) struct Walls {
    /// The version of Landlock; 0 for none.
    pub(super) landlock: u32,
    /// Whether a filter can tell a supervisor.
    pub(super) notification: bool,
}

/// Tries all of them.
pub(super) fn try_all(checks: &mut Vec<Check>) -> Walls {
    let tried = ask(|notes| {
        let set = set_no_new_privs().and_then(|()| match get_no_new_privs() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Errno::EIO),
            Err(errno) => Err(errno),
        });
        if !notes.say("no_new_privs", &set) {
            return;
        }
        if notes.say("loading a filter", &sys::filter(Verdict::Fails)) {
            notes.say("a denied call", &denied());
        }
    });
    let none = || String::new();
    let old = || "a kernel from Linux 5.19 on".to_owned();
    checks.push(Check::new(
        PRIVILEGES,
        tried.of("no_new_privs").map(|()| none()),
        old,
    ));
    let filter = tried
        .of("loading a filter")
        .and_then(|()| tried.of("a denied call"));
    let config = || {
        "a kernel with CONFIG_SECCOMP_FILTER, and no filter over this shell that denies seccomp(2)"
            .to_owned()
    };
    checks.push(Check::new(SECCOMP, filter.map(|()| none()), config));

    let told = ask(|notes| {
        let result = told();
        notes.say("a supervisor's answer", &result);
    });
    let found = told.of("a supervisor's answer");
    let notification = found.is_ok();
    let fix = || {
        match told.errno("a supervisor's answer") {
        Some(Errno::EBUSY) => "start it where no filter with a supervisor is in force: another container runtime, or the host".to_owned(),
        _ => "a kernel from Linux 5.0 on with CONFIG_SECCOMP_FILTER".to_owned(),
    }
    };
    checks.push(Check::new(TELLS, found.map(|()| none()), fix).required_by(TELLING));
    let landlock = landlock(checks);

    let joined = ask(|notes| {
        notes.say("a new session keyring", &sys::new_keyring());
    });
    // A kernel without keyrings has none to inherit: purple-exec goes on.
    let found = match joined.errno("a new session keyring") {
        Some(Errno::ENOSYS) => Ok("the kernel has no keys".to_owned()),
        _ => joined.of("a new session keyring").map(|()| none()),
    };
    let quota = || {
        "sysctl -w kernel.keys.maxkeys=2000, or a seccomp profile of the container that lets keyctl(2) through".to_owned()
    };
    checks.push(Check::new(KEYRING, found, quota));
    Walls {
        landlock,
        notification,
    }
}

fn denied() -> Result<(), Errno> {
    match sys::denied_call() {
        Err(Errno::EDOM) => Ok(()),
        Err(errno) => Err(errno),
        Ok(()) => Err(Errno::EIO),
    }
}

/// A child makes a call, this process is told and answers, and the child gets the answer.
fn told() -> Result<(), Errno> {
    set_no_new_privs()?;
    let listener = sys::filter(Verdict::Tells)?.ok_or(Errno::EBADF)?;
    match sys::fork()? {
        ForkResult::Child => std::process::exit(i32::from(denied().is_err())),
        ForkResult::Parent { child } => {
            sys::answer(&listener)?;
            match waitpid(child, None)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                _ => Err(Errno::EIO),
            }
        }
    }
}

fn landlock(checks: &mut Vec<Check>) -> u32 {
    let tried = ask(|notes| {
        let before = File::open("/");
        let restricted = set_no_new_privs().and_then(|()| sys::landlock_no_listing());
        if notes.say("restricting this process", &restricted) {
            let denied = match (before, File::open("/")) {
                (Ok(_), Err(error)) if error.raw_os_error() == Some(Errno::EACCES as i32) => Ok(()),
                _ => Err(Errno::EIO),
            };
            notes.say("a denied directory", &denied);
        }
    });
    let version = sys::landlock_version();
    let works = tried
        .of("restricting this process")
        .and_then(|()| tried.of("a denied directory"));
    let off = || {
        match version {
        Err(Errno::EOPNOTSUPP) => "add `landlock` to `lsm=` on the kernel's command line: lsm=landlock,... with what /sys/kernel/security/lsm lists".to_owned(),
        _ => "a kernel from Linux 5.19 on with CONFIG_SECURITY_LANDLOCK, and no filter over this shell that hides it".to_owned(),
    }
    };
    let known = version.unwrap_or(0);
    let check = match works {
        Err(why) => Check::new(LANDLOCK, Err(why), off),
        Ok(()) if known < 2 => Check::new(
            LANDLOCK,
            Err(format!("version {known}, and plans need 2")),
            off,
        ),
        Ok(()) => {
            let check = Check::new(LANDLOCK, Ok(String::new()), String::new);
            let lacks = [
                (4, "no TCP ports", "6.7"),
                (6, "no scopes for signals and abstract sockets", "6.12"),
            ];
            let lacks: Vec<_> = lacks.iter().filter(|(abi, ..)| known < *abi).collect();
            let words: Vec<_> = lacks.iter().map(|(_, what, _)| *what).collect();
            match lacks.last() {
                None => check.found(format!("version {known}")),
                Some((.., linux)) => check
                    .found(format!("version {known}: {}", words.join(", ")))
                    .is(State::Degraded, format!("Linux {linux} or newer")),
            }
        }
    };
    let usable = check.state != State::Missing;
    checks.push(check);
    if usable { known } else { 0 }
}
