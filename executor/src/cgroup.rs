//! The control group that limits the sandbox (Documentation/admin-guide/cgroup-v2.rst).
//!
//! It is made below a group that the caller may divide: the one of `--cgroup`, for root the group
//! `purple`, for a user the caller's own. Init is cloned into it, the supervisor stays outside.

use crate::disks;
use crate::message::{Part, Refused, Text, refuse, say};
use crate::mountinfo;
use crate::run::Run;
use crate::sys::memory;
use crate::transfer::read_all;
use core::ffi::CStr;
use purple_plan::{CgroupValue, Layer, Place, Plan};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

pub(crate) const STEP: &str = "cgroup";

/// `CGROUP2_SUPER_MAGIC` (linux/magic.h).
const CGROUP2: i64 = 0x6367_7270;

/// What root's groups are made in.
const ROOTS: &CStr = c"purple";

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
    /// By [`COUNTS`]; `None` where the kernel or the group does not count it.
    pub(crate) counts: [Option<u64>; COUNTS.len()],
}

/// A number in a file of the group: its name in reports, the file, and the word before it. Where it
/// stands more than once, as for each disk, the sum counts.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) name: &'static str,
    file: &'static CStr,
    key: &'static [u8],
}

const fn count(name: &'static str, file: &'static CStr, key: &'static [u8]) -> Count {
    Count { name, file, key }
}

/// Everything that is counted. Times are in microseconds.
pub(crate) const COUNTS: [Count; 8] = [
    count("cpu_microseconds", c"cpu.stat", b"usage_usec"),
    count("cpu_throttled_microseconds", c"cpu.stat", b"throttled_usec"),
    count("peak_memory_bytes", c"memory.peak", b""),
    count("disk_read_bytes", c"io.stat", b"rbytes"),
    count("disk_written_bytes", c"io.stat", b"wbytes"),
    count("peak_pids", c"pids.peak", b""),
    count("oom_kills", c"memory.events", b"oom_kill"),
    count("pids_limit_hits", c"pids.events", b"max"),
];

impl Used {
    /// Whether the kernel killed something of the group for want of memory.
    pub(crate) fn out_of_memory(&self) -> bool {
        matches!(self.counts, [.., Some(kills), _] if kills > 0)
    }
}

impl Group {
    /// Makes the group and sets its limits. `None`: the plan has none, or the operator let them go.
    pub(crate) fn make(run: &Run) -> Result<Option<Self>, Refused> {
        if first_line(&run.plan).is_none() || run.options.unenforced.contains(Layer::Cgroup) {
            return Ok(None);
        }
        let mut name = Text::new();
        name.push("purple-");
        name.push_number(u64::from(
            rustix::process::getpid().as_raw_nonzero().get().unsigned_abs(),
        ));
        let parent = parent(run, &name)?;
        let fail = |errno| failed(run, &[Part::Text("a new group"), Part::Error(errno)]);
        let dir = fresh(parent.as_fd(), name.c_str().unwrap_or(c"")).map_err(fail)?;
        let mut group = Self { parent, dir, name, values: Text::new() };
        match run.plan.cgroup.iter().try_for_each(|value| group.limit(&run.plan, &value)) {
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
            let mut line = Text::<256>::new();
            line.push_bytes(disk);
            line.push(" ");
            line.push_bytes(value.value.to_bytes());
            self.set(value, line.bytes())
        })
    }

    fn set(&mut self, value: &CgroupValue<'_>, wanted: &[u8]) -> Result<(), Refused> {
        let fail = |errno| {
            let (file, line) = (Part::Name(value.file), Part::Line(value.line));
            refuse(STEP, &[file, Part::Text(" = "), Part::Bytes(wanted), Part::Error(errno), line])
        };
        write(self.dir(), value.file, wanted).map_err(fail)?;
        let mut buffer = [0; 4096];
        let found = read(self.dir(), value.file, &mut buffer).map_err(fail)?;
        let same = |line: &&[u8]| is_in_force(value.file, wanted, line);
        let found = found.split(|&byte| byte == b'\n').find(same).ok_or_else(|| fail(Errno::IO))?;
        self.values.push_bytes(value.file.to_bytes());
        self.values.push(" ");
        self.values.push_bytes(found);
        self.values.push("\n");
        if self.values.is_whole() { Ok(()) } else { Err(fail(Errno::NOSPC)) }
    }

    /// Kills what is left, says which limits were reached, and removes the group.
    pub(crate) fn end(self, plan: &Plan<'_>) -> Result<Used, Refused> {
        let fail =
            |what: &'static str| move |errno| refuse(STEP, &[Part::Text(what), Part::Error(errno)]);
        write(self.dir(), c"cgroup.kill", b"1").map_err(fail("killing the group"))?;
        self.wait_until_empty().map_err(fail("waiting for the group's end"))?;
        let counts = COUNTS.map(|count| {
            let mut buffer = [0; 4096];
            let text = read(self.dir(), count.file, &mut buffer).ok()?;
            Some(sum(text, count.key))
        });
        let name = self.name.c_str().unwrap_or(c"");
        rustix::fs::unlinkat(&self.parent, name, AtFlags::REMOVEDIR)
            .map_err(fail("removing the group"))?;
        let [.., oom_kills, refused] = counts;
        for (file, count, what) in [
            (c"memory.max", oom_kills, ": processes that the kernel killed for want of memory: "),
            (c"pids.max", refused, ": new processes and threads that it kept from starting: "),
        ] {
            let limit = plan.cgroup.iter().find(|value| value.file == file);
            if let (Some(limit), Some(count @ 1..)) = (limit, count) {
                let (name, value) = (Part::Name(limit.file), Part::Name(limit.value));
                let (count, line) = (Part::Number(count), Part::Line(limit.line));
                say(STEP, &[name, Part::Text(" = "), value, Part::Text(what), count, line]);
            }
        }
        Ok(Used { values: self.values, counts })
    }

    /// Waits until the kernel says that nothing runs in the group, at most ten seconds.
    fn wait_until_empty(&self) -> Result<(), Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let events = rustix::fs::openat(&self.dir, c"cgroup.events", flags, Mode::empty())?;
        loop {
            let mut buffer = [0; 256];
            let count = rustix::io::pread(&events, &mut buffer[..], 0)?;
            if sum(buffer.get(..count).unwrap_or(&[]), b"populated") == 0 {
                return Ok(());
            }
            let mut fds = [PollFd::new(&events, PollFlags::PRI)];
            if poll(&mut fds, Some(&Timespec { tv_sec: 10, tv_nsec: 0 }))? == 0 {
                return Err(Errno::TIMEDOUT);
            }
        }
    }
}

