//! What a process takes on itself: seccomp, Landlock, `no_new_privs`, a keyring.

use super::report::{Check, CheckResult, Need, Subject};
use purple_host::Errno;
use purple_host::probe::Steps;
use purple_host::probe::restrictions::{
    self as probe, ANSWER, DENIED_CALL, DENIED_DIRECTORY, LOAD_FILTER, NEW_KEYRING, NO_NEW_PRIVS,
    RESTRICT_SELF,
};

const NO_NEW_PRIVILEGES: Subject = Subject {
    id: "no-new-privs",
    layer: "privileges",
    why: "set-user-id programs inside could give privileges",
};
const SECCOMP: Subject = Subject {
    id: "seccomp",
    layer: "system calls",
    why: "no system call can be denied",
};
const NOTIFICATION: Subject = Subject {
    id: "seccomp-notification",
    layer: "audit",
    why: "filters cannot notify of denied calls, so none is recorded",
};
const LANDLOCK: Subject = Subject {
    id: "landlock",
    layer: "files",
    why: "Landlock: a second restriction of files, TCP ports and signals",
};
const KEYRING: Subject = Subject {
    id: "keyring",
    layer: "privileges",
    why: "the program would have the caller's keys",
};

/// What makes a plan need a filter that notifies; `purplec check --target` finds the same.
const NEEDS_NOTIFICATION: &str =
    "rules with `notify`, `on_deny: notify` and the audit detail `syscall`";

/// The oldest version of Landlock that plans can use.
const MIN_LANDLOCK: u32 = 2;

/// What restrictions there are, for a target.
#[derive(Debug)]
pub(super) struct Restrictions {
    /// The version of Landlock; 0 for none.
    pub(super) landlock: u32,
    /// Whether a filter can notify a supervisor.
    pub(super) notification: bool,
}

/// Tries all of them.
pub(super) fn check(checks: &mut Vec<Check>) -> Restrictions {
    check_filter(checks);
    let notification = notification();
    let notifies = notification.is_ok();
    checks.push(Check {
        subject: NOTIFICATION,
        need: Need::OnlyWith(NEEDS_NOTIFICATION),
        result: notification,
    });
    let (landlock, version) = landlock();
    checks.push(Check::required(LANDLOCK, landlock));
    checks.push(Check::required(KEYRING, keyring()));
    Restrictions {
        landlock: version,
        notification: notifies,
    }
}

fn check_filter(checks: &mut Vec<Check>) {
    let steps = probe::filter();
    let privileges = CheckResult::of_step(steps.result(NO_NEW_PRIVS), || {
        "a kernel from Linux 5.19 on".to_owned()
    });
    checks.push(Check::required(NO_NEW_PRIVILEGES, privileges));
    let filtered = steps
        .result(LOAD_FILTER)
        .and_then(|()| steps.result(DENIED_CALL));
    let filtered = CheckResult::of_step(filtered, || {
        "a kernel with CONFIG_SECCOMP_FILTER, and no filter over this shell that denies seccomp(2)"
            .to_owned()
    });
    checks.push(Check::required(SECCOMP, filtered));
}

fn notification() -> CheckResult {
    let steps = probe::notification();
    CheckResult::of_step(steps.result(ANSWER), || {
        match steps.errno(ANSWER) {
            Some(Errno::EBUSY) => "start it where no filter with a supervisor is in force: another container runtime, or the host",
            _ => "a kernel from Linux 5.0 on with CONFIG_SECCOMP_FILTER",
        }
        .to_owned()
    })
}

fn keyring() -> CheckResult {
    let steps = probe::keyring();
    // A kernel without keyrings has none to inherit: purple-exec goes on.
    if steps.errno(NEW_KEYRING) == Some(Errno::ENOSYS) {
        return CheckResult::Ok("the kernel has no keys".to_owned());
    }
    CheckResult::of_step(steps.result(NEW_KEYRING), || {
        "sysctl -w kernel.keys.maxkeys=2000, or a seccomp profile of the container that allows keyctl(2)".to_owned()
    })
}

/// What came of Landlock, and its version where plans can use it.
fn landlock() -> (CheckResult, u32) {
    let steps: Steps = probe::landlock();
    let version = probe::landlock_version();
    let works = steps
        .result(RESTRICT_SELF)
        .and_then(|()| steps.result(DENIED_DIRECTORY));
    let known = version.unwrap_or(0);
    let fix = || {
        match version {
            Err(Errno::EOPNOTSUPP) => "add `landlock` to `lsm=` on the kernel's command line: lsm=landlock,... with what /sys/kernel/security/lsm lists",
            _ => "a kernel from Linux 5.19 on with CONFIG_SECURITY_LANDLOCK, and no filter over this shell that hides it",
        }
        .to_owned()
    };
    if works.is_err() {
        let result = CheckResult::of_step(works, fix);
        let usable = !matches!(result, CheckResult::Missing { .. });
        return (result, if usable { known } else { 0 });
    }
    if known < MIN_LANDLOCK {
        let found = format!("version {known}, and plans need {MIN_LANDLOCK}");
        return (CheckResult::Missing { found, fix: fix() }, 0);
    }
    (landlock_of_version(known), known)
}

/// What a usable version of Landlock lacks.
fn landlock_of_version(version: u32) -> CheckResult {
    let lacks = [
        (4, "no TCP ports", "6.7"),
        (6, "no scopes for signals and abstract sockets", "6.12"),
    ];
    let lacks: Vec<_> = lacks
        .into_iter()
        .filter(|(since, ..)| version < *since)
        .collect();
    let words: Vec<_> = lacks.iter().map(|(_, what, _)| *what).collect();
    match lacks.last() {
        None => CheckResult::Ok(format!("version {version}")),
        Some((.., linux)) => CheckResult::Degraded {
            found: format!("version {version}: {}", words.join(", ")),
            fix: format!("Linux {linux} or newer"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckResult, landlock_of_version};

    #[test]
    fn an_older_landlock_says_what_it_lacks_and_since_when_it_does_not() {
        let degraded = |found: &str| CheckResult::Degraded {
            found: found.to_owned(),
            fix: "Linux 6.12 or newer".to_owned(),
        };
        let both = "version 3: no TCP ports, no scopes for signals and abstract sockets";
        assert_eq!(landlock_of_version(3), degraded(both));
        let one = "version 5: no scopes for signals and abstract sockets";
        assert_eq!(landlock_of_version(5), degraded(one));
        let whole = CheckResult::Ok("version 6".to_owned());
        assert_eq!(landlock_of_version(6), whole);
    }
}
