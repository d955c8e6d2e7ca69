//! The few devices that there are work, and no other can be made.

use super::inside::{PYTHON, facts};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { devices_work no_other_device shared_memory_works }

fn devices_work(place: &TestDir) {
    let found = facts(place, include_str!("../probes/devices.py"));
    let expected = json!({"zero": "000000", "null": "", "written": 5, "full": "ENOSPC", "random": 16,
        "pty": ["through\r\n", true, true]});
    assert_eq!(found, expected);
}

fn no_other_device(place: &TestDir) {
    let found = facts(place, include_str!("../probes/other_devices.py"));
    let dev = [
        "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero",
    ];
    assert_eq!(found["dev"], json!(dev));
    assert_eq!(found["pts"], json!(["ptmx"]));
    assert_eq!(
        (&found["null"], &found["disk"]),
        (&json!("EACCES"), &json!("EACCES"))
    );
    assert_eq!(found["chmod"], "EROFS");
    // The file is where something is mounted: that comes first.
    assert!(
        ["EBUSY", "EROFS"].contains(&found["unlink"].as_str().expect("a name")),
        "{found}"
    );
}

fn shared_memory_works(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let text = include_str!("../probes/use_shared_memory.py");
    assert_eq!(
        Run::new(place, &plan, &[PYTHON, "-c", text])
            .finish()
            .good(),
        "42 0\n"
    );
}
