//! Work in a project, inside Purple and inside bubblewrap: what it costs whoever runs a tool there.

use crate::contender::{Contender, EQUAL, PURPLE};
use crate::rounds::{Times, run};
use crate::table::Table;
use crate::user::{Measured, here};
use crate::workloads::{TOOLCHAIN, Unable, WORKLOADS, Workload, toolchain};
use crate::workshop::{SAME_CALLS, Workshop};
use crate::{Fault, Rounds};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "work";

/// How many times as long it may take as under the C program that makes the same kernel calls: a
/// number is met by this too, for then the rest is the kernel's.
const MOST_OF_BARE: f64 = 1.05;

/// The policy that it is done with: a project that can be written, with all that is kept in one.
pub(crate) fn policy() -> String {
    let shown = toolchain().map_or_else(String::new, |dir| {
        let dir = dir.display();
        format!("  immutable_paths: [{{host_path: \"{dir}\", sandbox_path: {TOOLCHAIN}}}]\n")
    });
    format!(
        "name: work\nextends: base\nfilesystem:\n  \
         output_paths: [{{host_path: \".\", sandbox_path: /workspace}}]\n  \
         working_dir: /workspace\n{shown}"
    )
}

/// Measures each kind of work that this machine can do; the long ones too where all is measured.
pub(crate) fn measure(
    workshop: &Workshop,
    rounds: &Rounds,
    table: &mut Table,
) -> Result<(), Fault> {
    let Some(loops) = workshop.program("loops") else {
        table.skip("work", "gcc is not installed");
        return Ok(());
    };
    let own = workshop.under("work", &policy())?;
    for workload in &WORKLOADS {
        if workload.is_long && !rounds.long {
            continue;
        }
        let mut skipped = None;
        let measured = here(
            |workshop, place, rounds| match contend(workload, &loops, workshop, place, rounds) {
                Err(Unable::Missing(why)) => {
                    skipped = Some(why);
                    Ok(Measured::new())
                }
                Err(Unable::Failed(fault)) => Err(format!("{}: {fault}", workload.name)),
                Ok(measured) => Ok(measured),
            },
            &own,
            rounds.work * workload.rounds,
        )?;
        if let Some(why) = skipped {
            table.skip("work", &format!("{}: {why}", workload.name));
        }
        enter(workload, &measured, table);
    }
    Ok(())
}

/// Processor times by contender, in nanoseconds.
fn contend(
    workload: &Workload,
    loops: &Path,
    workshop: &Workshop,
    place: &Path,
    rounds: usize,
) -> Result<Measured, Unable> {
    fs::copy(loops, place.join("loops"))?;
    workload.prepare(place)?;
    let command = [&["/workspace/loops", "run"], workload.command].concat();
    let mut contenders = vec![Contender::purple(workshop, &command)];
    let files = workshop.dir.join("files");
    contenders.extend(Contender::equal(workshop, &files, &command)?);
    let bare = Contender::bare(workshop, &command).into_iter();
    contenders.extend(bare.filter(|one| one.name == SAME_CALLS));
    let times = run(&mut contenders, rounds, Contender::measured)?;
    let names = contenders.iter().map(|contender| contender.name.to_owned());
    Ok(names.zip(times.iter().map(Times::nanoseconds)).collect())
}

fn enter(workload: &Workload, measured: &Measured, table: &mut Table) {
    let times = |name: &str| {
        let found = measured.iter().find(|(other, _)| other == name)?;
        let times = found.1.iter().copied().map(Duration::from_nanos);
        Some(Times::new(times.collect()))
    };
    let peers = [
        (EQUAL, Some(workload.most)),
        (SAME_CALLS, Some(MOST_OF_BARE)),
    ];
    if let Some(own) = times(PURPLE) {
        for (peer, most) in peers {
            if let Some(others) = times(peer) {
                let what = format!("{}: {PURPLE} / {peer}", workload.name);
                table.ratio(&what, &own, &others, most);
            }
        }
    }
    for (name, _) in measured {
        if let Some(times) = times(name) {
            table.times(&format!("{}: {name}", workload.name), &times, None);
        }
    }
}
