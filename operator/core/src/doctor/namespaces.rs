//! Namespaces, and ids mapped in them.

use super::report::{Check, CheckResult, Subject};
use super::userns;
use purple_host::probe::StepError;
use purple_host::probe::namespaces::{self as probe, ID_MAPS, UNSHARE};
use purple_host::{errno, users};
use purplec::lower::{INSIDE, OUTSIDE_FOR_ROOT};
use purplec::target::Namespace;
use std::collections::BTreeSet;

const USER_NAMESPACES: Subject = Subject {
    id: "user-namespaces",
    layer: "namespaces",
    why: "nothing can be confined without privileges, and root's program would be root outside",
};
const NAMESPACES: Subject = Subject {
    id: "namespaces",
    layer: "namespaces",
    why: "the program would see the host's processes, mounts or network",
};

/// Makes each kind; gives those that work.
pub(super) fn check(checks: &mut Vec<Check>) -> BTreeSet<Namespace> {
    let user = user_namespaces();
    let user_works = user.is_ok();
    checks.push(Check::required(USER_NAMESPACES, user));

    let mut working = BTreeSet::new();
    let mut failed = Vec::new();
    for kind in Namespace::ALL {
        match probe::make(host_kind(kind)).result(UNSHARE) {
            Ok(()) => {
                working.insert(kind);
            }
            Err(error) => failed.push((kind, error)),
        }
    }
    checks.push(Check::required(
        NAMESPACES,
        kinds(&working, &failed, user_works),
    ));
    working
}

/// A user namespace with this user's ids; for root also with ids of no user.
fn user_namespaces() -> CheckResult {
    let steps = probe::user(INSIDE);
    let result = steps.result(UNSHARE).and_then(|()| steps.result(ID_MAPS));
    if result.is_err() || !users::is_root() {
        return CheckResult::of_step(result, userns::fix);
    }
    if !users::maps_id(OUTSIDE_FOR_ROOT) {
        return CheckResult::Missing {
            found: format!("root of a user namespace in which id {OUTSIDE_FOR_ROOT} is not mapped"),
            fix: "start it as an ordinary user, in the container or outside of it".to_owned(),
        };
    }
    match probe::map_foreign_id(OUTSIDE_FOR_ROOT, INSIDE) {
        Ok(_namespace) => CheckResult::ok(),
        Err(error) => CheckResult::Missing {
            found: format!("mapping uid {OUTSIDE_FOR_ROOT}: {}", errno::words(error)),
            fix: userns::fix(),
        },
    }
}

fn kinds(
    working: &BTreeSet<Namespace>,
    failed: &[(Namespace, StepError)],
    user_works: bool,
) -> CheckResult {
    let found = match failed.first() {
        None => {
            let names: Vec<_> = working.iter().map(|kind| kind.name()).collect();
            return CheckResult::Ok(names.join(", "));
        }
        Some((_, error)) if working.is_empty() => format!("none: {error}"),
        Some((_, error)) => {
            let missing: Vec<_> = failed.iter().map(|(kind, _)| kind.name()).collect();
            format!("not {}: {error}", missing.join(", "))
        }
    };
    let fix = if user_works {
        "a kernel with CONFIG_NAMESPACES and all below it, and `user.max_*_namespaces` above 0"
            .to_owned()
    } else {
        userns::fix()
    };
    CheckResult::Missing { found, fix }
}

const fn host_kind(kind: Namespace) -> probe::Namespace {
    match kind {
        Namespace::Cgroup => probe::Namespace::Cgroup,
        Namespace::Ipc => probe::Namespace::Ipc,
        Namespace::Mount => probe::Namespace::Mount,
        Namespace::Network => probe::Namespace::Network,
        Namespace::Pid => probe::Namespace::Pid,
        Namespace::User => probe::Namespace::User,
        Namespace::Uts => probe::Namespace::Uts,
    }
}
