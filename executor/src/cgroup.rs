//! The control group that limits the sandbox (Documentation/admin-guide/cgroup-v2.rst).
//!
//! It is made below a group that the caller may divide: the one of `--cgroup`, for root the group
//! `purple`, for a user the caller's own. Init is cloned into it, the supervisor stays outside.

use crate::disks;
use crate::message::{OrRefuse, Part, Refused, Text, parts, refuse, refused, say};
use crate::mountinfo;
use crate::run::Run;
use crate::transfer::{number, open_at, read, write};
use core::ffi::CStr;
use purple_plan::{CgroupValue, Layer, Plan, SourceLine};
use purple_report::CgroupUsage;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

pub(crate) const STEP: &str = "cgroup";

/// `CGROUP2_SUPER_MAGIC` (linux/magic.h).
const CGROUP2: i64 = 0x6367_7270;

const CONTROLLERS: &CStr = c"cgroup.subtree_control";
const PROCESSES: &CStr = c"cgroup.procs";

/// The group of a run.
#[derive(Debug)]
pub(crate) struct Group {
    parent: OwnedFd,
    dir: OwnedFd,
    name: Text<64>,
    /// What was read back, a line each: a file's name, a space, its value.
    values: Text<1024>,
}

/// What the group was limited to, and what its processes used.
#[derive(Debug)]
pub(crate) struct Used {
    /// A line each: a file's name, a space, the value that was read back.
    pub(crate) values: Text<1024>,
    /// `None` where the kernel or the group does not count it.
    pub(crate) counts: CgroupUsage,
}

impl Used {
    /// Whether the kernel killed something of the group for want of memory.
    pub(crate) fn out_of_memory(&self) -> bool {
        self.counts.oom_kills.is_some_and(|kills| kills > 0)
    }
}

impl Group {
    /// Makes the group and sets its limits. `None`: the plan has none, or the operator let them go.
    #[inline(never)]
    pub(crate) fn make(run: &Run) -> Result<Option<Self>, Refused> {
        if first_line(&run.plan).is_none() || run.options.lets_go(Layer::Cgroup) {
            return Ok(None);
        }
        let mut name = Text::of(b"purple-");
        name.push_number(u64::from(
            rustix::process::getpid().as_raw_pid().unsigned_abs(),
        ));
        let parent = parent(run, &name)?;
        let fail = |errno| failed(run, parts!["a new group", errno]);
        let dir = fresh(&parent, &name).map_err(fail)?;
        let mut group = Self {
            parent,
            dir,
            name,
            values: Text::new(),
        };
        match run
            .plan
            .cgroup
            .iter()
            .try_for_each(|value| group.limit(&run.plan, &value))
        {
            Ok(()) => Ok(Some(group)),
            Err(refused) => {
                let _used: Result<Used, Refused> = group.end(&run.plan);
                Err(refused)
            }
        }
    }

    /// The directory, to clone a process into.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    /// Sets a limit and reads it back. The limits of disks hold for each disk behind a path that the
    /// payload can write to: which ones these are, only the host knows.
    fn limit(&mut self, plan: &Plan<'_>, value: &CgroupValue<'_>) -> Result<(), Refused> {
        if value.file != c"io.max" {
            return self.set(value, value.value.to_bytes());
        }
        disks::behind_outputs(plan, value.line, |disk| {
            let mut line = Text::<256>::of(disk);
            line.push(" ");
            line.push_bytes(value.value.to_bytes());
            self.set(value, line.bytes())
        })
    }

    fn set(&mut self, value: &CgroupValue<'_>, wanted: &[u8]) -> Result<(), Refused> {
        let fail = |errno| refuse!(STEP, value.file, " = ", wanted, errno, value.line);
        write(self.dir(), value.file, wanted).map_err(fail)?;
        let mut buffer = [0; 4096];
        let found = read(self.dir(), value.file, &mut buffer).map_err(fail)?;
        let same = |line: &&[u8]| is_in_force(value.file, wanted, line);
        let found = found
            .split(|&byte| byte == b'\n')
            .find(same)
            .ok_or_else(|| fail(Errno::IO))?;
        self.values.push_bytes(value.file.to_bytes());
        self.values.push(" ");
        self.values.push_bytes(found);
        self.values.push("\n");
        self.values.c_str().map(drop).map_err(fail)
    }

