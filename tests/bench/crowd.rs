//! Many at a time: how many sandboxes start in a second when every processor starts them, and
//! whether all of a crowd that lives at once run, end, and leave nothing.

use crate::Fault;
use crate::contender::{Contender, EQUAL, PURPLE};
use crate::rounds::{Times, run};
use crate::table::Table;
use crate::user::{Measured, once};
use crate::workshop::Workshop;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The name of this part.
pub(crate) const NAME: &str = "crowd";

/// How long everybody starts sandboxes in a round.
const SLICE: Duration = Duration::from_millis(1500);

/// How many live at once.
const CROWD: u64 = 500;

/// Starts a second and processor, and how many times as many as bubblewrap's: 200 beside 150.
const LEAST_STARTS: f64 = 200.0;
const LEAST_OF_EQUAL: f64 = 200.0 / 150.0;

const RAN: &str = "ran";
const ENDED: &str = "ended well";
const UNTIL_ALL_RUN: &str = "until all run";
const UNTIL_ALL_ENDED: &str = "until all ended";
const LEFT: [&str; 4] = [
    "processes",
    "mounts",
    "files in /tmp and in the project",
    "control groups",
];

/// Measures both.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let measured = once(NAME, contend, workshop, rounds, table)?;
    let of = |name: &str| {
        let found = measured.iter().find(|(other, _)| other == name);
        found.map(|(_, numbers)| numbers.as_slice())
    };
    let times =
        |numbers: &[u64]| Times::new(numbers.iter().copied().map(Duration::from_nanos).collect());
    if let Some(own) = of(PURPLE).map(times) {
        table.rate(PURPLE, &own, Some(LEAST_STARTS));
        if let Some(equal) = of(EQUAL).map(times) {
            table.rate(EQUAL, &equal, None);
            let ratio = equal.ratio_to(&own);
            let target = (format!("{LEAST_OF_EQUAL:.2}"), ratio >= LEAST_OF_EQUAL);
            let what = format!("starts a second: {PURPLE} / {EQUAL}");
            table.text(&what, format!("{ratio:.2}"), Some(target));
        }
    }
    let one = |name: &str| {
        of(name)
            .and_then(<[u64]>::first)
            .copied()
            .unwrap_or_default()
    };
    for name in [RAN, ENDED] {
        let target = (CROWD.to_string(), one(name) == CROWD);
        table.text(
            &format!("{CROWD} at once, {name}"),
            one(name).to_string(),
            Some(target),
        );
    }
    for name in [UNTIL_ALL_RUN, UNTIL_ALL_ENDED] {
        table.amount(&format!("{CROWD} at once, {name}"), one(name), "ms", None);
    }
    for name in LEFT {
        table.amount(
            &format!("{CROWD} at once, left behind: {name}"),
            one(name),
            "",
            Some(0),
        );
    }
    Ok(())
}

/// Nanoseconds a start, for one processor, by contender; and what became of the crowd.
pub(crate) fn contend(workshop: &Workshop, place: &Path, rounds: usize) -> Result<Measured, Fault> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let command = ["/bin/true"];
    let mut teams = vec![
        (0..processors)
            .map(|_| Contender::purple(workshop, &command))
            .collect(),
    ];
    let equal = (0..processors)
        .map(|at| Contender::equal(workshop, &place.join(format!("files-{at}")), &command))
        .collect::<Result<Option<Vec<_>>, _>>()?;
    teams.extend(equal);
    let times = run(&mut teams, rounds, |team: &mut Vec<Contender>| slice(team))?;
    let names = teams
        .iter()
        .filter_map(|team| Some(team.first()?.name.to_owned()));
    let mut measured: Measured = names.zip(times.iter().map(Times::nanoseconds)).collect();
    drop(teams);
    measured.extend(crowd(workshop, place)?);
    Ok(measured)
}

/// Has each of a team start one sandbox after the other for a while. Returns how long one start takes
/// a processor.
fn slice(team: &mut [Contender]) -> Result<Duration, Fault> {
    let start = Instant::now();
    let done = std::thread::scope(|scope| {
        let one = |contender| scope.spawn(move || starts(contender, start));
        let all = team.iter_mut().map(one).collect::<Vec<_>>();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<f64, Fault>>| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a thread of the bench has died".to_owned()))
        };
        all.into_iter().map(join).collect::<Result<Vec<_>, _>>()
    })?;
    let processors = f64::from(u32::try_from(done.len()).unwrap_or(u32::MAX));
    Ok(Duration::from_secs_f64(
        processors / done.iter().sum::<f64>(),
    ))
}

