//! The shipped profiles run programs in a project's directory, and let them write where they say. Each has a real workload, and
//! what it must not allow.

mod agents;
mod field;
mod reached;
mod readers;
mod servers;
mod trial;

use purple_tests::policy::compile;
use purple_tests::project::run_in;
use purple_tests::run::{Finished, Run};
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use purplec::profiles::SHIPPED;
use std::path::Path;
use std::process::Command;

scenarios! {
    each_runs_a_program
    only_the_named_directory_is_written
    python_starts_its_processes_in_every_way
    the_time_zone_is_the_callers
}

fn run(place: &TestDir, plan: &Path, command: &[&str]) -> Finished {
    let project = place.text("project");
    // Without control groups, the limits have to be let go by name.
    Run::new(place, plan, command)
        .wrapped(&["env", "-C", &project])
        .option(&["--unenforced", "cgroup"])
        .finish()
}

/// A project with a file, what its profiles write to, and the profile's plan.
fn plan(place: &TestDir, name: &str) -> std::path::PathBuf {
    let profile = SHIPPED
        .iter()
        .find(|profile| profile.name == name)
        .expect("it is shipped");
    let policy = place.file(&format!("{name}.yaml"), profile.text);
    let plan = place.at(&format!("{name}.plan"));
    let out = compile(&policy, &plan);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    plan
}

fn project(place: &TestDir) {
    for directory in ["project", "project/output", "project/build"] {
        place.dir(directory);
    }
    place.file("project/file", "content\n");
}

fn each_runs_a_program(place: &TestDir) {
    purple_tests::project::project(place, &[]);
    let _helper = purple_net(place);
    for profile in SHIPPED {
        let done = run_in(
            place,
            "project",
            &[
                "--unenforced",
                "audit",
                "--profile",
                profile.name,
                "--",
                "/bin/true",
            ],
        );
        assert_eq!(
            (done.code(), done.out().as_str()),
            (0, ""),
            "{}: {done}",
            profile.name
        );
    }
}

fn only_the_named_directory_is_written(place: &TestDir) {
    project(place);
    for (name, writable) in [
        ("ai-dev-safe", Some("output")),
        ("build-offline", Some("build")),
        ("python-readonly", None),
    ] {
        let plan = plan(place, name);
        assert_eq!(
            run(place, &plan, &["cat", "file"]).out(),
            "content\n",
            "{name}"
        );
        for target in ["/workspace", "/usr", "/output", "/build"] {
            let file = format!("{target}/{name}");
            let done = run(place, &plan, &["touch", &file]);
            let fine = writable.is_some_and(|writable| target == format!("/{writable}"));
            assert_eq!(done.code() == 0, fine, "{name}: {target}: {done}");
        }
        if let Some(writable) = writable {
            assert!(place.at(&format!("project/{writable}/{name}")).is_file());
        }
    }
}

/// A process of its own by each way, and one that serves objects over a socket.
const PROCESSES: &str = include_str!("../probes/python_processes.py");

fn python_starts_its_processes_in_every_way(place: &TestDir) {
    project(place);
    place.file("project/processes.py", PROCESSES);
    let plan = plan(place, "python-readonly");
    let done = run(place, &plan, &["python3", "-IS", "processes.py"]);
    let expected = "fork [1, 4]\nspawn [1, 4]\nforkserver [1, 4]\nmanager [3]\nasyncio 5\n";
    assert_eq!((done.code(), done.out().as_str()), (0, expected), "{done}");
}

fn the_time_zone_is_the_callers(place: &TestDir) {
    project(place);
    let plan = plan(place, "ai-dev-safe");
    let project = place.text("project");
    let offset = |zone: &[&str]| {
        let mut words = vec!["env", "-C", &project];
        words.extend(zone);
        let done = Run::new(place, &plan, &["date", "+%z"])
            .wrapped(&words)
            .option(&["--unenforced", "cgroup"])
            .finish();
        assert_eq!(done.code(), 0, "{done}");
        done.out()
    };
    assert_eq!(offset(&["TZ=JST-9"]), "+0900\n");
    let host = Command::new("date").arg("+%z").env_remove("TZ").output();
    let host = host.expect("date runs").stdout;
    assert_eq!(offset(&["-u", "TZ"]).as_bytes(), host);
}