    /// Kills what is left, says which limits were reached, and removes the group.
    #[inline(never)]
    pub(crate) fn end(self, plan: &Plan<'_>) -> Result<Used, Refused> {
        write(self.dir(), c"cgroup.kill", b"1").or_refuse(STEP, "killing the group")?;
        self.wait_until_empty()
            .or_refuse(STEP, "waiting for the group's end")?;
        let counts = self.counts();
        remove(&self.parent, &self.name).or_refuse(STEP, "removing the group")?;
        for (file, count, what) in [
            (
                c"memory.max",
                counts.oom_kills,
                ": processes that the kernel killed for want of memory: ",
            ),
            (
                c"pids.max",
                counts.pids_limit_hits,
                ": new processes and threads that it kept from starting: ",
            ),
        ] {
            let limit = plan.cgroup.iter().find(|value| value.file == file);
            if let (Some(limit), Some(count @ 1..)) = (limit, count) {
                say!(
                    STEP,
                    limit.file,
                    " = ",
                    limit.value,
                    what,
                    count,
                    limit.line
                );
            }
        }
        Ok(Used {
            values: self.values,
            counts,
        })
    }

    /// Everything that is counted. Where a word stands more than once in a file, as for each disk,
    /// the sum counts.
    fn counts(&self) -> CgroupUsage {
        let count = |file, word| {
            let mut buffer = [0; 4096];
            let text = read(self.dir(), file, &mut buffer).ok()?;
            Some(sum(text, word))
        };
        CgroupUsage {
            cpu_microseconds: count(c"cpu.stat", b"usage_usec"),
            cpu_throttled_microseconds: count(c"cpu.stat", b"throttled_usec"),
            peak_memory_bytes: count(c"memory.peak", b""),
            disk_read_bytes: count(c"io.stat", b"rbytes"),
            disk_written_bytes: count(c"io.stat", b"wbytes"),
            peak_pids: count(c"pids.peak", b""),
            oom_kills: count(c"memory.events", b"oom_kill"),
            pids_limit_hits: count(c"pids.events", b"max"),
        }
    }

    /// Waits until the kernel says that nothing runs in the group, at most ten seconds.
    fn wait_until_empty(&self) -> Result<(), Errno> {
        let events = open_at(&self.dir, c"cgroup.events", OFlags::RDONLY)?;
        loop {
            let mut buffer = [0; 256];
            let count = rustix::io::pread(&events, &mut buffer[..], 0)?;
            if sum(buffer.get(..count).unwrap_or(&[]), b"populated") == 0 {
                return Ok(());
            }
            let mut fds = [PollFd::new(&events, PollFlags::PRI)];
            if poll(
                &mut fds,
                Some(&Timespec {
                    tv_sec: 10,
                    tv_nsec: 0,
                }),
            )? == 0
            {
                return Err(Errno::TIMEDOUT);
            }
        }
    }
}

