//! From start to exit of /bin/true: purple-exec, its peers, and nothing around it.

use crate::Fault;
use crate::bubblewrap::Arguments;
use crate::rounds::{Times, clock, run};
use crate::table::Table;
use crate::workshop::{BARE, Workshop, installed, succeed};
use nix::unistd::{Gid, Uid, User};
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The ordinary user that `scripts/setup` makes.
const TEST_USER: &str = "purple-test";

const PURPLE: &str = "purple-exec";
const EQUAL: &str = "bubblewrap, equal";
const MINIMAL: &str = "bubblewrap, minimal";
const ALONE: &str = "/bin/true alone";

/// At most this share of bubblewrap's time.
const TARGET: f64 = 0.5;

/// One way to run /bin/true.
struct Contender {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    /// What bubblewrap reads by descriptor.
    files: Option<Arguments>,
}

/// Measures as root and as the test user, or as whoever this is.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    if installed("bwrap").is_none() {
        table.skip("bubblewrap", "bwrap is not installed");
    }
    for (_, compiler) in BARE.iter().filter(|(name, _)| workshop.program(name).is_none()) {
        table.skip("bare-program", &format!("{compiler} is not installed"));
    }
    if !Uid::current().is_root() {
        table.skip("start-as-root", "not started by root");
        let measured = contend(workshop, rounds)?;
        enter(table, "user", &measured);
        return Ok(());
    }
    prepare(workshop, Uid::current(), Gid::current())?;
    let measured = contend(workshop, rounds)?;
    enter(table, "root", &measured);
    let user = User::from_name(TEST_USER).map_err(|errno| format!("{TEST_USER}: {errno}"))?;
    let Some(user) = user else {
        table.skip("start-as-user", "there is no user purple-test; scripts/setup makes it");
        return Ok(());
    };
    prepare(workshop, user.uid, user.gid)?;
    let mut again = Command::new(workshop.dir.join("bench"));
    again.arg("--start").arg(&workshop.dir).arg(rounds.to_string());
    let lines = succeed(again.uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/"))?;
    let measured = lines.lines().map(parse).collect::<Result<Vec<_>, _>>()?;
    enter(table, "user", &measured);
    Ok(())
}

/// Measures in a directory that is ready, and prints the times in nanoseconds.
pub(crate) fn print(dir: &str, rounds: &str) -> Result<(), Fault> {
    let rounds = rounds.parse().map_err(|error| format!("{rounds}: {error}"))?;
    for (name, times) in contend(&Workshop::open(Path::new(dir))?, rounds)? {
        let times = times.rounds().iter().map(|time| time.as_nanos().to_string());
        println!("{name}\t{}", times.collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

fn parse(line: &str) -> Result<(String, Times), Fault> {
    let fault = || format!("unexpected output: {line}");
    let (name, times) = line.split_once('\t').ok_or_else(fault)?;
    let time = |word: &str| word.parse().map(Duration::from_nanos).map_err(|_| fault());
    let times = times.split(' ').map(time).collect::<Result<Vec<_>, _>>()?;
    Ok((name.to_owned(), Times::new(times)))
}

fn enter(table: &mut Table, who: &str, measured: &[(String, Times)]) {
    let of = |name| measured.iter().find(|(other, _)| other == name).map(|(_, times)| times);
    if let Some(own) = of(PURPLE) {
        for (name, times) in measured.iter().filter(|(name, _)| name != PURPLE && name != ALONE) {
            let target = (name == EQUAL).then_some(TARGET);
            table.ratio(&format!("{who}: {PURPLE} / {name}"), own, times, target);
        }
    }
    for (name, times) in measured {
        table.times(&format!("{who}: {name}"), times, None);
    }
}

/// Where the commands of this user start: it has the directory that the policy lets out.
fn place(workshop: &Workshop, user: Uid) -> PathBuf {
    workshop.dir.join(format!("place-{user}"))
}

fn prepare(workshop: &Workshop, user: Uid, group: Gid) -> Result<(), Fault> {
    let place = place(workshop, user);
    for dir in [place.clone(), place.join("output")] {
        fs::create_dir(&dir)
            .and_then(|()| {
                std::os::unix::fs::chown(&dir, Some(user.as_raw()), Some(group.as_raw()))
            })
            .map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    Ok(())
}

fn contend(workshop: &Workshop, rounds: usize) -> Result<Vec<(String, Times)>, Fault> {
    let user = Uid::current();
    let place = place(workshop, user);
    if !place.exists() {
        prepare(workshop, user, Gid::current())?;
    }
    // bubblewrap's paths are looked up from here, as it will look them up.
    std::env::set_current_dir(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let scratch = place.join("files");
    let mut contenders = contenders(workshop, &scratch)?;
    let times = run(&mut contenders, rounds, once)?;
    Ok(contenders.iter().map(|contender| contender.name.to_owned()).zip(times).collect())
}

fn contenders(workshop: &Workshop, scratch: &Path) -> Result<Vec<Contender>, Fault> {
    let own = |name: &str| workshop.dir.join(name);
    let plain = |name, program, arguments: &[&str]| Contender {
        name,
        program,
        arguments: arguments.iter().map(OsString::from).collect(),
        files: None,
    };
    let plan = own("plan");
    let plan = plan.to_string_lossy();
    let mut let_go = Vec::new();
    if !workshop.plan.cgroup.is_empty() {
        let_go.extend(["--unenforced", "cgroup"]);
    }
    for need in &workshop.plan.needs {
        let_go.extend(["--unenforced", need.layer.name()]);
    }
    let arguments = [let_go.as_slice(), &[&plan, "--", "/bin/true"]].concat();
    let mut all = vec![plain(PURPLE, own(PURPLE), &arguments)];
    if let Some(program) = installed("bwrap") {
        let equal = Arguments::equal(&workshop.plan, &own("filter"), scratch)?;
        for (name, files) in [(EQUAL, equal), (MINIMAL, Arguments::minimal())] {
            let mut contender = plain(name, program.clone(), &[]);
            contender.arguments.extend(files.words.iter().map(OsString::from));
            contender.arguments.extend(["--", "/bin/true"].map(OsString::from));
            contender.files = Some(files);
            all.push(contender);
        }
    }
    for (name, _) in BARE {
        if let Some(program) = workshop.program(name) {
            all.push(plain(name, program, &[&own("filter").to_string_lossy(), "/bin/true"]));
        }
    }
    all.push(plain(ALONE, PathBuf::from("/bin/true"), &[]));
    // A contender that does not work is found here, with its own words, before the clock runs.
    for contender in &mut all {
        let files = contender.files.as_mut();
        files.map_or(Ok(()), Arguments::rewind)?;
        let _output = succeed(Command::new(&contender.program).args(&contender.arguments))?;
    }
    Ok(all)
}

fn once(contender: &mut Contender) -> Result<Duration, Fault> {
    contender.files.as_mut().map_or(Ok(()), Arguments::rewind)?;
    let mut command = Command::new(&contender.program);
    command.args(&contender.arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (time, status) = clock(|| command.spawn()?.wait());
    match status {
        Ok(status) if status.success() => Ok(time),
        Ok(status) => Err(format!("{}: {status}", contender.name)),
        Err(error) => Err(format!("{}: {error}", contender.name)),
    }
}
