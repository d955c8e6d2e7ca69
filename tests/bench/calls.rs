//! Whether purple-exec and the C program make the same kernel calls: both are traced, and what they
//! make is counted by name.

use crate::Fault;
use crate::contender::{Contender, PURPLE};
use crate::table::Table;
use crate::user::{Measured, once};
use crate::workshop::{SAME_CALLS, Workshop, installed, succeed};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The name of this part.
pub(crate) const NAME: &str = "calls";

/// Counts the calls of both and prints where they differ.
pub(crate) fn measure(workshop: &Workshop, table: &mut Table) -> Result<(), Fault> {
    if installed("strace").is_none() {
        table.skip("kernel-calls", "strace is not installed");
        return Ok(());
    }
    if workshop.program(SAME_CALLS).is_none() {
        return Ok(());
    }
    let measured = once(NAME, contend, workshop, 1, table)?;
    let mut together = [0_u64; 2];
    let mut differences = Vec::new();
    for (name, counts) in &measured {
        let [own, bare] = counts.as_slice() else {
            continue;
        };
        together = [together[0] + own, together[1] + bare];
        if own != bare {
            differences.push(format!("{name} {own} and {bare}"));
        }
    }
    let [own, bare] = together;
    table.amount(
        &format!("kernel calls: {PURPLE}, with the command"),
        own,
        "",
        None,
    );
    table.amount(
        &format!("kernel calls: {SAME_CALLS}, with the command"),
        bare,
        "",
        None,
    );
    for difference in differences {
        table.text("  of which differ", difference, None);
    }
    Ok(())
}

/// How many calls of each name the two make, the command's own among them.
pub(crate) fn contend(workshop: &Workshop, place: &Path, _: usize) -> Result<Measured, Fault> {
    let command = ["/bin/true"];
    let mut counts = BTreeMap::<String, [u64; 2]>::new();
    let bare = Contender::bare(workshop, &command);
    let bare = bare
        .into_iter()
        .filter(|contender| contender.name == SAME_CALLS);
    for (at, mut contender) in [Contender::purple(workshop, &command)]
        .into_iter()
        .chain(bare)
        .enumerate()
    {
        let file = place.join("trace");
        let traced = contender.command()?;
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-c", "-U", "name,calls", "-o"])
            .arg(&file);
        strace.arg(traced.get_program()).args(traced.get_args());
        succeed(strace.stdin(Stdio::null()))?;
        let lines = fs::read_to_string(&file).map_err(|error| format!("the trace: {error}"))?;
        for line in lines.lines() {
            if let Some((name, count)) = line.split_once(' ')
                && let Ok(count) = count.trim().parse::<u64>()
                && name != "total"
                && let Some(slot) = counts.entry(name.to_owned()).or_default().get_mut(at)
            {
                *slot = count;
            }
        }
    }
    Ok(counts
        .into_iter()
        .map(|(name, counts)| (name, counts.to_vec()))
        .collect())
}
