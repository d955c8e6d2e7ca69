//! From start to exit of /bin/true: purple-exec, its peers, and nothing around it.

use crate::Fault;
use crate::contender::{ALONE, Contender, EQUAL, PURPLE};
use crate::rounds::{Times, run};
use crate::table::Table;
use crate::user::{Measured, here, ordinary};
use crate::workshop::{BARE, SAME_CALLS, Workshop, installed};
use nix::unistd::Uid;
use std::path::Path;
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "start";

/// At most this share of bubblewrap's time, and this much of the time of the C program that makes
/// the same kernel calls.
const MOST_OF_EQUAL: f64 = 0.5;
const MOST_OF_BARE: f64 = 1.15;

/// Measures as root and as the test user, or as whoever this is.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    if installed("bwrap").is_none() {
        table.skip("bubblewrap", "bwrap is not installed");
    }
    for (_, compiler, _) in BARE
        .iter()
        .filter(|(name, ..)| workshop.program(name).is_none())
    {
        table.skip("bare-program", &format!("{compiler} is not installed"));
    }
    let measured = here(contend, workshop, rounds)?;
    let root = Uid::current().is_root();
    enter(table, if root { "root" } else { "user" }, &measured);
    if !root {
        table.skip("start-as-root", "not started by root");
    }
    if let Some(measured) = ordinary(NAME, workshop, rounds, table)? {
        enter(table, "user", &measured);
    }
    Ok(())
}

/// Times by contender, in nanoseconds.
pub(crate) fn contend(workshop: &Workshop, place: &Path, rounds: usize) -> Result<Measured, Fault> {
    let mut contenders = Contender::all(workshop, &place.join("files"), &["/bin/true"])?;
    let times = run(&mut contenders, rounds, Contender::once)?;
    let names = contenders.iter().map(|contender| contender.name.to_owned());
    Ok(names.zip(times.iter().map(Times::nanoseconds)).collect())
}

fn enter(table: &mut Table, who: &str, measured: &Measured) {
    let times =
        |numbers: &[u64]| Times::new(numbers.iter().copied().map(Duration::from_nanos).collect());
    let of = |name| measured.iter().find(|(other, _)| other == name);
    if let Some((_, own)) = of(PURPLE) {
        for (name, numbers) in measured
            .iter()
            .filter(|(name, _)| name != PURPLE && name != ALONE)
        {
            let target = match name.as_str() {
                EQUAL => Some(MOST_OF_EQUAL),
                SAME_CALLS => Some(MOST_OF_BARE),
                _ => None,
            };
            let what = format!("{who}: {PURPLE} / {name}");
            table.ratio(&what, &times(own), &times(numbers), target);
        }
    }
    for (name, numbers) in measured {
        table.times(&format!("{who}: {name}"), &times(numbers), None);
    }
}
