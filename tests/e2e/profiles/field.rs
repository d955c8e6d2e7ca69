//! What people run under the profiles, where it is installed: languages, libraries, a browser, a database. It takes long:
//! `scripts/field profiles` runs it.

use super::trial::Trial;
use purple_tests::identity::{Identity, skip};
use purple_tests::inside::PYTHON;
use purple_tests::internet::Internet;
use purple_tests::operator::finished;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::path::Path;
use std::process::Command;

scenarios! {
    programs
    a_migration_of_a_real_database
}

/// A program under a profile, which prints `done`.
struct Program {
    profile: &'static str,
    name: &'static str,
    installed: &'static str,
    file: (&'static str, &'static str),
    command: &'static [&'static str],
}

macro_rules! program {
    ($profile:literal, $name:literal, $installed:literal, $file:literal, $command:expr) => {
        Program {
            profile: $profile,
            name: $name,
            installed: $installed,
            file: (
                $file,
                include_str!(concat!("../../probes/runtimes/", $file)),
            ),
            command: &$command,
        }
    };
}

/// Starts a script of the project where it may write.
const IN_OUTPUT: &str = "at=$PWD; cd /output; sh $at/chromium.sh";

const PROGRAMS: [Program; 11] = [
    program!(
        "02-ml-training-pipeline",
        "numpy",
        "/usr/lib/python3/dist-packages/numpy",
        "numpy_training.py",
        [PYTHON, "numpy_training.py"]
    ),
    program!(
        "03-web-scraper-agent",
        "Chromium",
        "/usr/bin/chromium",
        "chromium.sh",
        ["sh", "-c", IN_OUTPUT]
    ),
    program!(
        "04-data-processing-agent",
        "pandas",
        "/usr/lib/python3/dist-packages/pandas",
        "pandas_table.py",
        [PYTHON, "pandas_table.py"]
    ),
    program!(
        "05-cicd-build-agent",
        "Cargo",
        "/usr/bin/cargo",
        "cargo.sh",
        ["sh", "cargo.sh"]
    ),
    program!(
        "05-cicd-build-agent",
        "Go",
        "/usr/bin/go",
        "main.go",
        ["go", "run", "main.go"]
    ),
    program!(
        "05-cicd-build-agent",
        "gcc",
        "/usr/bin/gcc",
        "gcc.sh",
        ["sh", "gcc.sh"]
    ),
    program!(
        "coding-agent",
        "Node.js",
        "/usr/bin/node",
        "node.js",
        ["node", "node.js"]
    ),
    program!(
        "coding-agent",
        "Java",
        "/usr/bin/java",
        "Main.java",
        ["java", "Main.java"]
    ),
    program!(
        "coding-agent",
        "Go",
        "/usr/bin/go",
        "main.go",
        ["go", "run", "main.go"]
    ),
    program!(
        "coding-agent",
        "PostgreSQL",
        "/usr/lib/postgresql",
        "postgres.sh",
        ["sh", "postgres.sh"]
    ),
    program!(
        "coding-agent",
        "Chromium",
        "/usr/bin/chromium",
        "chromium.sh",
        ["sh", "chromium.sh"]
    ),
];

/// Whether this is the tier of long tests; otherwise it is skipped.
fn is_field(test: &str) -> bool {
    let is_field = std::env::var_os("PURPLE_PROFILES").is_some();
    if !is_field {
        skip(test, "scripts/field runs it");
    }
    is_field
}

fn programs(place: &TestDir) {
    if !is_field("profiles-programs") {
        return;
    }
    for (at, program) in PROGRAMS.iter().enumerate() {
        let Program { profile, name, .. } = program;
        if !Path::new(program.installed).exists() {
            skip(&format!("profiles-{name}"), "it is not installed");
            continue;
        }
        let own = TestDir::new(place.who);
        let trial = Trial::new(&own, profile, &[program.file]);
        let _helper = purple_net(&own);
        let done = trial.run("project", program.command);
        assert_eq!(
            (done.code(), done.out().as_str()),
            (0, "done\n"),
            "{at} {profile} {name}: {done}"
        );
        println!("ran {profile} {name}");
    }
}

/// The server runs on the host, as an ordinary user.
fn a_migration_of_a_real_database(place: &TestDir) {
    const SERVER: &str = include_str!("../../probes/workloads/postgres.sh");
    const MIGRATE: &str = include_str!("../../probes/workloads/psql.sh");
    let test = "profiles-a_migration_of_a_real_database";
    if !is_field(test) {
        return;
    }
    let (Some(user), true) = (
        Identity::user(test),
        Path::new("/usr/lib/postgresql").exists(),
    ) else {
        return skip(test, "it takes an ordinary user and PostgreSQL");
    };
    let Some(mut world) = Internet::new(test) else {
        return;
    };
    let data = place.dir("data");
    let owned = Command::new("chown")
        .arg(user.uid.to_string())
        .arg(&data)
        .status();
    assert!(owned.is_ok_and(|status| status.success()));
    let data = place.text("data");
    let mut words = user.setpriv();
    words.extend(["sh", "-c", SERVER, "sh", &data].map(str::to_owned));
    world.serve_on_the_host(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let profile = "08-database-migration-agent";
    let trial = Trial::new(place, profile, &[("migrate.sh", MIGRATE)]).on(&world, profile);
    let mut command = trial.command("project", &["sh", "migrate.sh"]);
    command.envs([("PGUSER", "agent"), ("PGDATABASE", "postgres")]);
    let done = finished(command);
    assert_eq!((done.code(), done.out().as_str()), (0, "done\n"), "{done}");
    println!("ran {profile} PostgreSQL");
}
