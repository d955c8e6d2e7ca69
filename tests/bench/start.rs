//! From start to exit of /bin/true: purple-exec, its peers, and nothing around it.

use crate::Fault;
use crate::contender::{ALONE, Contender, EQUAL, INHERITING, MINIMAL, PURPLE};
use crate::rounds::{Times, run};
use crate::table::Table;
use crate::user::{Measured, here, ordinary};
use crate::workshop::{BARE, SAME_CALLS, Workshop, installed};
use nix::unistd::Uid;
use std::path::Path;
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "start";

/// At most this share of the time of each peer, and this much of the time of the C program that makes
/// the same kernel calls: as people start it, and with the caller's own standard descriptors.
const MOST: [(&str, &str, f64); 5] = [
    (PURPLE, EQUAL, 0.55),
    (PURPLE, MINIMAL, 0.9),
    (PURPLE, SAME_CALLS, 1.05),
    (INHERITING, EQUAL, 0.5),
    (INHERITING, MINIMAL, 0.8),
];

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
    let is_own = |name: &str| name == PURPLE || name == INHERITING;
    for (own, numbers) in measured.iter().filter(|(name, _)| is_own(name)) {
        for (peer, others) in measured
            .iter()
            .filter(|(name, _)| !is_own(name) && name != ALONE)
        {
            let target = MOST
                .iter()
                .find(|(one, other, _)| one == own && other == peer);
            if own == PURPLE || target.is_some() {
                let what = format!("{who}: {own} / {peer}");
                let most = target.map(|&(_, _, most)| most);
                table.ratio(&what, &times(numbers), &times(others), most);
            }
        }
    }
    for (name, numbers) in measured {
        table.times(&format!("{who}: {name}"), &times(numbers), None);
    }
}
