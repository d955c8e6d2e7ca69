//! Limits of each process: what a program reads is what the policy says, nothing raises it, and it holds.

use super::inside::{PYTHON, python, script};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { each_is_set_and_cannot_be_raised a_lower_limit_of_the_caller_stays processor_time_ends_a_process }

fn limited(place: &TestDir, limits: &str) -> Policy {
    Policy::new(place).section(&format!(
        "resources:\n  session_timeout_seconds: 60\n  rlimits: {{{limits}}}"
    ))
}

const PROBE: &str = include_str!("../probes/limits_of_processes.py");

fn each_is_set_and_cannot_be_raised(place: &TestDir) {
    let policy = limited(
        place,
        "as: 3G, core: 1K, cpu: 50s, data: 1G, fsize: 1M, memlock: 64K, msgqueue: 1K, nofile: 40, nproc: 12, sigpending: 5, \
         stack: 4M",
    );
    let found = python(place, &policy.compile(place), PROBE)
        .finish()
        .facts();
    let both = |limit: u64| json!([limit, limit]);
    let expected = json!({
        "as": both(3 << 30), "core": found["limits"]["core"], "cpu": both(50), "data": both(1 << 30), "fsize": both(1 << 20),
        "memlock": both(64 << 10), "msgqueue": both(1024), "nofile": both(40), "nproc": both(12), "sigpending": both(5),
        "stack": both(4 << 20),
    });
    assert_eq!(found["limits"], expected);
    // Where the caller allows no core dump, that stays.
    let core = found["limits"]["core"][1].as_u64().expect("a limit");
    assert!([0, 1024].contains(&core), "{core}");
    let raised = found["raised"].as_object().expect("each limit");
    assert_eq!(raised.len(), 11);
    assert!(raised.values().all(|end| end == "refused"), "{raised:?}");
    // The first process of the sandbox and the program itself count.
    assert_eq!(found["processes"][0], "EAGAIN", "{found}");
    let started = found["processes"][1].as_u64().expect("a number");
    assert!((8..12).contains(&started), "{started}");
    assert_eq!(
        (&found["file"], &found["size"]),
        (&json!("EFBIG"), &json!(1 << 20))
    );
    assert_eq!(found["files"], json!(["EMFILE", 39]));

    // Without the limits, none of these ends so.
    let found = python(place, &limited(place, "core: 0").compile(place), PROBE)
        .finish()
        .facts();
    assert_eq!(
        (&found["processes"], &found["file"]),
        (&json!(["ok", 100]), &json!("ok"))
    );
    assert_eq!(found["limits"]["core"], both(0));
}

fn a_lower_limit_of_the_caller_stays(place: &TestDir) {
    let plan = limited(place, "nofile: 200").compile(place);
    let text = "import resource; show(files=resource.getrlimit(resource.RLIMIT_NOFILE))";
    let run = |limits: &str| {
        let caller = format!("ulimit {limits}; exec \"$@\"");
        let run = Run::new(place, &plan, &[PYTHON, "-ISc", &script(text)]);
        run.wrapped(&["bash", "-c", &caller, "bash"])
            .finish()
            .facts()
    };
    assert_eq!(run("-n 150"), json!({"files": [150, 150]}));
    assert_eq!(run("-Sn 150"), json!({"files": [150, 200]}));
    assert_eq!(run("-n 250"), json!({"files": [200, 200]}));
}

/// The limit is the hard one too, so that no handler of SIGXCPU goes on.
fn processor_time_ends_a_process(place: &TestDir) {
    let plan = limited(place, "cpu: 1").compile(place);
    let spin = "trap '' XCPU; while :; do :; done";
    let done = Run::new(place, &plan, &["sh", "-c", spin]).finish();
    assert_eq!(done.code(), 137, "{done}");
}
