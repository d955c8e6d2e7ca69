//! Exit statuses: the command's own, a signal's, the timeout's.

use purple_tests::host::survivors;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use std::time::{Duration, Instant};

scenarios! {
    own_exit_status
    ended_by_a_signal
    timeout_that_is_obeyed
    timeout_that_is_not_obeyed
    nothing_outlives_the_command
    orphans_are_reaped
}

fn own_exit_status(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    for code in [0, 1, 3, 124, 125, 255] {
        let script = format!("exit {code}");
        let done = Run::new(place, &plan, &["sh", "-c", &script])
            .report()
            .finish();
        assert_eq!((done.code(), done.stderr.as_str()), (code, ""));
        let report = done.report.expect("a report");
        assert_eq!(
            (&report["outcome"], &report["exit_code"]),
            (&"exited".into(), &code.into())
        );
        let status = if code == 0 { "completed" } else { "failed" };
        assert_eq!(report["status"], status);
    }
}

fn ended_by_a_signal(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    for (name, number) in [
        ("KILL", 9),
        ("TERM", 15),
        ("SEGV", 11),
        ("HUP", 1),
        ("RTMAX", 64),
    ] {
        let script = format!("kill -{name} $$");
        let done = Run::new(place, &plan, &["sh", "-c", &script])
            .report()
            .finish();
        assert_eq!(
            (done.code(), done.stderr.as_str()),
            (128 + number, ""),
            "{name}"
        );
        let report = done.report.expect("a report");
        assert_eq!(
            (&report["outcome"], &report["signal"]),
            (&"signaled".into(), &number.into())
        );
        assert_eq!(report["status"], "failed");
    }
}

fn timed(place: &TestDir, script: &str, range: std::ops::Range<u64>) {
    let policy = Policy::new(place).section("resources: {session_timeout_seconds: 1}");
    let plan = policy.compile(place);
    let start = Instant::now();
    let done = Run::new(place, &plan, &["sh", "-c", script])
        .report()
        .finish();
    let took = start.elapsed();
    assert_eq!(done.code(), 124, "{done}");
    assert_eq!(done.stderr, "purple-exec: timeout: ended after 1 s\n");
    let report = done.report.expect("a report");
    assert_eq!(
        (&report["outcome"], &report["status"]),
        (&"timeout".into(), &"timeout".into())
    );
    let range = Duration::from_secs(range.start)..Duration::from_secs(range.end);
    assert!(range.contains(&took), "{took:?}");
    assert!(survivors(place).is_empty());
}

fn timeout_that_is_obeyed(place: &TestDir) {
    timed(
        place,
        "trap 'exit 0' TERM; setsid sleep 600 & sleep 600 & wait",
        1..20,
    );
    assert!(survivors(place).is_empty());
}

fn timeout_that_is_not_obeyed(place: &TestDir) {
    timed(
        place,
        "trap '' TERM HUP INT; setsid sh -c 'sleep 600' & while :; do sleep 600; done",
        6..30,
    );
}

fn nothing_outlives_the_command(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let script = "(setsid sh -c 'trap \"\" TERM HUP; touch /output/alive; sleep 600' </dev/null >/dev/null 2>&1 &) ; \
                  while [ ! -e /output/alive ]; do :; done";
    assert_eq!(
        Run::new(place, &plan, &["sh", "-c", script])
            .finish()
            .good(),
        ""
    );
    assert!(place.at("output/alive").exists());
    assert_eq!(survivors(place), Vec::<String>::new());
}

fn orphans_are_reaped(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    // Each inner shell leaves a child behind that ends by itself; init has to take note of it.
    let script = "for n in 1 2 3 4 5 6 7 8 9; do sh -c 'true & exec true'; done; \
                  while cat /proc/[0-9]*/stat 2>/dev/null | grep -q ') Z 1 '; do :; done; echo clean";
    assert_eq!(
        Run::new(place, &plan, &["sh", "-c", script])
            .finish()
            .good(),
        "clean\n"
    );
}
