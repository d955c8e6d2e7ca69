//! Measures Purple against its peers, side by side in one run, and prints one table.
//!
//!   bench [--quick]
//!
//! It judges nothing but the targets that it prints, and fails only when something cannot be
//! measured. `docs/benchmarks.md` says what is compared and how equal the two sides are.

mod bare;
mod bubblewrap;
mod check;
mod compile;
mod container;
mod filter;
mod rounds;
mod size;
mod start;
mod table;
mod workshop;

use std::process::ExitCode;
use table::Table;
use workshop::Workshop;

/// What went wrong, in words.
type Fault = String;

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let words = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let done = match words.as_slice() {
        [] => everything(400, 50),
        ["--quick"] => everything(40, 10),
        // The bench starts itself in this way to measure as another user.
        ["--start", dir, rounds] => start::print(dir, rounds),
        // And in this way to measure the memory of one process.
        ["--memory", purplec, path] => check::print_memory(purplec, path),
        _ => Err("usage: bench [--quick]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn everything(rounds: usize, compilations: usize) -> Result<(), Fault> {
    let workshop = Workshop::build()?;
    let mut table = Table::default();
    start::measure(&workshop, rounds, &mut table)?;
    filter::measure(&workshop, rounds, &mut table)?;
    size::measure(&workshop, &mut table)?;
    compile::measure(&workshop, compilations, &mut table)?;
    check::measure(&workshop, compilations.min(20), &mut table)?;
    table.print();
    Ok(())
}
