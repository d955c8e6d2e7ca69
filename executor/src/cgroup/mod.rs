//! The control group that limits the sandbox (Documentation/admin-guide/cgroup-v2.rst).
//!
//! It is made below a group that the caller may divide (`parent`). Init is cloned into it, the
//! supervisor stays outside.

mod directory;
mod disks;
mod failure;
mod parent;
mod values;

use crate::files::{open_at, read, write};
use crate::message::{OrRefuse, Refused, parts, refuse, say};
use crate::run::Run;
use crate::text::{Text, lines};
use core::ffi::CStr;
use directory::{Name, make, remove};
use failure::{STEP, failed, first_line};
use purple_plan::{CgroupValue, Layer, Plan};
use purple_report::CgroupUsage;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::getpid;
use values::{first_number, is_in_force, sum_behind};

/// How long the kernel may take to end what runs in the group.
const PATIENCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// The group of a run.
///
/// Holding one proves that the group exists, that it has every limit of the plan, and that each was
/// read back. It does not remove the group when it is dropped: its maker has to [end](Self::end)
/// it, because that can fail and has a result.
#[derive(Debug)]
pub(crate) struct Group {
    parent: OwnedFd,
    dir: OwnedFd,
    name: Name,
    /// What was read back, a line each: a file's name, a space, its value.
    values: Text<1024>,
}

/// What the group was limited to, and what its processes used.
#[derive(Debug)]
pub(crate) struct GroupUsage {
    /// A line each: a file's name, a space, the value that was read back.
    pub(crate) values: Text<1024>,
    /// `None` where the kernel or the group does not count it.
    pub(crate) counts: CgroupUsage,
}

impl GroupUsage {
    /// Whether the kernel killed something of the group for want of memory.
    pub(crate) fn out_of_memory(&self) -> bool {
        self.counts.oom_kills.is_some_and(|kills| kills > 0)
    }
}

impl Group {
    /// Makes the group and sets its limits. `None`: the plan has none, or the operator let them go.
    pub(crate) fn make(run: &Run) -> Result<Option<Self>, Refused> {
        if first_line(&run.plan).is_none() || run.options.lets_go(Layer::Cgroup) {
            return Ok(None);
        }
        Self::make_new(run).map(Some)
    }

    /// It takes much of the stack.
    #[inline(never)]
    fn make_new(run: &Run) -> Result<Self, Refused> {
        let mut name = Name::of(b"purple-");
        let pid = getpid().as_raw_pid().unsigned_abs();
        name.push_number(u64::from(pid));
        let parent = parent::find(run, &name)?;
        let dir =
            make(&parent, &name).map_err(|errno| failed(run, parts!["a new group", errno]))?;
        let mut group = Self {
            parent,
            dir,
            name,
            values: Text::new(),
        };
        if let Err(refused) = group.set_limits(&run.plan) {
            let _used: Result<GroupUsage, Refused> = group.end();
            return Err(refused);
        }
        Ok(group)
    }

    /// The directory, to clone a process into.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    #[inline(never)]
    fn set_limits(&mut self, plan: &Plan<'_>) -> Result<(), Refused> {
        for value in &plan.cgroup {
            if value.file == c"io.max" {
                self.limit_disks(plan, &value)?;
            } else {
                self.set(&value, value.value.to_bytes())?;
            }
        }
        Ok(())
    }

    /// The limits of disks hold for each disk behind a path that the payload can write to: which ones
    /// these are, only the host knows.
    fn limit_disks(&mut self, plan: &Plan<'_>, value: &CgroupValue<'_>) -> Result<(), Refused> {
        disks::behind_outputs(plan, value.line, |disk| {
            let mut line = Text::<256>::of(disk);
            line.push(" ");
            line.push_bytes(value.value.to_bytes());
            self.set(value, line.bytes())
        })
    }

