//! What `purple run` looks through when the command has ended: a whole start in projects that differ in
//! how many entries they have.

use crate::Fault;
use crate::rounds::{Times, clock, run};
use crate::table::Table;
use crate::user::{Measured, here};
use crate::work::policy;
use crate::workshop::{Workshop, succeed};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "scan";

/// The entries of the projects, in directories of 100.
const PROJECTS: [(&str, usize); 3] = [("none", 0), ("100", 100), ("50,000", 50_000)];

/// The most that 50,000 entries may take, and how many times as long as without any a run may take
/// with 100.
const MOST_FOR_MANY: Duration = Duration::from_millis(40);
const MOST_FOR_FEW: f64 = 1.03;

/// Measures all three.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    if workshop.program("purple").is_none() {
        table.skip("scan", "there is no `purple` beside the bench");
        return Ok(());
    }
    let own = workshop.under("scan", &policy())?;
    let measured = here(contend, &own, rounds)?;
    let times = |name: &str| {
        let found = measured.iter().find(|(other, _)| other == name)?;
        let times = found.1.iter().copied().map(Duration::from_nanos);
        Some(Times::new(times.collect()))
    };
    if let (Some(none), Some(few), Some(many)) = (times("none"), times("100"), times("50,000")) {
        let what = "purple run in a project: 100 entries / none";
        table.ratio(what, &few, &none, Some(MOST_FOR_FEW));
        let more = many.median().saturating_sub(none.median());
        let most = Some(MOST_FOR_MANY.as_micros()).and_then(|most| u64::try_from(most).ok());
        let value = u64::try_from(more.as_micros()).unwrap_or(u64::MAX);
        table.amount("purple run, for 50,000 entries", value, "us", most);
        for (name, times) in [("none", none), ("100", few), ("50,000", many)] {
            table.times(&format!("purple run, entries: {name}"), &times, None);
        }
    }
    Ok(())
}

/// Times from start to exit by project, in nanoseconds.
fn contend(workshop: &Workshop, place: &Path, rounds: usize) -> Result<Measured, Fault> {
    let failed = |error: std::io::Error| format!("the projects: {error}");
    for (name, entries) in PROJECTS {
        fs::create_dir(place.join(name)).map_err(failed)?;
        for number in 0..entries {
            let dir = place.join(name).join((number / 100).to_string());
            if number % 100 == 0 {
                fs::create_dir(&dir).map_err(failed)?;
            }
            fs::write(dir.join(number.to_string()), "").map_err(failed)?;
        }
    }
    let mut names = PROJECTS.map(|(name, _)| name);
    let times = run(&mut names, rounds, |name| {
        let mut command = Command::new(workshop.dir.join("purple"));
        command
            .arg("run")
            .arg("--policy")
            .arg(workshop.dir.join("policy.yaml"))
            .args(workshop.let_go())
            .args(["--", "/bin/true"])
            .current_dir(place.join(name));
        let (time, done) = clock(|| succeed(&mut command));
        done.map(|_printed| time)
    })?;
    let names = names.iter().map(|&name| name.to_owned());
    Ok(names.zip(times.iter().map(Times::nanoseconds)).collect())
}
