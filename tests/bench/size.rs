//! How large purple-exec is: on disk, and in memory while a command runs.

use crate::Fault;
use crate::crowd::processes;
use crate::table::Table;
use crate::workshop::{Workshop, succeed};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MOST_BYTES: u64 = 191 << 10;
const MOST_RESIDENT_KIB: u64 = 256;

/// A policy whose sandbox has a recorder: it is notified of denied calls.
const NOTIFIED: &str = "name: notified
extends: ai-dev-safe
audit: {enabled: true, detail_level: [syscall]}
";

/// Types of ELF program headers (elf(5)).
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;

/// Measures both.
pub(crate) fn measure(workshop: &Workshop, table: &mut Table) -> Result<(), Fault> {
    let path = workshop.dir.join("purple-exec");
    let program = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let bytes = u64::try_from(program.len()).unwrap_or(u64::MAX);
    table.amount("purple-exec as it ships", bytes, "bytes", Some(MOST_BYTES));
    let kinds = segments(&program).ok_or("purple-exec is no 64-bit little-endian ELF file")?;
    table.absent("its dynamic loader (PT_INTERP)", kinds.contains(&PT_INTERP));
    table.absent(
        "its dynamic section (PT_DYNAMIC)",
        kinds.contains(&PT_DYNAMIC),
    );

    let policy = workshop.dir.join("notified.yaml");
    let notified_plan = workshop.dir.join("notified.plan");
    fs::write(&policy, NOTIFIED).map_err(|error| format!("{}: {error}", policy.display()))?;
    let mut purplec = Command::new(workshop.dir.join("purplec"));
    let _printed = succeed(
        purplec
            .arg("compile")
            .arg(policy)
            .arg("-o")
            .arg(&notified_plan),
    )?;
    in_memory(
        "supervisor and init",
        &workshop.dir.join("plan"),
        &[],
        workshop,
        table,
    )?;
    let report = workshop.dir.join("report");
    let report = ["--report", &report.to_string_lossy()];
    in_memory(
        "supervisor, init and recorder",
        &notified_plan,
        &report,
        workshop,
        table,
    )
}

/// Measures what the processes of one sandbox hold together while its command runs.
fn in_memory(
    who: &str,
    plan: &Path,
    arguments: &[&str],
    workshop: &Workshop,
    table: &mut Table,
) -> Result<(), Fault> {
    let place = workshop.dir.join("place-size");
    fs::create_dir_all(place.join("output")).map_err(|error| format!("place-size: {error}"))?;
    let mut command = Command::new(workshop.dir.join("purple-exec"));
    command
        .current_dir(place)
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    command
        .args(arguments)
        .args(workshop.let_go())
        .arg(plan)
        .args(["--", "/bin/sleep", "60"]);
    let mut supervisor = command
        .spawn()
        .map_err(|error| format!("purple-exec: {error}"))?;
    let found = resident(&mut supervisor);
    let ended = supervisor.kill().and_then(|()| supervisor.wait());
    let found = found?;
    let _status = ended.map_err(|error| format!("ending purple-exec: {error}"))?;
    let rss = found.iter().map(|one| one.rss).sum();
    table.amount(
        &format!("{who}: Rss, shared pages in each"),
        rss,
        "KiB",
        Some(MOST_RESIDENT_KIB),
    );
    if let Some(pss) = found.iter().map(|one| one.pss).sum() {
        let what = format!("{who}: Pss, shared pages once");
        table.amount(&what, pss, "KiB", Some(MOST_RESIDENT_KIB));
    } else {
        table.skip("pss", "only root may read smaps_rollup of init");
    }
    Ok(())
}

/// The types of the program headers.
fn segments(program: &[u8]) -> Option<Vec<u32>> {
    if !program.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = usize::try_from(u64::from_le_bytes(*program.get(32..)?.first_chunk()?)).ok()?;
    let size = usize::from(u16::from_le_bytes(*program.get(54..)?.first_chunk()?));
    let count = usize::from(u16::from_le_bytes(*program.get(56..)?.first_chunk()?));
    let kind = |index: usize| {
        let header = program.get(table.checked_add(index.checked_mul(size)?)?..)?;
        Some(u32::from_le_bytes(*header.first_chunk()?))
    };
    (0..count).map(kind).collect()
}

/// KiB of one process.
struct Resident {
    rss: u64,
    pss: Option<u64>,
}

/// Waits until the command runs, and then reads what purple-exec's processes hold.
fn resident(supervisor: &mut Child) -> Result<Vec<Resident>, Fault> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let all = descendants(supervisor.id());
        let name = |id: u32| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        if let Some((payload, own)) = all.split_last()
            && name(*payload) == "sleep\n"
        {
            return [supervisor.id()]
                .iter()
                .chain(own)
                .map(|id| of(*id))
                .collect();
        }
        if Instant::now() > deadline || supervisor.try_wait().is_ok_and(|ended| ended.is_some()) {
            return Err("purple-exec did not start /bin/sleep".to_owned());
        }
        std::thread::yield_now();
    }
}

/// What a process has started, and what that has started, the deepest last.
fn descendants(parent: u32) -> Vec<u32> {
    let parents = processes();
    let mut found = vec![parent];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, above)| *above == parent)
                .map(|((id, _), _)| *id),
        );
        at += 1;
    }
    found.split_off(1)
}

fn of(id: u32) -> Result<Resident, Fault> {
    let status = fs::read_to_string(format!("/proc/{id}/status"));
    let status = status.map_err(|error| format!("/proc/{id}/status: {error}"))?;
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    // The kernel counts VmRSS lazily; smaps_rollup walks the pages.
    let rss = field(&rollup, "Rss:").or_else(|| field(&status, "VmRSS:"));
    Ok(Resident {
        rss: rss.ok_or("no resident size")?,
        pss: field(&rollup, "Pss:"),
    })
}

/// A number of KiB in a file of /proc.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