/// The group below which the run's is made, with the controllers that the plan's limits need.
fn parent(run: &Run, name: &Text<64>) -> Result<OwnedFd, Refused> {
    let no = |what: &[u8], errno| failed(run, parts![what, errno]);
    let absent = |errno| no(b"no cgroup2 file system is mounted", errno);
    let mut path = Text::<4096>::new();
    let named = run.options.cgroup;
    match named {
        Some(named) => path.push_bytes(named.to_bytes()),
        None => path = mountinfo::find_type(b"cgroup2").map_err(absent)?,
    }
    if named.is_none() && run.outside.root {
        let root = open(CWD, &path).map_err(|errno| no(path.bytes(), errno))?;
        enable(run, &root, path.bytes())?;
        path.push("/purple");
        match rustix::fs::mkdir(path.c_str().unwrap_or(c""), Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(no(path.bytes(), errno)),
        }
    } else if named.is_none() {
        let mut buffer = [0; 4096];
        let all = read(CWD, c"/proc/self/cgroup", &mut buffer).map_err(absent)?;
        let own = all
            .split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(b"0::"));
        path.push_bytes(own.ok_or_else(|| absent(Errno::NOENT))?);
    }
    let group = open(CWD, &path).map_err(|errno| no(path.bytes(), errno))?;
    if rustix::fs::fstatfs(&group).map_err(absent)?.f_type != CGROUP2 {
        let why = " is not a group of a cgroup2 file system";
        return Err(failed(run, parts![path.bytes(), why]));
    }
    if named.is_some() || run.outside.root {
        return enable(run, &group, path.bytes()).map(|()| group);
    }
    // A group that gives controllers to groups below it may hold no process: the caller's own gets a
    // group for the supervisor too.
    let mut side = Text::<64>::of(name.bytes());
    side.push(".supervisor");
    let moved = fresh(&group, &side).and_then(|side| write(&side, PROCESSES, b"0"));
    let moved =
        moved.map_err(|errno| failed(run, parts![path.bytes(), " is not yours to divide", errno]));
    if let Err(refused) = moved.and_then(|()| enable(run, &group, path.bytes())) {
        // Back to where the caller was. This only tidies up: the run is refused already.
        let back = write(&group, PROCESSES, b"0");
        let _tidy: Result<(), Errno> = back.and_then(|()| remove(&group, &side));
        return Err(refused);
    }
    Ok(group)
}

/// Has a group give those below it the controllers that the plan's limits need.
fn enable(run: &Run, group: &OwnedFd, shown: &[u8]) -> Result<(), Refused> {
    let mut first = [0; 16];
    // All groups but the first of all have a type, and must not hold processes then.
    let held = match read(group, c"cgroup.type", &mut [0; 64]) {
        Err(Errno::NOENT) => Ok(&b""[..]),
        found => found.and_then(|_| read(group, PROCESSES, &mut first)),
    };
    if !held
        .map_err(|errno| failed(run, parts![shown, errno]))?
        .is_empty()
    {
        let why = " holds processes, so no group below it can be limited";
        return Err(failed(run, parts![shown, why]));
    }
    for value in &run.plan.cgroup {
        let controller = controller(value.file);
        let is_on = || {
            let mut buffer = [0; 512];
            let all = read(group, CONTROLLERS, &mut buffer)?;
            Ok(all
                .split(u8::is_ascii_whitespace)
                .any(|word| word == controller))
        };
        let mut word = Text::<64>::of(b"+");
        word.push_bytes(controller);
        let on = match is_on() {
            Ok(false) => write(group, CONTROLLERS, word.bytes()).and_then(|()| is_on()),
            on => on,
        };
        let (what, errno) = match on {
            Ok(true) => continue,
            Ok(false) => (" does not give on the controller ", Errno::IO),
            Err(Errno::NOENT) => (" has no controller ", Errno::NOENT),
            Err(errno) => (" does not give on the controller ", errno),
        };
        return Err(failed(run, parts![shown, what, controller, errno]));
    }
    Ok(())
}

