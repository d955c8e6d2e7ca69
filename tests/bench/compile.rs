//! How long `purplec compile` takes, as a whole process, for every policy in the repository, and for
//! one that is made to take long.

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

/// The host facts that a policy may name.
const FACTS: [&str; 5] = [
    "workspace=/home/user/workspace",
    "home=/home/user",
    "cache=/home/user/.cache",
    "config=/home/user/.config",
    "user=user",
];

/// For a policy whose filter just fits.
const MOST_OF_WORST: Duration = Duration::from_millis(200);

/// Half as many rules as there may be, each with two masks that no other rule has: nothing is shared.
const WORST: u64 = 500;

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
        for fact in FACTS {
            command.args(["--set", fact]);
        }
        let (time, done) = clock(|| succeed(&mut command));
        done.map(|_output| time)
    })?;
    for (policy, times) in policies.iter().zip(times) {
        let root = repository::root();
        let name = policy.strip_prefix(&root).unwrap_or(policy).display();
        table.times(&format!("compile {name}"), &times, Some(MOST));
    }
    let file = workshop.dir.join("worst.yaml");
    fs::write(&file, worst()).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut worst = [file];
    // It takes long, and always as long.
    let few = rounds.div_ceil(10);
    let times = run(&mut worst, few, |policy| {
        let mut command = Command::new(&purplec);
        command.arg("compile").arg(&*policy).arg("-o").arg(&plan);
        let (time, done) = clock(|| succeed(&mut command));
        done.map(|_output| time)
    })?;
    for times in times {
        let what = format!("compile {WORST} rules with masks");
        table.times(&what, &times, Some(MOST_OF_WORST));
    }
    Ok(())
}

/// The policy whose filter is among the longest that fit.
fn worst() -> String {
    let actions = ["errno, errno: EIO", "errno, errno: EACCES", "log"];
    let rule = |(at, action): (u64, &&str)| {
        let (low, high) = (2 * at + 1, 4 * at + 2);
        format!(
            "  - {{syscall: mmap, action: {action}, conditions: [{{arg: 3, op: masked_eq, mask: {low}, \
             value: 1}}, {{arg: 1, op: masked_ne, mask: {high}, value: 0}}]}}\n"
        )
    };
    let rules: String = (0..WORST).zip(actions.iter().cycle()).map(rule).collect();
    format!("name: worst\nsyscalls:\n  allow: [mmap]\n  advanced_rules:\n{rules}")
}

/// The policies in a directory.
pub(crate) fn yaml_files(dir: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|found| found == "yaml"))
        .collect()
}
