//! A sandbox starts, and what it is made of is in force.

use purple_tests::inside::facts;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { the_receipt_is_whole the_output_belongs_to_its_owner calls_are_denied }

fn the_receipt_is_whole(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let done = Run::new(place, &plan, &["true"]).report().finish();
    assert_eq!(done.good(), "");
    let report = done.report.expect("a report");
    assert_eq!(report["outcome"], "exited", "{report}");
    assert_eq!(report["status"], "completed", "{report}");
    let kinds = json!(["user", "pid", "mount", "network", "ipc", "uts", "cgroup"]);
    assert_eq!(report["receipt"]["namespaces"], kinds, "{report}");
    assert_eq!(report["receipt"]["seccomp"]["probe"], "EPERM", "{report}");
}

fn the_output_belongs_to_its_owner(place: &TestDir) {
    use std::os::unix::fs::MetadataExt;
    let plan = Policy::new(place).compile(place);
    assert_eq!(
        Run::new(place, &plan, &["sh", "-c", "echo text > file"])
            .finish()
            .good(),
        ""
    );
    let status = place.at("output/file").metadata().expect("the file");
    assert_eq!((status.uid(), status.gid()), (place.who.uid, place.who.gid));
    assert_eq!(place.read("output/file"), "text\n");
}

fn calls_are_denied(place: &TestDir) {
    let found = facts(
        place,
        "show(mount=syscall(SYS_mount, 0, 0, 0, 0, 0), keys=syscall(SYS_keyctl, 0, 0))",
    );
    assert_eq!(found, json!({"mount": "EPERM", "keys": "EPERM"}));
}