/// Refuses the run, with what helps.
fn failed(run: &Run, parts: &[Part<'_>]) -> Refused {
    let refused = refused(STEP, parts);
    let start = if run.outside.root { "" } else { USERS_ADVICE };
    let line = first_line(&run.plan).map_or(Part::Text(""), Part::Line);
    say!(STEP, "the plan's limits need it; ", start, ADVICE, line);
    refused
}

const USERS_ADVICE: &str =
    "put `systemd-run --user --scope -p Delegate=yes` before the command, or ";
const ADVICE: &str =
    "name a group that may be divided by --cgroup, or run without limits by --unenforced cgroup";

fn first_line(plan: &Plan<'_>) -> Option<SourceLine> {
    plan.cgroup.iter().next().map(|value| value.line)
}

/// Makes a group. One of this name in which nothing runs was left when a supervisor was killed; one
/// in which something runs stays, and making it fails.
fn fresh(parent: &OwnedFd, name: &Text<64>) -> Result<OwnedFd, Errno> {
    let _left: Result<(), Errno> = remove(parent, name);
    rustix::fs::mkdirat(
        parent,
        name.c_str().unwrap_or(c""),
        Mode::from_raw_mode(0o755),
    )?;
    open(parent.as_fd(), name).or_else(|errno| remove(parent, name).and(Err(errno)))
}

fn remove(parent: &OwnedFd, name: &Text<64>) -> Result<(), Errno> {
    rustix::fs::unlinkat(parent, name.c_str().unwrap_or(c""), AtFlags::REMOVEDIR)
}

fn open<const N: usize>(dir: BorrowedFd<'_>, path: &Text<N>) -> Result<OwnedFd, Errno> {
    let path = path.c_str()?;
    open_at(dir, path, OFlags::PATH | OFlags::DIRECTORY)
}

/// The controller that a group's file belongs to: the word before the first dot.
fn controller(file: &CStr) -> &[u8] {
    file.to_bytes()
        .split(|&byte| byte == b'.')
        .next()
        .unwrap_or(&[])
}

/// Whether a line of a file says what was written to it: the same; for a disk, which has more limits
/// than are set here, the same at its start; for memory, the same in whole pages.
fn is_in_force(file: &CStr, wanted: &[u8], found: &[u8]) -> bool {
    const PAGE: u64 = 4096;
    match (controller(file), number::<u64>(wanted), number(found)) {
        (b"memory", Some(wanted), Some(found)) => {
            found <= wanted && wanted.saturating_sub(found) < PAGE
        }
        (b"io", ..) => found
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.starts_with(b" ")),
        _ => found == wanted,
    }
}

/// The sum of the numbers that stand behind a word; the first number where there is no word.
fn sum(text: &[u8], word: &[u8]) -> u64 {
    let words = || {
        text.split(|byte| b" \n=".contains(byte))
            .filter(|word| !word.is_empty())
    };
    let behind = words()
        .zip(words().skip(1))
        .filter(|(before, _)| *before == word);
    let first = words().next().filter(|_| word.is_empty());
    let numbers = behind.map(|(_, text)| text).chain(first).filter_map(number);
    numbers.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::{is_in_force, sum};

    #[test]
    fn sums() {
        let disks = b"7:0 rbytes=10 wbytes=1 rios=3\n254:16 rbytes=5 wbytes=2\n";
        assert_eq!((sum(disks, b"rbytes"), sum(disks, b"wbytes")), (15, 3));
        assert_eq!(
            sum(b"oom 4\noom_kill 2\noom_group_kill 1\n", b"oom_kill"),
            2
        );
        assert_eq!(
            (sum(b"4096\n", b""), sum(b"", b""), sum(b"", b"max")),
            (4096, 0, 0)
        );
    }

    #[test]
    fn values_in_force() {
        for (file, wanted, found, expected) in [
            (c"pids.max", "20", "20", true),
            (c"pids.max", "20", "19", false),
            (c"pids.max", "20", "max", false),
            (c"memory.max", "5000", "4096", true),
            (c"memory.max", "5000", "5001", false),
            (c"memory.max", "8192", "4096", false),
            (c"memory.max", "8192", "max", false),
            (c"memory.high", "max", "max", true),
            (c"io.max", "7:0 rbps=1", "7:0 rbps=1 wbps=max", true),
            (c"io.max", "7:0 rbps=1", "7:0 rbps=10 wbps=max", false),
        ] {
            let found_is = is_in_force(file, wanted.as_bytes(), found.as_bytes());
            assert_eq!(found_is, expected, "{file:?}: {wanted} and {found}");
        }
    }
}