/// The group below which the run's is made, with the controllers that the plan's limits need.
fn parent(run: &Run, name: &Text<64>) -> Result<OwnedFd, Refused> {
    if let Some(path) = run.options.cgroup {
        let named = |errno| failed(run, &[Part::Name(path), Part::Error(errno)]);
        let group = open(CWD, path).map_err(named)?;
        if rustix::fs::fstatfs(&group).map_err(named)?.f_type != CGROUP2 {
            let why = Part::Text(" is not a group of a cgroup2 file system");
            return Err(failed(run, &[Part::Name(path), why]));
        }
        enable(run, &group, path.to_bytes())?;
        return Ok(group);
    }
    let absent =
        |errno| failed(run, &[Part::Text("no cgroup2 file system is mounted"), Part::Error(errno)]);
    let place = mountinfo::find_type(b"cgroup2").map_err(absent)?;
    let shown = place.bytes();
    let root = open(CWD, place.c_str().unwrap_or(c"")).map_err(absent)?;
    if run.outside.root {
        enable(run, &root, shown)?;
        let group = directory(root.as_fd(), ROOTS)
            .map_err(|errno| failed(run, &[Part::Bytes(shown), Part::Error(errno)]))?;
        enable(run, &group, ROOTS.to_bytes())?;
        return Ok(group);
    }
    // A group that gives controllers to groups below it may hold no process: the caller's own gets a
    // group for the supervisor too.
    let own = own_path().map_err(absent)?;
    let may_not = |errno| {
        let why = Part::Text(" is not yours to divide");
        failed(run, &[Part::Text("the group "), Part::Bytes(own.bytes()), why, Part::Error(errno)])
    };
    let relative = own.c_str().and_then(|path| path.to_bytes_with_nul().get(1..));
    let relative = relative.and_then(|path| CStr::from_bytes_with_nul(path).ok());
    let group = open(root.as_fd(), relative.filter(|path| !path.is_empty()).unwrap_or(c"."));
    let group = group.map_err(may_not)?;
    let mut side = Text::<64>::new();
    side.push_bytes(name.bytes());
    side.push(".supervisor");
    let side = side.c_str().unwrap_or(c"");
    let aside = directory(group.as_fd(), side).map_err(may_not)?;
    let moved = write(aside.as_fd(), PROCESSES, b"0").map_err(may_not);
    let enabled = moved.and_then(|()| enable(run, &group, own.bytes()));
    if let Err(refused) = enabled {
        // Back to where the caller was. This only tidies up: the run is refused already.
        let _back: Result<(), Errno> = write(group.as_fd(), PROCESSES, b"0")
            .and_then(|()| rustix::fs::unlinkat(&group, side, AtFlags::REMOVEDIR));
        return Err(refused);
    }
    Ok(group)
}

