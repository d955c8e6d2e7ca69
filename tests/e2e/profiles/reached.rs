//! Profiles of programs that fetch: from every public address, from a service of the host, from a group of hosts.

use super::trial::{Abuse, FILTERED, NO_PROJECT, PUBLIC, READ_ONLY, SERVICE, Trial};
use purple_tests::inside::PYTHON;
use purple_tests::internet::Internet;
use purple_tests::operator::finished;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fmt::Write as _;

scenarios! {
    web_scraper_agent
    data_retriever
    ml_training_pipeline
    database_migration_agent
    container_orchestrator
}

const CLUSTER: &str = include_str!("../../probes/workloads/cluster.py");
const CRAWL: &str = include_str!("../../probes/workloads/crawl.py");
const DATABASE: &str = include_str!("../../probes/workloads/database.py");
const MIGRATE: &str = include_str!("../../probes/workloads/migrate.py");
const PODS: &str = include_str!("../../probes/workloads/pods.py");
const RETRIEVE: &str = include_str!("../../probes/workloads/retrieve.py");
const SITE: &str = include_str!("../../probes/workloads/site.py");
const TRAIN: &str = include_str!("../../probes/workloads/train.py");

/// A service of the host on another port than the one that is listed.
const HOST: [Abuse; 3] = [
    ("reach the host", "ECONNREFUSED"),
    ("reach an address", "ECONNREFUSED"),
    ("reach the metadata service", "ECONNREFUSED"),
];

fn web_scraper_agent(place: &TestDir) {
    let profile = "03-web-scraper-agent";
    let more = r#"{"names": {"shop.test": ["93.184.216.80"]}, "streams": [22, 443, 8080]}"#;
    let Some(mut world) = Internet::with("profiles-web_scraper_agent", more) else {
        return;
    };
    world.serve_in_the_world(&[PYTHON, "-ISc", SITE, "93.184.216.80"]);
    let trial = Trial::new(place, profile, &[("crawl.py", CRAWL)]).on(&world, profile);
    assert_eq!(trial.works(&["crawl.py", "http://shop.test/"]), "");
    let pages: Value =
        serde_json::from_str(&place.read("project/output/pages.json")).expect("JSON");
    assert_eq!(
        pages,
        json!({"http://shop.test/": "Home", "http://shop.test/a": "First", "http://shop.test/b": "Second",
            "http://10.1.0.7/admin": "ConnectionRefusedError"})
    );
    trial.fails(&[&READ_ONLY, &PUBLIC, &SERVICE]);
}

fn data_retriever(place: &TestDir) {
    let profile = "data-retriever";
    let more = r#"{"names": {"data.test": ["93.184.216.81"]}}"#;
    let Some(world) = Internet::with("profiles-data_retriever", more) else {
        return;
    };
    let trial = Trial::new(place, profile, &[]).on(&world, profile);
    assert_eq!(trial.works(&["-ISc", RETRIEVE, "data.test"]), "");
    assert_eq!(place.read("project/output/data"), "93.184.216.81 443\n");
    trial.fails(&[&NO_PROJECT, &PUBLIC, &SERVICE]);
}

fn ml_training_pipeline(place: &TestDir) {
    let profile = "02-ml-training-pipeline";
    let mut data = String::new();
    for step in 0..100 {
        let x = f64::from(step) / 100.0;
        writeln!(data, "{x},{}", 3.0 * x + 1.0).expect("a string grows");
    }
    let Some(world) = Internet::new("profiles-ml_training_pipeline") else {
        return;
    };
    let files = [("train.py", TRAIN), ("data.csv", &data)];
    let trial = Trial::new(place, profile, &files).on(&world, profile);
    assert_eq!(trial.works(&["train.py"]), "");
    let checkpoint: Value =
        serde_json::from_str(&place.read("project/output/checkpoint.json")).expect("JSON");
    assert_eq!(checkpoint, json!({"weight": 3.0, "bias": 1.0}));
    trial.fails(&[&READ_ONLY, &FILTERED, &SERVICE]);
}

fn database_migration_agent(place: &TestDir) {
    let profile = "08-database-migration-agent";
    let Some(mut world) = Internet::new("profiles-database_migration_agent") else {
        return;
    };
    world.serve_on_the_host(&[PYTHON, "-ISc", DATABASE, &place.text("queries")]);
    let trial = Trial::new(place, profile, &[("migrate.py", MIGRATE)]).on(&world, profile);
    place.dir("project/migrations");
    place.file("project/migrations/1.sql", "create table a ();\n");
    place.file("project/migrations/2.sql", "alter table a add b text;\n");
    let mut command = trial.command("project", &[PYTHON, "migrate.py"]);
    command.env("PGUSER", "migrator");
    let done = finished(command);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(place.read("project/output/done"), "1.sql CZ\n2.sql CZ\n");
    assert_eq!(
        place.read("queries"),
        "migrator\ncreate table a ();\nalter table a add b text;\n"
    );
    trial.fails(&[&READ_ONLY, &HOST, &SERVICE]);
}

fn container_orchestrator(place: &TestDir) {
    let profile = "09-container-orchestrator";
    let Some(mut world) = Internet::new("profiles-container_orchestrator") else {
        return;
    };
    let account = r#"{"server": "http://host.purple.internal:6443", "token": "of-the-agent"}"#;
    let files = [("pods.py", PODS), ("kubeconfig", account)];
    world.serve_on_the_host(&[PYTHON, "-ISc", CLUSTER]);
    let trial = Trial::new(place, profile, &files).on(&world, profile);
    assert_eq!(trial.works(&["pods.py"]), "");
    assert_eq!(place.read("project/output/pods"), "web worker\n");
    trial.fails(&[&READ_ONLY, &HOST, &SERVICE]);
}
