//! Threat 28, with control groups: every call that makes the run's group made to fail, each one alone.
//! The command never starts, and no group is left.

use crate::groups::{Delegated, groups, join, limited};
use crate::tracer::{Call, Traced, WRAPPER, trace};
use nix::errno::Errno;
use nix::libc;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

scenarios! { no_call_for_the_group_may_fail }

/// There is no group of this name to remove; if there were one, none could be made.
const HARMLESS: i64 = libc::SYS_unlinkat;

/// The kernel has let the descriptor go, whatever it returns (close(2), NOTES).
const CANNOT_FAIL: i64 = libc::SYS_close;

fn is(call: &Call, number: i64) -> bool {
    u64::try_from(number) == Ok(call.number)
}

/// The command's own file, and what came of a run in which a call fails, as the place's owner may
/// run: a user in a group that is theirs.
fn traced(
    place: &TestDir,
    plan: &Path,
    number: usize,
    options: &[&str],
    fault: Option<(&Call, Errno)>,
) -> (PathBuf, Traced, Vec<PathBuf>) {
    let name = format!("started-{number}");
    let run = Run::new(place, plan, &["touch", &format!("/output/{name}")]).option(options);
    let group = Delegated::new(place);
    let line = format!("read -r go && {}", join(&group.0));
    let run = if place.who.is_root() {
        run.wrapped(&WRAPPER)
    } else {
        run.wrapped_by_root(&["sh", "-c", &line, "sh"])
    };
    let found = trace(&mut run.command(), fault);
    (place.at(&format!("output/{name}")), found, groups())
}

/// The calls of the supervisor up to the one that makes init.
fn setup(traced: &Traced) -> Vec<Call> {
    assert_eq!(
        (traced.status, traced.said.lines().count() <= 1),
        (0, true),
        "{}",
        traced.said
    );
    let payload = traced.payload.as_ref().expect("the command started");
    let init = payload.first().expect("init is its parent");
    let makes = [
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_fork,
        libc::SYS_vfork,
    ];
    let is_making = |call: &&Call| makes.iter().any(|number| is(call, *number));
    let own = || traced.calls.iter().filter(|call| call.process.is_empty());
    let last = own()
        .filter(is_making)
        .nth(*init)
        .expect("the call that makes init");
    let mut all: Vec<Call> = own().take_while(|call| *call != last).cloned().collect();
    all.push(last.clone());
    all
}

/// What the first list has, and the second has not, between what they begin and end with alike; with
/// the last of all, which makes init in the group.
fn between(with: &[Call], without: &[Call]) -> Vec<Call> {
    let same = |(one, other): &(&Call, &Call)| one.number == other.number;
    let start = with.iter().zip(without).take_while(same).count();
    let rest = with.len().min(without.len()) - start;
    let end = with
        .iter()
        .rev()
        .zip(without.iter().rev())
        .take(rest)
        .take_while(same)
        .count();
    let last = with.last().expect("one makes init");
    with[start..with.len() - end]
        .iter()
        .chain([last])
        .cloned()
        .collect()
}

fn no_call_for_the_group_may_fail(place: &TestDir) {
    let limits =
        "pids_limit: 20, memory_limit_bytes: 64M, cpu_limit: 1, block_io_limit_bytes_per_sec: 10M";
    let plan = limited(place, limits).compile(place);
    // Root's group for all sandboxes is made by the first of them, and stays.
    let (_, first, _) = traced(place, &plan, 0, &[], None);
    assert_eq!((first.status, first.said.as_str()), (0, ""));
    let (started, with, _) = traced(place, &plan, 0, &[], None);
    assert!(started.exists(), "without a fault it runs");
    let (_, without, _) = traced(place, &plan, 0, &["--unenforced", "cgroup"], None);
    let calls = between(&setup(&with), &setup(&without));
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for call in calls.iter().filter(|call| !is(call, CANNOT_FAIL)) {
        faults.push((call, Errno::EPERM));
        if seen.insert(call.number) {
            faults.push((call, Errno::ENOSYS));
        }
    }
    println!("{} faults in {} calls", faults.len(), calls.len());
    let mut wrong = Vec::new();
    for (number, fault) in (1..).zip(faults) {
        let (started, found, left) = traced(place, &plan, number, &[], Some(fault));
        let harmless = is(fault.0, HARMLESS);
        let status = if harmless { 0 } else { 125 };
        let as_wanted = found.failed
            && found.status == status
            && started.exists() == harmless
            && left.is_empty();
        if !as_wanted {
            let Traced { status, said, .. } = found;
            let started = started.exists();
            wrong.push(format!(
                "{fault:?}: {status}, started {started}, left {left:?}: {said}"
            ));
        }
        for group in left.iter().filter(|group| group.exists()) {
            if let Err(error) = std::fs::remove_dir(group) {
                wrong.push(format!("{}: {error}", group.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
