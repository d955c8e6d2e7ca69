//! The filter: how many instructions it has and how long the kernel takes to load it, beside the
//! program that libseccomp makes for the same verdicts.

use crate::Fault;
use crate::rounds::Times;
use crate::table::Table;
use crate::workshop::{Workshop, succeed};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Times the loading of a program.
pub(crate) const INSTALL: &str = include_str!("peers/install.c");

/// Makes libseccomp's program.
pub(crate) const LIBSECCOMP: &str = include_str!("peers/libseccomp.c");

/// `AUDIT_ARCH_X86_64` (linux/audit.h).
const AUDIT_ARCH: u32 = 0xc000_003e;

/// Above every number of the table; such a call gets another verdict than the default.
const NUMBERS: u32 = 512;

/// Measures both.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let filters = &workshop.plan.filters;
    let filter = filters.iter().find(|filter| filter.audit_arch == AUDIT_ARCH);
    let filter = filter.ok_or("the plan has no filter for x86_64")?;
    let own = workshop.dir.join("filter");
    let count = filter.program.len() / 8;
    table.amount("filter", u64::try_from(count).unwrap_or(u64::MAX), "instructions", None);
    let Some(install) = workshop.program("install") else {
        table.skip("filter-install", "gcc is not installed");
        return Ok(());
    };
    let Some(maker) = workshop.program("libseccomp") else {
        table.skip("libseccomp", "libseccomp-dev is not installed");
        let times = loading(&install, &own, rounds)?;
        table.times("loading the filter", &times, None);
        return Ok(());
    };
    let peer = workshop.dir.join("filter-libseccomp");
    let verdicts = verdicts(filter.program).ok_or("the filter cannot be followed")?;
    libseccomp(&maker, &peer, &verdicts)?;
    let size = fs::metadata(&peer).map_err(|error| format!("libseccomp's program: {error}"))?;
    table.amount("libseccomp's, verdicts by number only", size.len() / 8, "instructions", None);
    // Forth and back, so that neither has the quieter half of the time.
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..10 {
        for (program, times) in [&own, &peer].iter().zip(&mut times) {
            times.extend_from_slice(loading(&install, program, rounds.div_ceil(10))?.rounds());
        }
    }
    let [own, peer] = times.map(Times::new);
    table.ratio("loading the filter / libseccomp's", &own, &peer, None);
    table.times("loading the filter", &own, None);
    table.times("loading libseccomp's", &peer, None);
    Ok(())
}

fn loading(install: &Path, program: &Path, rounds: usize) -> Result<Times, Fault> {
    let lines = succeed(Command::new(install).arg(program).arg(rounds.to_string()))?;
    let time = |line: &str| line.parse().map(Duration::from_nanos);
    let times = lines.lines().map(time).collect::<Result<Vec<_>, _>>();
    times.map(Times::new).map_err(|error| format!("the time of loading a filter: {error}"))
}

/// Has libseccomp make a program whose default is the most frequent verdict.
fn libseccomp(maker: &Path, to: &Path, verdicts: &[u32]) -> Result<(), Fault> {
    let frequency = |verdict: &u32| verdicts.iter().filter(|other| *other == verdict).count();
    let default = verdicts.iter().copied().max_by_key(frequency).unwrap_or_default();
    let list = (0..).zip(verdicts).filter(|(_, verdict)| **verdict != default);
    let list = list.map(|(number, verdict): (u32, _)| format!("{number} {verdict}\n"));
    let list = list.collect::<String>();
    let failed = |error| format!("libseccomp's program: {error}");
    let mut command = Command::new(maker);
    let mut child = command.arg(to).arg(default.to_string()).stdin(Stdio::piped()).spawn();
    let child = child.as_mut().map_err(|error| format!("libseccomp: {error}"))?;
    // The pipe is closed at the end of the statement.
    child
        .stdin
        .take()
        .map_or(Ok(()), |mut pipe| pipe.write_all(list.as_bytes()))
        .map_err(failed)?;
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(format!("libseccomp's program: {status}")) }
}

/// What the program says of every system call whose arguments are all zero.
fn verdicts(program: &[u8]) -> Option<Vec<u32>> {
    (0..NUMBERS).map(|number| follow(program, number)).take_while(|v| *v != Some(NO_SUCH)).collect()
}

/// `SECCOMP_RET_ERRNO` with `ENOSYS`: the verdict on numbers above the table.
const NO_SUCH: u32 = 0x0005_0000 + 38;

/// Runs a classic BPF program (linux/filter.h) on one call.
fn follow(program: &[u8], number: u32) -> Option<u32> {
    let mut accumulator = 0_u32;
    let mut at = 0_usize;
    loop {
        let [code, code_high, yes, no, k @ ..] = *program.get(at * 8..)?.first_chunk::<8>()?;
        let (code, k) = (u16::from_le_bytes([code, code_high]), u32::from_le_bytes(k));
        at += 1;
        let mut jump = |holds| at += usize::from(if holds { yes } else { no });
        match code {
            // BPF_LD | BPF_W | BPF_ABS of struct seccomp_data: nr, arch, and zeroes.
            0x20 => {
                let word = usize::try_from(k / 4).ok()?;
                accumulator = [number, AUDIT_ARCH].get(word).copied().unwrap_or(0);
            }
            // BPF_JMP with BPF_JA, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET.
            0x05 => at += usize::try_from(k).ok()?,
            0x15 => jump(accumulator == k),
            0x25 => jump(accumulator > k),
            0x35 => jump(accumulator >= k),
            0x45 => jump(accumulator & k != 0),
            // BPF_ALU | BPF_AND.
            0x54 => accumulator &= k,
            // BPF_RET.
            0x06 => return Some(k),
            _ => return None,
        }
    }
}