    /// Sets a limit, reads it back, and keeps what was read.
    fn set(&mut self, value: &CgroupValue<'_>, wanted: &[u8]) -> Result<(), Refused> {
        let fail = |errno| refuse!(STEP, value.file, " = ", wanted, errno, value.line);
        write(self.dir(), value.file, wanted).map_err(fail)?;
        let mut buffer = [0; 4096];
        let text = read(self.dir(), value.file, &mut buffer).map_err(fail)?;
        let found = lines(text).find(|line| is_in_force(value.file, wanted, line));
        let found = found.ok_or(Errno::IO).map_err(fail)?;
        self.values.push_bytes(value.file.to_bytes());
        self.values.push(" ");
        self.values.push_bytes(found);
        self.values.push("\n");
        // What does not fit was left out, and would be missing in the receipt.
        let _whole = self.values.c_str().map_err(fail)?;
        Ok(())
    }

    /// Kills what is left, counts, and removes the group.
    #[inline(never)]
    pub(crate) fn end(self) -> Result<GroupUsage, Refused> {
        write(self.dir(), c"cgroup.kill", b"1").or_refuse(STEP, "killing the group")?;
        self.wait_until_empty()
            .or_refuse(STEP, "waiting for the group's end")?;
        let counts = self.read_counts();
        remove(&self.parent, &self.name).or_refuse(STEP, "removing the group")?;
        Ok(GroupUsage {
            values: self.values,
            counts,
        })
    }

    /// Everything that is counted. Times are in microseconds. Where a word stands more than once in a
    /// file, as for each disk, the sum counts.
    fn read_counts(&self) -> CgroupUsage {
        CgroupUsage {
            cpu_microseconds: self.read(c"cpu.stat", Some(b"usage_usec")),
            cpu_throttled_microseconds: self.read(c"cpu.stat", Some(b"throttled_usec")),
            peak_memory_bytes: self.read(c"memory.peak", None),
            disk_read_bytes: self.read(c"io.stat", Some(b"rbytes")),
            disk_written_bytes: self.read(c"io.stat", Some(b"wbytes")),
            peak_pids: self.read(c"pids.peak", None),
            oom_kills: self.read(c"memory.events", Some(b"oom_kill")),
            pids_limit_hits: self.read(c"pids.events", Some(b"max")),
        }
    }

    /// What a file counts: behind a word, or as its only number. `None` where it cannot be read.
    fn read(&self, file: &CStr, word: Option<&[u8]>) -> Option<u64> {
        let mut buffer = [0; 4096];
        let text = read(self.dir(), file, &mut buffer).ok()?;
        Some(match word {
            Some(word) => sum_behind(text, word),
            None => first_number(text),
        })
    }

    /// Waits until the kernel says that nothing runs in the group.
    fn wait_until_empty(&self) -> Result<(), Errno> {
        let events = open_at(&self.dir, c"cgroup.events", OFlags::RDONLY)?;
        loop {
            let mut buffer = [0; 256];
            let length = rustix::io::pread(&events, &mut buffer[..], 0)?;
            let text = buffer.get(..length).unwrap_or(&[]);
            if sum_behind(text, b"populated") == 0 {
                return Ok(());
            }
            let mut fds = [PollFd::new(&events, PollFlags::PRI)];
            if poll(&mut fds, Some(&PATIENCE))? == 0 {
                return Err(Errno::TIMEDOUT);
            }
        }
    }
}

impl GroupUsage {
    /// Says which limits were reached.
    pub(crate) fn say_reached(&self, plan: &Plan<'_>) {
        let memory = ": processes that the kernel killed for want of memory: ";
        let pids = ": forks refused: ";
        for (file, count, what) in [
            (c"memory.max", self.counts.oom_kills, memory),
            (c"pids.max", self.counts.pids_limit_hits, pids),
        ] {
            let limit = plan.cgroup.iter().find(|value| value.file == file);
            if let Some(limit) = limit
                && let Some(count @ 1..) = count
            {
                let (file, value, line) = (limit.file, limit.value, limit.line);
                say!(STEP, file, " = ", value, what, count, line);
            }
        }
    }
}
