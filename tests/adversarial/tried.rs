//! The calls that `purple doctor` tries are those of real runs.

use super::faults::{name, run};
use super::tracer::trace;
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use std::collections::BTreeSet;

scenarios! { the_doctor_knows_every_call_of_a_run }

/// A line a call, with how it is tried.
const TABLE: &str = include_str!("../../operator/core/data/calls.tsv");

/// Calls of the table that these runs do not make, each with who does.
const ELSEWHERE: [(&str, &str); 6] = [
    ("memfd_create", "purple run, for the plan"),
    ("setgroups", "root's runs"),
    ("unlinkat", "runs with stubs"),
    ("exit_group", "what fails, and init at the end"),
    ("wait4", "root's runs, and init"),
    ("futex", "a process that has to wait"),
];

fn the_doctor_knows_every_call_of_a_run(place: &TestDir) {
    let policy = Policy::new(place)
        .shows(&place.text("host"), "/host")
        .keeps(&place.text("output"), "/tree", &["a/b", "c/", "d"])
        .filesystem("scratch_paths: [/scratch]")
        .section("network: {isolated: true}")
        .section("resources: {session_timeout_seconds: 60}");
    let plan = policy.compile(place);
    let (good, started) = run(place, &plan, &[], 0);
    let good = trace(&mut good.command(), None);
    assert!(started.exists(), "{}", good.said);
    let made: BTreeSet<&str> = good.calls.iter().map(name).collect();
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let listed: BTreeSet<&str> = rows
        .filter_map(|line| Some(line.split_once('\t')?.0))
        .collect();
    let unknown: Vec<_> = made.difference(&listed).collect();
    assert!(unknown.is_empty(), "add to calls.tsv: {unknown:?}");
    let elsewhere = |call: &&&str| ELSEWHERE.iter().all(|(name, _)| **call != *name);
    let unmade: Vec<_> = listed.difference(&made).filter(elsewhere).collect();
    assert!(unmade.is_empty(), "no run makes these: {unmade:?}");
}
