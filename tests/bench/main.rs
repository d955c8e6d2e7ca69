//! Measures Purple against its peers, side by side in one run, and prints one table.
//!
//!   bench [--quick] [PART...]
//!
//! It judges nothing but the targets that it prints, and fails only when something cannot be
//! measured. `docs/benchmarks.md` says what is compared and how equal the two sides are.

mod bare;
mod bubblewrap;
mod calls;
mod check;
mod compile;
mod container;
mod contender;
mod crowd;
mod filter;
mod network;
mod overhead;
mod relay;
mod rounds;
mod scan;
mod size;
mod slirp;
mod start;
mod table;
mod user;
mod work;
mod workloads;
mod workshop;

use std::process::ExitCode;
use table::Table;
use workshop::Workshop;

/// What went wrong, in words.
type Fault = String;

/// How many rounds each part takes.
struct Rounds {
    starts: usize,
    filters: usize,
    loops: usize,
    slices: usize,
    compilations: usize,
    checks: usize,
    relays: usize,
    scans: usize,
    networks: usize,
    work: usize,
    /// Whether work that takes seconds is done at all.
    long: bool,
}

const ALL: Rounds = Rounds {
    starts: 400,
    filters: 400,
    loops: 40,
    slices: 12,
    compilations: 50,
    checks: 20,
    relays: 10,
    scans: 40,
    networks: 10,
    work: 6,
    long: true,
};
const QUICK: Rounds = Rounds {
    starts: 40,
    filters: 40,
    loops: 6,
    slices: 3,
    compilations: 10,
    checks: 3,
    relays: 4,
    scans: 6,
    networks: 2,
    work: 2,
    long: false,
};

/// What can be measured by itself.
const PARTS: [&str; 12] = [
    start::NAME,
    calls::NAME,
    crowd::NAME,
    overhead::NAME,
    work::NAME,
    relay::NAME,
    scan::NAME,
    network::NAME,
    "filter",
    "size",
    "compile",
    "check",
];

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let words = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let done = match words.as_slice() {
        // The bench starts itself in this way to measure as another user.
        ["--part", name, dir, rounds] => part(name, dir, rounds),
        // And in this way to measure the memory of one process.
        ["--memory", purplec, path] => check::print_memory(purplec, path),
        ["--quick", parts @ ..] if parts.iter().all(is_part) => measure(&QUICK, parts),
        parts if parts.iter().all(is_part) => measure(&ALL, parts),
        _ => Err(format!(
            "usage: bench [--quick] [PART...]; parts: {}",
            PARTS.join(" ")
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn is_part(word: &&str) -> bool {
    PARTS.contains(word)
}

fn part(name: &str, dir: &str, rounds: &str) -> Result<(), Fault> {
    match name {
        start::NAME => user::print(start::contend, dir, rounds),
        calls::NAME => user::print(calls::contend, dir, rounds),
        crowd::NAME => user::print(crowd::contend, dir, rounds),
        overhead::NAME => user::print(overhead::contend, dir, rounds),
        relay::NAME => user::print(relay::contend, dir, rounds),
        _ => Err(format!("no part `{name}` for another user")),
    }
}

/// Measures these parts, or all of them if none is named.
fn measure(rounds: &Rounds, parts: &[&str]) -> Result<(), Fault> {
    let workshop = Workshop::build()?;
    let mut table = Table::new();
    for part in PARTS
        .iter()
        .filter(|part| parts.is_empty() || parts.contains(part))
    {
        match *part {
            start::NAME => start::measure(&workshop, rounds.starts, &mut table)?,
            calls::NAME => calls::measure(&workshop, &mut table)?,
            crowd::NAME => crowd::measure(&workshop, rounds.slices, &mut table)?,
            overhead::NAME => overhead::measure(&workshop, rounds.loops, &mut table)?,
            work::NAME => work::measure(&workshop, rounds, &mut table)?,
            relay::NAME => relay::measure(&workshop, rounds.relays, &mut table)?,
            scan::NAME => scan::measure(&workshop, rounds.scans, &mut table)?,
            network::NAME => network::measure(&workshop, rounds.networks, &mut table)?,
            "filter" => filter::measure(&workshop, rounds.filters, &mut table)?,
            "size" => size::measure(&workshop, &mut table)?,
            "compile" => compile::measure(&workshop, rounds.compilations, &mut table)?,
            _ => check::measure(&workshop, rounds.checks, &mut table)?,
        }
    }
    table.print();
    Ok(())
}
