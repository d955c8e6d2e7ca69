//! The group below which the run's is made.
//!
//! A group that gives controllers to groups below it may hold no process (the rule of no internal
//! processes). So it has to be one that is there for this: the one of `--cgroup`, for root the group
//! `purple`, and for a user the caller's own, which the supervisor leaves for a group below it.

use super::directory::{Name, make, open, remove};
use super::failure::failed;
use super::values::controller;
use crate::files::{read, write};
use crate::message::{Refused, parts};
use crate::mountinfo;
use crate::run::Run;
use crate::text::{Text, lines, words};
use core::ffi::CStr;
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, fstatfs, mkdir};
use rustix::io::Errno;

/// `CGROUP2_SUPER_MAGIC` (linux/magic.h).
const CGROUP2: i64 = 0x6367_7270;

const CONTROLLERS: &CStr = c"cgroup.subtree_control";
const PROCESSES: &CStr = c"cgroup.procs";

/// A path of the host.
type Path = Text<4096>;

/// Finds the group, and has it give the controllers that the plan's limits need to those below it.
/// `name` is the name of the run's group.
pub(crate) fn find(run: &Run, name: &Name) -> Result<OwnedFd, Refused> {
    let path = if let Some(named) = run.options.cgroup {
        Path::of(named.to_bytes())
    } else if run.outside.root {
        for_root(run)?
    } else {
        callers_own(run)?
    };
    let group = open_group(run, &path)?;
    if run.options.cgroup.is_some() || run.outside.root {
        enable(run, &group, path.bytes())?;
    } else {
        move_aside(run, &group, &path, name)?;
    }
    Ok(group)
}

/// The group `purple` below the first of all, made where it is missing.
fn for_root(run: &Run) -> Result<Path, Refused> {
    let mut path = mounted(run)?;
    let fail = |path: &Path, errno| failed(run, parts![path.bytes(), errno]);
    let first = open(CWD, &path).map_err(|errno| fail(&path, errno))?;
    enable(run, &first, path.bytes())?;
    path.push("/purple");
    match mkdir(path.c_str().unwrap_or(c""), Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => Ok(path),
        Err(errno) => Err(fail(&path, errno)),
    }
}

/// The group that the caller is in.
fn callers_own(run: &Run) -> Result<Path, Refused> {
    let mut path = mounted(run)?;
    let mut buffer = [0; 4096];
    let groups = read(CWD, c"/proc/self/cgroup", &mut buffer);
    let groups = groups.map_err(|errno| not_mounted(run, errno))?;
    // The line of hierarchy 0 without a controller is the one of version 2 (cgroups(7)).
    let own = lines(groups).find_map(|line| line.strip_prefix(b"0::"));
    path.push_bytes(own.ok_or_else(|| not_mounted(run, Errno::NOENT))?);
    Ok(path)
}

fn mounted(run: &Run) -> Result<Path, Refused> {
    mountinfo::find_type(b"cgroup2").map_err(|errno| not_mounted(run, errno))
}

fn not_mounted(run: &Run, errno: Errno) -> Refused {
    failed(run, parts!["no cgroup2 file system is mounted", errno])
}

fn open_group(run: &Run, path: &Path) -> Result<OwnedFd, Refused> {
    let group = open(CWD, path).map_err(|errno| failed(run, parts![path.bytes(), errno]))?;
    let kind = fstatfs(&group).map_err(|errno| not_mounted(run, errno))?;
    if kind.f_type != CGROUP2 {
        let why = " is not a group of a cgroup2 file system";
        return Err(failed(run, parts![path.bytes(), why]));
    }
    Ok(group)
}

/// Moves the supervisor from the caller's own group into one below it, so that the caller's own can
/// give controllers.
fn move_aside(run: &Run, group: &OwnedFd, path: &Path, name: &Name) -> Result<(), Refused> {
    let mut side = Name::of(name.bytes());
    side.push(".supervisor");
    let moved = make(group, &side).and_then(|side| write(&side, PROCESSES, b"0"));
    let enabled = match moved {
        Ok(()) => enable(run, group, path.bytes()),
        Err(errno) => {
            let why = " is not delegated to you";
            Err(failed(run, parts![path.bytes(), why, errno]))
        }
    };
    if enabled.is_err() {
        // Back to where the caller was. This only tidies up: the run is refused already.
        let back = write(group, PROCESSES, b"0");
        let _tidy: Result<(), Errno> = back.and_then(|()| remove(group, &side));
    }
    enabled
}

/// Has a group give those below it the controllers that the plan's limits need.
fn enable(run: &Run, group: &OwnedFd, shown: &[u8]) -> Result<(), Refused> {
    let holds = holds_processes(group).map_err(|errno| failed(run, parts![shown, errno]))?;
    if holds {
        let why = " holds processes, so no group below it can be limited";
        return Err(failed(run, parts![shown, why]));
    }
    for value in &run.plan.cgroup {
        let controller = controller(value.file);
        let (what, errno) = match give(group, controller) {
            Ok(true) => continue,
            Ok(false) => (" cannot delegate the controller ", Errno::IO),
            Err(Errno::NOENT) => (" has no controller ", Errno::NOENT),
            Err(errno) => (" cannot delegate the controller ", errno),
        };
        return Err(failed(run, parts![shown, what, controller, errno]));
    }
    Ok(())
}

/// Whether a group holds processes that it must not hold. All groups but the first of all have a
/// type; the first one may hold processes.
fn holds_processes(group: &OwnedFd) -> Result<bool, Errno> {
    match read(group, c"cgroup.type", &mut [0; 64]) {
        Err(Errno::NOENT) => return Ok(false),
        kind => {
            let _kind = kind?;
        }
    }
    let mut first = [0; 16];
    Ok(!read(group, PROCESSES, &mut first)?.is_empty())
}

/// Has a group give a controller to those below it, and returns whether it does.
fn give(group: &OwnedFd, controller: &[u8]) -> Result<bool, Errno> {
    if gives(group, controller)? {
        return Ok(true);
    }
    let mut word = Text::<64>::of(b"+");
    word.push_bytes(controller);
    write(group, CONTROLLERS, word.bytes())?;
    gives(group, controller)
}

fn gives(group: &OwnedFd, controller: &[u8]) -> Result<bool, Errno> {
    let mut buffer = [0; 512];
    let given = read(group, CONTROLLERS, &mut buffer)?;
    Ok(words(given).any(|word| word == controller))
}
