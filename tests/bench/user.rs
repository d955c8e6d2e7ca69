//! Measuring as the ordinary user: the bench starts itself once more, and reads what that prints.

use crate::Fault;
use crate::table::Table;
use crate::workshop::{Workshop, succeed};
use nix::unistd::{Gid, Uid, User};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ordinary user that `scripts/setup` makes.
const TEST_USER: &str = "purple-test";

/// Numbers by name: the first that a part measures, in the order that it measures in.
pub(crate) type Measured = Vec<(String, Vec<u64>)>;

/// A part of the bench that any user can run.
pub(crate) type Part = fn(&Workshop, &Path, usize) -> Result<Measured, Fault>;

/// Runs a part as whoever this is. `rounds` is what the part makes of it.
pub(crate) fn here(
    part: impl FnOnce(&Workshop, &Path, usize) -> Result<Measured, Fault>,
    workshop: &Workshop,
    rounds: usize,
) -> Result<Measured, Fault> {
    let place = prepare(workshop, Uid::current(), Gid::current())?;
    std::env::set_current_dir(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    part(workshop, &place, rounds)
}

/// Runs the part of this name as the ordinary user, where root has started the bench. `None`: it
/// cannot.
pub(crate) fn ordinary(
    name: &str,
    workshop: &Workshop,
    rounds: usize,
    table: &mut Table,
) -> Result<Option<Measured>, Fault> {
    let user = User::from_name(TEST_USER).map_err(|errno| format!("{TEST_USER}: {errno}"))?;
    let Some(user) = user.filter(|_| Uid::current().is_root()) else {
        if Uid::current().is_root() {
            table.skip(
                "as-user",
                "there is no user purple-test; scripts/setup makes it",
            );
        }
        return Ok(None);
    };
    let place = prepare(workshop, user.uid, user.gid)?;
    let mut again = Command::new(workshop.dir.join("bench"));
    again
        .arg("--part")
        .arg(name)
        .arg(&workshop.dir)
        .arg(rounds.to_string());
    let lines = succeed(
        again
            .uid(user.uid.as_raw())
            .gid(user.gid.as_raw())
            .current_dir(place),
    )?;
    lines.lines().map(parse).collect::<Result<_, _>>().map(Some)
}

/// Runs a part as the ordinary user if there is one, or else as whoever this is.
pub(crate) fn once(
    name: &str,
    part: Part,
    workshop: &Workshop,
    rounds: usize,
    table: &mut Table,
) -> Result<Measured, Fault> {
    match ordinary(name, workshop, rounds, table)? {
        Some(measured) => Ok(measured),
        None => here(part, workshop, rounds),
    }
}

/// What [`ordinary`] reads.
pub(crate) fn print(part: Part, dir: &str, rounds: &str) -> Result<(), Fault> {
    let rounds = rounds
        .parse()
        .map_err(|error| format!("{rounds}: {error}"))?;
    for (name, numbers) in here(part, &Workshop::open(Path::new(dir))?, rounds)? {
        let numbers = numbers.iter().map(u64::to_string).collect::<Vec<_>>();
        println!("{name}\t{}", numbers.join(" "));
    }
    Ok(())
}

fn parse(line: &str) -> Result<(String, Vec<u64>), Fault> {
    let fault = || format!("unexpected output: {line}");
    let (name, numbers) = line.split_once('\t').ok_or_else(fault)?;
    let numbers = numbers
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>();
    Ok((name.to_owned(), numbers.map_err(|_| fault())?))
}

/// Where the commands of this user start: it has the directory that the policy lets out.
fn prepare(workshop: &Workshop, user: Uid, group: Gid) -> Result<PathBuf, Fault> {
    let place = workshop.dir.join(format!("place-{user}"));
    for dir in [place.clone(), place.join("output")] {
        if !dir.exists() {
            fs::create_dir(&dir)
                .and_then(|()| {
                    std::os::unix::fs::chown(&dir, Some(user.as_raw()), Some(group.as_raw()))
                })
                .map_err(|error| format!("{}: {error}", dir.display()))?;
        }
    }
    Ok(place)
}
