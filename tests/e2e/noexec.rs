//! Paths with `noexec`: no file in them is executed or mapped as code, in any way that a program has.

use super::inside::{facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};

scenarios! { nothing_there_is_executed a_mount_below_is_no_way_around }

const PROBE: &str = include_str!("../probes/execute_files.py");

/// A policy that shows the same directory in each way. The first line is for the output path.
fn policy(place: &TestDir, places: &str, noexec: bool) -> Policy {
    let keys = format!("noexec: {noexec}");
    let kept = format!("{keys}, read_only: [kept, pinned/deep/file]");
    Policy::new(place)
        .writes_nothing()
        .writes_with(&place.text("output"), "/output", &kept)
        .shows_with(&place.text("shown"), "/shown", &keys)
        .filesystem(&format!(
            "scratch_paths: [{{sandbox_path: /scratch, {keys}}}]"
        ))
        .environment(&[("PLACES", places)], &[])
}

/// A directory of the host with a program and a script.
fn programs(place: &TestDir, dir: &str) {
    drop(place.dir(dir));
    let program = std::fs::read("/usr/bin/true").expect("a program");
    drop(place.file(&format!("{dir}/true"), program));
    drop(place.script(&format!("{dir}/script"), "#!/bin/sh\nexit 7\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(place.at(&format!("{dir}/true")), mode).expect("its own");
}

/// What a probe finds where everything runs, and where nothing does. A script is only read by its interpreter: that runs.
fn expected(runs: bool) -> Value {
    if runs {
        return json!({"execve": "ran", "descriptor": "ran", "loader": "ran", "mmap": "ok", "mprotect": "ok", "script": "ran",
            "interpreter": "ran"});
    }
    // mmap(2): EPERM where the file system is mounted noexec.
    json!({"execve": "EACCES", "descriptor": "EACCES", "loader": "ended", "mmap": "EPERM", "mprotect": "EACCES",
        "script": "EACCES", "interpreter": "ran"})
}

fn nothing_there_is_executed(place: &TestDir) {
    programs(place, "shown");
    for noexec in [false, true] {
        let policy = policy(place, "/output /shown /scratch /tmp", noexec);
        let found = facts_under(place, &policy, PROBE);
        let expected = json!({"/output": expected(!noexec), "/shown": expected(!noexec), "/scratch": expected(!noexec),
            "/tmp": expected(true)});
        assert_eq!(found, expected, "noexec: {noexec}");
    }
}

/// Protected paths, and the directories that are pinned above them, are mounts of their own.
fn a_mount_below_is_no_way_around(place: &TestDir) {
    programs(place, "shown");
    programs(place, "output/kept");
    drop(place.dir("output/pinned"));
    programs(place, "output/pinned/deep");
    drop(place.file("output/pinned/deep/file", ""));
    for noexec in [false, true] {
        let places = "/output/kept /output/pinned /output/pinned/deep";
        let plan = policy(place, places, noexec).compile(place);
        let found = python(place, &plan, PROBE).finish().facts();
        let all = expected(!noexec);
        let expected =
            json!({"/output/kept": all, "/output/pinned": all, "/output/pinned/deep": all});
        assert_eq!(found, expected, "noexec: {noexec}");
    }
}
