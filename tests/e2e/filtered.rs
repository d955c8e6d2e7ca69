//! A filtered network, as far as the executor sets it up: the rules, the sockets, and the helper, in whose place stands a
//! program that does as the test says.

use super::inside::python;
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::stand_in::{filtered, hexadecimal_digest, stand_in, tell};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

scenarios! {
    rules_are_in_force_and_read_back
    the_helper_has_the_plan_and_the_sockets_and_nothing_else
    a_helper_that_cannot_be_trusted_is_not_started
    a_helper_that_is_not_ready_refuses_the_run
    a_helper_that_is_silent_refuses_the_run
    a_helper_that_ends_later_leaves_no_network
    what_a_helper_counts_is_bounded_and_waited_for_no_longer
    rules_that_are_changed_from_outside_are_noticed
    nothing_inside_changes_the_network
    the_hosts_network_is_left_as_it_is
}

fn run(place: &TestDir, plan: &Path) -> Finished {
    Run::new(place, plan, &["touch", "/output/started"])
        .report()
        .finish()
}

fn rules_are_in_force_and_read_back(place: &TestDir) {
    let _helper = stand_in(place, "");
    let done = run(place, &filtered(place).compile(place));
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""));
    let report = done.report.expect("a report");
    let network = &report["receipt"]["network"];
    assert!(network["rules_read_back"].as_u64() > Some(20), "{report}");
    let routes = if network["ipv6"] == true { 5 } else { 3 };
    assert_eq!(network["routes_read_back"], routes, "{report}");
    assert_eq!(network["helper_version"], env!("CARGO_PKG_VERSION"));
    let expected = format!("sha256:{}", hexadecimal_digest(b"stand-in"));
    assert_eq!(network["helper_digest"], expected.as_str());
    assert_eq!(report["network"]["helper_whole"], true);
    let generation = &report["network"]["rules_generation"];
    assert!(generation.is_number());
    assert_eq!(
        generation, &network["rules_generation"],
        "nothing has changed"
    );
}

fn the_helper_has_the_plan_and_the_sockets_and_nothing_else(place: &TestDir) {
    let _helper = stand_in(place, "");
    let plan = filtered(place).compile(place);
    let wrapper = ["sh", "-c", "exec 7</etc/passwd \"$@\"", "sh"];
    let run = Run::new(place, &plan, &["true"]).wrapped(&wrapper).report();
    let report = run.finish().report.expect("a report");
    // Each socket does not wait, and is close-on-exec: O_RDWR, O_NONBLOCK, O_CLOEXEC.
    let flags = ["02004002"; 8].join(" ");
    let expected = format!(
        "open 2, plan {}, sockets 8, flags {flags}, streams true\n",
        hexadecimal_digest(&fs::read(&plan).expect("the plan"))
    );
    assert_eq!(report["network"]["counted"], expected.as_str());
}

/// The command has not started, and this is why.
#[track_caller]
fn refused(place: &TestDir, plan: &Path, message: &str) {
    let done = run(place, plan);
    let path = place.text("purple-net");
    done.refused(125, &message.replace("HELPER", &path));
    assert!(!place.at("output/started").exists());
    let report = done.report.expect("a report");
    assert_eq!(report["receipt"], Value::Null);
}

fn a_helper_that_cannot_be_trusted_is_not_started(place: &TestDir) {
    let plan = filtered(place).compile(place);
    refused(
        place,
        &plan,
        "network: HELPER: the plan's network needs this program beside purple-exec: ENOENT",
    );
    let helper = stand_in(place, "");
    for mode in [0o775, 0o757] {
        fs::set_permissions(&helper, Permissions::from_mode(mode)).expect("its own");
        let advice = "can be written to by others: take that away with chmod go-w";
        refused(place, &plan, &format!("network: HELPER {advice}"));
    }
    fs::set_permissions(&helper, Permissions::from_mode(0o644)).expect("its own");
    refused(
        place,
        &plan,
        "network: purple-net: it cannot be executed: EACCES",
    );
    if place.who.is_root() {
        fs::set_permissions(&helper, Permissions::from_mode(0o755)).expect("its own");
        std::os::unix::fs::chown(&helper, Some(65_534), None).expect("root gives files away");
        let advice = "is neither root's nor yours: make it root's with chown, or install it again";
        refused(place, &plan, &format!("network: HELPER {advice}"));
    }
    fs::remove_file(&helper).expect("its own");
    std::os::unix::fs::symlink("/bin/true", &helper).expect("a link");
    refused(place, &plan, "network: HELPER is not a regular file");
}

