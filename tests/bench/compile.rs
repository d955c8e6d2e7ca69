//! How long `purplec compile` takes, as a whole process, for every policy in the repository.

use crate::Fault;
use crate::rounds::{clock, run};
use crate::table::Table;
use crate::workshop::{Workshop, succeed};
use purple_tests::repository;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const MOST: Duration = Duration::from_millis(10);

/// Measures each policy.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let mut policies = Vec::new();
    for dir in ["policies", "tests/spec/corpus"] {
        let mut here = yaml_files(&repository::root().join(dir));
        here.sort();
        policies.extend(here);
    }
    if policies.is_empty() {
        return Err("there are no policies".to_owned());
    }
    let purplec = workshop.dir.join("purplec");
    let plan = workshop.dir.join("compiled");
    let times = run(&mut policies, rounds, |policy| {
        let mut command = Command::new(&purplec);
        command.arg("compile").arg(&*policy).arg("-o").arg(&plan);
        let (time, done) = clock(|| succeed(&mut command));
        done.map(|_output| time)
    })?;
    for (policy, times) in policies.iter().zip(times) {
        let root = repository::root();
        let name = policy.strip_prefix(&root).unwrap_or(policy).display();
        table.times(&format!("compile {name}"), &times, Some(MOST));
    }
    Ok(())
}

/// The policies in a directory.
pub(crate) fn yaml_files(dir: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|found| found == "yaml")).collect()
}
