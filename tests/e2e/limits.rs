//! Limits by control group that cannot be set: the run is refused, with what helps, or the operator
//! lets them go. Where they can be, `tests/vm` shows that they hold.

use purple_tests::identity::skip;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;

scenarios! { a_wrong_group_is_refused a_host_without_controllers_is_refused let_go_by_name }

const LIMITS: [(&str, &str, &str); 5] = [
    ("memory", "memory_limit_bytes: 1G", "memory_limit_bytes"),
    ("pids", "pids_limit: 10", "pids_limit"),
    ("cpu", "cpu_shares: 0.5", "cpu_shares"),
    ("cpu", "cpu_limit: 0.5", "cpu_limit"),
    ("io", "block_io_limit_bytes_per_sec: 10M", "block_io"),
];

const ADVICE: &str =
    "name a group that may be divided by --cgroup, or run without limits by --unenforced cgroup";

/// The lines that a refusal ends with.
fn advice(place: &TestDir, line: usize) -> String {
    let start = "put `systemd-run --user --scope -p Delegate=yes` before the command, or ";
    let start = if place.who.is_root() { "" } else { start };
    format!("purple-exec: cgroup: the plan's limits need it; {start}{ADVICE} (policy line {line})")
}

fn policy(place: &TestDir, limit: &str) -> Policy {
    Policy::new(place).section(&format!("resources:\n  {limit}"))
}

fn a_wrong_group_is_refused(place: &TestDir) {
    for (_, limit, key) in LIMITS {
        let policy = policy(place, limit);
        let plan = policy.compile(place);
        let advice = advice(place, policy.line_of(key));
        for (group, why) in [
            ("/tmp", " is not a group of a cgroup2 file system"),
            ("/not-there", ": ENOENT"),
            ("/etc/passwd", ": ENOTDIR"),
        ] {
            let run = Run::new(place, &plan, &["touch", "/output/started"]);
            let done = run.option(&["--cgroup", group]).finish();
            done.refused(125, &format!("cgroup: {group}{why}\n{advice}"));
        }
    }
    assert!(!place.at("output/started").exists());
}

/// The mounted cgroup2 file system and its controllers; `None` where there is none.
fn unified() -> Option<(String, String)> {
    let mounts = fs::read_to_string("/proc/self/mounts").expect("the mounts");
    let mount = mounts
        .lines()
        .find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
    let path = mount.split(' ').nth(1)?.to_owned();
    let controllers = fs::read_to_string(format!("{path}/cgroup.controllers")).ok()?;
    Some((path, controllers))
}

fn a_host_without_controllers_is_refused(place: &TestDir) {
    let found = unified();
    let (path, controllers) = found.clone().unwrap_or_default();
    let has = |name: &str| controllers.split_whitespace().any(|one| one == name);
    if LIMITS.iter().any(|(controller, ..)| has(controller)) {
        return skip(
            "limits-a-host-without-controllers",
            "this host has control groups",
        );
    }
    for (controller, limit, key) in LIMITS {
        let policy = policy(place, limit);
        let plan = policy.compile(place);
        let why = match (&found, place.who.is_root()) {
            (None, _) => "no cgroup2 file system is mounted: ENOENT".to_owned(),
            (_, true) => format!("{path} has no controller {controller}: ENOENT"),
            (_, false) => format!("{path}/ is not delegated to you: EACCES"),
        };
        let done = Run::new(place, &plan, &["touch", "/output/started"]).finish();
        done.refused(
            125,
            &format!("cgroup: {why}\n{}", advice(place, policy.line_of(key))),
        );
    }
    // `purple run` knows that no other group would do, and makes nothing.
    install(place);
    let policy = Policy::new(place)
        .writes("./made", "/made")
        .section("resources:\n  pids_limit: 10");
    policy.write(place);
    let words = [
        "run",
        "--policy",
        "policy.yaml",
        "--",
        "touch",
        "/output/started",
    ];
    let done = finished(purple(place, &words));
    let line = policy.line_of("pids_limit");
    let said = format!(
        "purple: the plan has limits (policy line {line}), and the control groups of version 2 on this host have no controllers for them: \
         run without limits by `--unenforced cgroup`, or boot with systemd.unified_cgroup_hierarchy=1\n"
    );
    assert_eq!((done.code(), done.stderr.as_str()), (125, said.as_str()));
    assert!(!place.at("output/started").exists() && !place.at("made").exists());
}

fn let_go_by_name(place: &TestDir) {
    for (_, limit, key) in LIMITS {
        let policy = policy(place, limit);
        let done = Run::new(
            place,
            &policy.compile(place),
            &["sh", "-c", "echo program >&2"],
        )
        .option(&["--unenforced", "cgroup"])
        .report()
        .finish();
        let line = policy.line_of(key);
        let said = format!(
            "purple-exec: cgroup: not enforced, as --unenforced asked (policy line {line})\nprogram\n"
        );
        assert_eq!(done.stderr, said);
        let report = done.report.as_ref().expect("a report");
        assert_eq!(report["unenforced"], json!(["cgroup"]));
        assert_eq!(
            (&report["cgroup"], &report["receipt"]["cgroup"]),
            (&json!(null), &json!([]))
        );
    }
}