/// Has a group give those below it the controllers that the plan's limits need.
fn enable(run: &Run, group: &OwnedFd, shown: &[u8]) -> Result<(), Refused> {
    for value in &run.plan.cgroup {
        let file = value.file.to_bytes();
        let controller = file.split(|&byte| byte == b'.').next().unwrap_or(file);
        let is_on = || {
            let mut buffer = [0; 512];
            let all = read(group.as_fd(), CONTROLLERS, &mut buffer)?;
            Ok(all.split(u8::is_ascii_whitespace).any(|word| word == controller))
        };
        let turn_on = || {
            let mut word = Text::<64>::new();
            word.push("+");
            word.push_bytes(controller);
            write(group.as_fd(), CONTROLLERS, word.bytes())?;
            if is_on()? { Ok(()) } else { Err(Errno::IO) }
        };
        let done = is_on().and_then(|on| if on { Ok(()) } else { turn_on() });
        done.map_err(|errno| {
            let what = match errno {
                Errno::NOENT => " has no controller ",
                Errno::BUSY => " holds processes, so that groups below it cannot have controller ",
                _ => " does not give groups below it the controller ",
            };
            let (shown, controller) = (Part::Bytes(shown), Part::Bytes(controller));
            let error = Part::Error(errno);
            failed(run, &[Part::Text("the group "), shown, Part::Text(what), controller, error])
        })?;
    }
    Ok(())
}

/// Refuses the run, with what helps.
fn failed(run: &Run, parts: &[Part<'_>]) -> Refused {
    let refused = refuse(STEP, parts);
    let start = if run.outside.root { "" } else { USERS_ADVICE };
    let (advice, line) =
        (Part::Text(ADVICE), first_line(&run.plan).map_or(Part::Text(""), Part::Line));
    say(STEP, &[Part::Text("the plan's limits need it; "), Part::Text(start), advice, line]);
    refused
}

const USERS_ADVICE: &str =
    "start it by `systemd-run --user --scope -p Delegate=yes purple-exec ...`, or ";
const ADVICE: &str =
    "name a group that may be divided by --cgroup, or run without limits by --unenforced cgroup";

fn first_line(plan: &Plan<'_>) -> Option<Place> {
    plan.cgroup.iter().next().map(|value| value.line)
}

/// The caller's group, as its root of control groups sees it (cgroups(7)).
fn own_path() -> Result<Text<4096>, Errno> {
    memory::lend(1 << 16, |memory| {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open(c"/proc/self/cgroup", flags, Mode::empty())?;
        let used = read_all(&file, memory)?;
        let mut lines = memory.get(..used).unwrap_or(&[]).split(|&byte| byte == b'\n');
        let path = lines.find_map(|line| line.strip_prefix(b"0::")).ok_or(Errno::NOENT)?;
        let mut own = Text::new();
        own.push_bytes(path);
        // Above the root of the caller's namespace, nothing can be named.
        if own.is_whole() && !path.starts_with(b"/..") { Ok(own) } else { Err(Errno::XDEV) }
    })?
}

/// Makes a group that nobody else uses. One of this name without processes was left by a run of
/// which the supervisor was killed.
fn fresh(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    let make = || rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o755));
    match make() {
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?;
            make()?;
        }
        made => made?,
    }
    open(parent, name)
}

/// Makes a group that may be there already.
fn directory(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => open(parent, name),
        Err(errno) => Err(errno),
    }
}

fn open(dir: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(dir, path, flags, Mode::empty())
}

/// Writes a file of a group. A file takes one write.
fn write(group: BorrowedFd<'_>, file: &CStr, content: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(group, file, flags, Mode::empty())?;
    if rustix::io::write(&file, content)? == content.len() { Ok(()) } else { Err(Errno::IO) }
}

pub(crate) fn read<'b>(
    group: BorrowedFd<'_>,
    file: &CStr,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(group, file, flags, Mode::empty())?;
    let used = read_all(&file, buffer)?;
    Ok(buffer.get(..used).unwrap_or(&[]))
}

/// Whether a line of a file says what was written to it: the same; for a disk, which has more limits
/// than are set here, the same at its start; for memory, the same in whole pages.
fn is_in_force(file: &CStr, wanted: &[u8], found: &[u8]) -> bool {
    const PAGE: u64 = 4096;
    if let (Some(wanted), Some(found), b"memory") =
        (number(wanted), number(found), first_word(file))
    {
        return found <= wanted && wanted.saturating_sub(found) < PAGE;
    }
    match found.strip_prefix(wanted) {
        Some(rest) => rest.is_empty() || (file == c"io.max" && rest.starts_with(b" ")),
        None => false,
    }
}

fn first_word(file: &CStr) -> &[u8] {
    file.to_bytes().split(|&byte| byte == b'.').next().unwrap_or(&[])
}

/// The sum of the numbers that stand behind a word; the first number where there is no word.
fn sum(text: &[u8], key: &[u8]) -> u64 {
    let mut words = text.split(|byte| b" \n=".contains(byte)).filter(|word| !word.is_empty());
    if key.is_empty() {
        return words.next().and_then(number).unwrap_or(0);
    }
    let mut sum = 0_u64;
    while let Some(word) = words.next() {
        if word == key {
            sum = sum.saturating_add(words.next().and_then(number).unwrap_or(0));
        }
    }
    sum
}

fn number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}