/// How many starts a second one thread does.
fn starts(contender: &mut Contender, start: Instant) -> Result<f64, Fault> {
    let mut count = 0_u32;
    while start.elapsed() < SLICE {
        let _time = contender.once()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

fn crowd(workshop: &Workshop, place: &Path) -> Result<Measured, Fault> {
    let failed = |error: std::io::Error| format!("the crowd: {error}");
    let before = Traces::find(place);
    let (waiting, hold) = std::io::pipe().map_err(failed)?;
    let (said, say) = std::io::pipe().map_err(failed)?;
    let mut contender =
        Contender::purple(workshop, &["/bin/sh", "-c", "echo up; read line; exit 0"]);
    let start = Instant::now();
    let mut children = Vec::new();
    for _ in 0..CROWD {
        let mut command = contender.command()?;
        command.stdin(waiting.try_clone().map_err(failed)?);
        command
            .stdout(say.try_clone().map_err(failed)?)
            .stderr(Stdio::null());
        children.push(command.spawn().map_err(failed)?);
    }
    drop((waiting, say));
    // Ends early where one has ended without a word and so none holds the pipe.
    let all = usize::try_from(CROWD).unwrap_or(usize::MAX);
    let ran = BufReader::new(said)
        .lines()
        .map_while(Result::ok)
        .take(all)
        .count();
    let until_all_run = start.elapsed();
    let processes = descendants();
    drop(hold);
    let ended = children.iter_mut().map(Child::wait).filter_map(Result::ok);
    let ended = ended.filter(std::process::ExitStatus::success).count();
    let until_all_ended = start.elapsed();
    let left = processes.intersection(&running()).count();
    let traces = Traces::find(place);
    let new = [
        left,
        traces.mounts.saturating_sub(before.mounts),
        traces.files.difference(&before.files).count(),
        traces.groups.difference(&before.groups).count(),
    ];
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let mut measured = vec![
        (RAN.to_owned(), vec![number(ran)]),
        (ENDED.to_owned(), vec![number(ended)]),
        (UNTIL_ALL_RUN.to_owned(), vec![millis(until_all_run)]),
        (UNTIL_ALL_ENDED.to_owned(), vec![millis(until_all_ended)]),
    ];
    measured.extend(
        LEFT.into_iter()
            .zip(new)
            .map(|(name, count)| (name.to_owned(), vec![number(count)])),
    );
    Ok(measured)
}

/// What a sandbox could leave behind.
struct Traces {
    mounts: usize,
    files: BTreeSet<PathBuf>,
    groups: BTreeSet<PathBuf>,
}

impl Traces {
    fn find(place: &Path) -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let mut files = BTreeSet::new();
        entries(Path::new("/tmp"), 1, &mut files);
        entries(place, 8, &mut files);
        let mut groups = BTreeSet::new();
        for mount in mounts.lines().filter(|line| line.contains(" - cgroup2 ")) {
            entries(
                Path::new(mount.split(' ').nth(4).unwrap_or_default()),
                8,
                &mut groups,
            );
        }
        Self {
            mounts: mounts.lines().count(),
            files,
            groups,
        }
    }
}

/// What lies in a directory, and so many levels down.
fn entries(dir: &Path, levels: usize, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if levels > 1 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            entries(&path, levels - 1, found);
        }
        found.insert(path);
    }
}

/// A process and when it started, so that another one with its id is another one.
pub(crate) type Process = (u32, String);

/// Every process, with its parent.
pub(crate) fn processes() -> Vec<(Process, u32)> {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name may hold anything, so the fields are counted from behind it (proc(5)).
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let parent = fields.nth(1)?.parse().ok()?;
        Some(((id, fields.nth(17)?.to_owned()), parent))
    })
    .collect()
}

fn running() -> BTreeSet<Process> {
    processes()
        .into_iter()
        .map(|(process, _)| process)
        .collect()
}

/// Everything that this process has started, and what that has started.
fn descendants() -> BTreeSet<Process> {
    let all = processes();
    let mut found = BTreeSet::new();
    let mut parents = vec![std::process::id()];
    while let Some(parent) = parents.pop() {
        for (process, _) in all.iter().filter(|(_, above)| *above == parent) {
            parents.push(process.0);
            found.insert(process.clone());
        }
    }
    found
}