fn a_helper_that_is_not_ready_refuses_the_run(place: &TestDir) {
    let plan = filtered(place).compile(place);
    let _helper = stand_in(place, "");
    let version = env!("CARGO_PKG_VERSION");
    let other = format!(
        "network: purple-net is of version 0.0.0, and this purple-exec is of version {version}: install both from one release"
    );
    for (does, message) in [
        ("ends", "network: purple-net has ended before it was ready"),
        (
            "another program",
            "network: what stands beside purple-exec as purple-net is another program",
        ),
        ("another version", &other),
        ("fails", "network: purple-net: the reason\\u{1b}[31m"),
        (
            "answers strangely",
            "network: purple-net answers what is no answer",
        ),
    ] {
        tell(place, does);
        refused(place, &plan, message);
    }
}

fn a_helper_that_is_silent_refuses_the_run(place: &TestDir) {
    let plan = filtered(place).compile(place);
    let _helper = stand_in(place, "is silent");
    refused(place, &plan, "network: purple-net is not ready after 10 s");
}

fn a_helper_that_ends_later_leaves_no_network(place: &TestDir) {
    let _helper = stand_in(place, "ends later");
    let text = include_str!("../probes/connect_through_the_filter.py");
    let run = python(place, &filtered(place).compile(place), text).report();
    let done = run.finish();
    let said = "purple-exec: network: purple-net has ended before the command; it had no network any more\n";
    assert_eq!((done.code(), done.stderr.as_str()), (0, said));
    // A port that an entry opens is refused at once too: no helper listens.
    let found: Value = serde_json::from_str(&done.out()).expect("facts");
    assert_eq!(
        found,
        json!({"own": "ok", "opened": "ECONNREFUSED", "closed": "ECONNREFUSED", "blocked": "ECONNREFUSED"})
    );
    let report = done.report.expect("a report");
    assert_eq!(report["network"]["helper_whole"], false);
    assert_eq!(report["network"]["counted"], Value::Null);
    assert_eq!(
        report["network"]["rules_generation"],
        report["receipt"]["network"]["rules_generation"]
    );
}

fn what_a_helper_counts_is_bounded_and_waited_for_no_longer(place: &TestDir) {
    let plan = filtered(place).compile(place);
    let _helper = stand_in(place, "");
    for does in ["is mute", "passes a pipe"] {
        tell(place, does);
        let done = run(place, &plan);
        let said = "purple-exec: network: purple-net has not said what it carried and refused\n";
        assert_eq!((done.code(), done.stderr.as_str()), (0, said), "{does}");
        let report = done.report.expect("a report");
        assert_eq!(report["network"]["counted"], Value::Null, "{does}");
        assert_eq!(report["network"]["helper_whole"], true, "{does}");
    }
    tell(place, "counts without end");
    let report = run(place, &plan).report.expect("a report");
    let counted = report["network"]["counted"].as_str().expect("a text");
    assert_eq!(counted.len(), 1 << 20);
}

fn rules_that_are_changed_from_outside_are_noticed(place: &TestDir) {
    let _helper = stand_in(place, "changes the rules");
    // It does so when it has said that it is ready.
    let done = Run::new(place, &filtered(place).compile(place), &["sleep", "1"])
        .report()
        .finish();
    let said = "purple-exec: network: the rules have changed while the command ran\n";
    assert_eq!((done.code(), done.stderr.as_str()), (0, said));
    let report = done.report.expect("a report");
    let number = |value: &Value| value.as_u64().expect("a number");
    assert_eq!(
        number(&report["network"]["rules_generation"]),
        number(&report["receipt"]["network"]["rules_generation"]) + 1
    );
}

fn nothing_inside_changes_the_network(place: &TestDir) {
    let _helper = stand_in(place, "");
    let text = include_str!("../probes/change_the_network.py");
    let policy = filtered(place);
    let found = python(place, &policy.compile(place), text).finish().facts();
    for (way, error) in found.as_object().expect("facts") {
        let error = error.as_str().expect("a name");
        assert!(
            ["EPERM", "EADDRINUSE", "EROFS"].contains(&error),
            "{way}: {error}"
        );
    }
    assert_eq!(
        found.as_object().map(serde_json::Map::len),
        Some(11),
        "{found}"
    );
}

fn the_hosts_network_is_left_as_it_is(place: &TestDir) {
    let policy = Policy::new(place).section("network:\n  mode: host\n  reason: a test");
    let run = Run::new(
        place,
        &policy.compile(place),
        &["readlink", "/proc/self/ns/net"],
    )
    .report();
    let done = run.finish();
    let host = fs::read_link("/proc/self/ns/net").expect("a link");
    assert_eq!(done.good().trim_end(), host.to_str().expect("text"));
    let report = done.report.expect("a report");
    assert_eq!(report["network"], Value::Null);
    assert_eq!(report["receipt"]["network"], Value::Null);
}
