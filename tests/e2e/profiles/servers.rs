//! Profiles of servers: they answer at a port of the host, and connect to nothing.

use super::trial::{Abuse, FILTERED, NO_SOCKETS, READ_ONLY, SERVICE, Trial};
use purple_tests::inside::PYTHON;
use purple_tests::internet::Internet;
use purple_tests::run::finish;
use purple_tests::test_dir::TestDir;
use std::io::{BufRead, BufReader};
use std::time::Duration;

scenarios! {
    inference_server
    production_secure
}

const COMPLETE: &str = include_str!("../../probes/workloads/complete.py");
const MODEL: &str = r#"{"purple": "runs", "runs": "agents", "agents": "well"}"#;
const SERVE: &str = include_str!("../../probes/workloads/serve.py");

fn inference_server(place: &TestDir) {
    serves(
        place,
        "06-llm-inference-server",
        "8000",
        &[&FILTERED, &SERVICE],
    );
}

fn production_secure(place: &TestDir) {
    serves(place, "production-secure", "8080", &[&NO_SOCKETS]);
}

/// A client of the host gets an answer. In a network of its own, because the port is the profile's.
fn serves(place: &TestDir, profile: &str, port: &str, unreached: &[&[Abuse]]) {
    let Some(world) = Internet::new(&format!("profiles-{profile}")) else {
        return;
    };
    let files = [("serve.py", SERVE), ("model.json", MODEL)];
    let trial = Trial::new(place, profile, &files).on(&world, profile);
    let mut command = trial.command("project", &[PYTHON, "serve.py", port]);
    let mut server = command.spawn().expect("it starts");
    let mut out = BufReader::new(server.stdout.take().expect("a pipe"));
    let mut line = String::new();
    let read = out.read_line(&mut line);
    assert!(read.is_ok() && line == "ready\n", "{line}");
    let answer = world.on_the_host(&[PYTHON, "-ISc", COMPLETE, port]);
    assert_eq!(answer, "purple runs agents\n");
    let done = finish(server, &[], Duration::from_secs(20));
    assert_eq!(done.code(), 0, "{done}");
    let listen = [("listen to others", "EACCES")];
    trial.fails(&[&[&READ_ONLY[..], &listen], unreached].concat());
}
