//! What a running program pays: loops that compute, call the kernel, open files and start programs,
//! outside, inside Purple and inside bubblewrap.

use crate::Fault;
use crate::contender::{ALONE, Contender, EQUAL, PURPLE};
use crate::rounds::{Times, run};
use crate::table::Table;
use crate::user::{Measured, once};
use crate::workshop::Workshop;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "overhead";

/// The program that loops.
pub(crate) const PROGRAM: &str = include_str!("peers/loops.c");

/// Where the deep file is, from where the loops start.
const DEEP: &str = "one/two/three/four/five/six";

/// Kind of loop, turns, and what a turn is.
const LOOPS: [(&str, u32, &str); 5] = [
    ("cpu", 20_000, "1,000 multiplications"),
    ("getppid", 200_000, "getppid"),
    ("open", 20_000, "openat and close of /usr/bin/env"),
    (
        "deep",
        20_000,
        "openat and close of a file six directories down",
    ),
    ("fork", 40, "fork, execve of /bin/true, wait"),
];

/// How many times as long it may take to open a file as in bubblewrap, which has no Landlock.
const MOST_OF_EQUAL_TO_OPEN: f64 = 1.31;

/// Measures all loops.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    if workshop.program("loops").is_none() {
        table.skip("overhead", "gcc is not installed");
        return Ok(());
    }
    let measured = once(NAME, contend, workshop, rounds, table)?;
    for (kind, turns, what) in LOOPS {
        let of = |name: &str| {
            let key = format!("{kind} {name}");
            let found = measured.iter().find(|(other, _)| *other == key)?;
            Some(Times::new(
                found.1.iter().copied().map(Duration::from_nanos).collect(),
            ))
        };
        if let (true, Some(own), Some(equal)) = (kind == "open", of(PURPLE), of(EQUAL)) {
            let ratio = format!("{what}: {PURPLE} / {EQUAL}");
            table.ratio(&ratio, &own, &equal, Some(MOST_OF_EQUAL_TO_OPEN));
        }
        if let (Some(alone), Some(own)) = (of(ALONE), of(PURPLE)) {
            table.overhead(what, turns, &alone, &own, of(EQUAL).as_ref());
        }
    }
    Ok(())
}

/// Times by loop and contender, in nanoseconds as the loop has measured them.
pub(crate) fn contend(workshop: &Workshop, place: &Path, rounds: usize) -> Result<Measured, Fault> {
    let program = place.join("loops");
    fs::create_dir_all(place.join(DEEP))
        .and_then(|()| fs::write(place.join(DEEP).join("file"), ""))
        .map_err(|error| format!("{DEEP}: {error}"))?;
    fs::copy(workshop.dir.join("loops"), &program).map_err(|error| format!("loops: {error}"))?;
    let mut measured = Measured::new();
    for (kind, turns, _) in LOOPS {
        let turns = turns.to_string();
        let outside = program.to_string_lossy();
        let inside = ["/workspace/loops", kind, &turns];
        let mut contenders = vec![
            Contender::alone(&[&outside, kind, &turns]),
            Contender::purple(workshop, &inside),
        ];
        contenders.extend(Contender::equal(workshop, &place.join("files"), &inside)?);
        let times = run(&mut contenders, rounds, Contender::measured)?;
        for (contender, times) in contenders.iter().zip(times) {
            measured.push((format!("{kind} {}", contender.name), times.nanoseconds()));
        }
    }
    Ok(measured)
}
