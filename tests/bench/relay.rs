//! How fast a command writes into a pipe of the caller's: in Purple, whose supervisor hands the bytes
//! on, and into the pipe itself.

use crate::Fault;
use crate::contender::{ALONE, Contender, PURPLE};
use crate::rounds::{Times, clock, run};
use crate::table::Table;
use crate::user::{Measured, once};
use crate::workshop::Workshop;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// The name of this part.
pub(crate) const NAME: &str = "relay";

/// How much is written, and how that is said to `head`.
const BYTES: u64 = 256 << 20;
const WORDS: [&str; 4] = ["/usr/bin/head", "-c", "268435456", "/dev/zero"];

/// At least this share of a plain pipe's throughput.
const LEAST_OF_PLAIN: f64 = 0.9;

/// Measures both.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let measured = once(NAME, contend, workshop, rounds, table)?;
    let of = |name: &str| {
        let found = measured.iter().find(|(other, _)| other == name)?;
        let times = found.1.iter().copied().map(Duration::from_nanos);
        Some(Times::new(times.collect()))
    };
    if let (Some(own), Some(plain)) = (of(PURPLE), of(ALONE)) {
        let ratio = plain.ratio_to(&own);
        let target = (format!("{LEAST_OF_PLAIN:.2}"), ratio >= LEAST_OF_PLAIN);
        let what = "throughput of standard output: purple-exec / a plain pipe";
        table.text(what, format!("{ratio:.2}"), Some(target));
        for (name, times) in [(PURPLE, &own), (ALONE, &plain)] {
            table.times(&format!("256 MiB into a pipe: {name}"), times, None);
        }
    }
    Ok(())
}

/// Times by contender, in nanoseconds.
pub(crate) fn contend(workshop: &Workshop, _: &Path, rounds: usize) -> Result<Measured, Fault> {
    let mut contenders = vec![
        Contender::purple(workshop, &WORDS),
        Contender::alone(&WORDS),
    ];
    let times = run(&mut contenders, rounds, |contender| {
        let mut command = contender.command()?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let (time, read) = clock(|| {
            let mut child = command.spawn()?;
            let mut read = 0;
            if let Some(mut pipe) = child.stdout.take() {
                let mut buffer = vec![0; 1 << 16];
                loop {
                    let count = pipe.read(&mut buffer)?;
                    if count == 0 {
                        break;
                    }
                    read += u64::try_from(count).unwrap_or_default();
                }
            }
            let _status = child.wait()?;
            Ok::<_, std::io::Error>(read)
        });
        match read {
            Ok(BYTES) => Ok(time),
            Ok(read) => Err(format!("{}: {read} bytes came out", contender.name)),
            Err(error) => Err(format!("{}: {error}", contender.name)),
        }
    })?;
    let names = contenders.iter().map(|contender| contender.name.to_owned());
    Ok(names.zip(times.iter().map(Times::nanoseconds)).collect())
}
