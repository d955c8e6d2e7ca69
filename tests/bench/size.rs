//! How large purple-exec is: on disk, and in memory while a command runs.

use crate::Fault;
use crate::table::Table;
use crate::workshop::Workshop;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MOST_BYTES: u64 = 128 << 10;
const MOST_RESIDENT_KIB: u64 = 256;

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
    table.absent("its dynamic section (PT_DYNAMIC)", kinds.contains(&PT_DYNAMIC));

    let place = workshop.dir.join("place-size");
    fs::create_dir_all(place.join("output")).map_err(|error| format!("place-size: {error}"))?;
    let mut command = Command::new(path);
    command.current_dir(place).stderr(Stdio::null()).stdin(Stdio::null());
    command.args(workshop.let_go());
    command.arg(workshop.dir.join("plan")).args(["--", "/bin/sleep", "60"]);
    let mut supervisor = command.spawn().map_err(|error| format!("purple-exec: {error}"))?;
    let found = resident(&mut supervisor);
    let ended = supervisor.kill().and_then(|()| supervisor.wait());
    let [supervisor, init] = found?;
    let _status = ended.map_err(|error| format!("ending purple-exec: {error}"))?;
    table.amount("supervisor resident (Rss)", supervisor.rss, "KiB", None);
    table.amount("init resident (Rss)", init.rss, "KiB", None);
    let both = supervisor.rss + init.rss;
    table.amount("supervisor and init resident (Rss)", both, "KiB", Some(MOST_RESIDENT_KIB));
    if let (Some(one), Some(other)) = (supervisor.pss, init.pss) {
        table.amount("supervisor and init, their share (Pss)", one + other, "KiB", None);
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

/// Waits until the command runs, and then reads what supervisor and init hold.
fn resident(supervisor: &mut Child) -> Result<[Resident; 2], Fault> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let outer = supervisor.id();
    loop {
        let init = child_of(outer);
        let command = init.and_then(child_of);
        let name = |id: u32| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        if let (Some(init), Some(command)) = (init, command)
            && name(command) == "sleep\n"
        {
            return Ok([of(outer)?, of(init)?]);
        }
        if Instant::now() > deadline || supervisor.try_wait().is_ok_and(|ended| ended.is_some()) {
            return Err("purple-exec did not start /bin/sleep".to_owned());
        }
        std::thread::yield_now();
    }
}

/// The first child of a process.
fn child_of(parent: u32) -> Option<u32> {
    let mut ids = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    ids.find(|id| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name may hold anything, so the fields are counted from behind it (proc(5)).
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.split(' '));
        fields.and_then(|mut fields| fields.nth(1)).is_some_and(|id| id == parent.to_string())
    })
}

fn of(id: u32) -> Result<Resident, Fault> {
    let status = fs::read_to_string(format!("/proc/{id}/status"));
    let status = status.map_err(|error| format!("/proc/{id}/status: {error}"))?;
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    // The kernel counts VmRSS lazily; smaps_rollup walks the pages.
    let rss = field(&rollup, "Rss:").or_else(|| field(&status, "VmRSS:"));
    Ok(Resident { rss: rss.ok_or("no resident size")?, pss: field(&rollup, "Pss:") })
}

/// A number of KiB in a file of /proc.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
