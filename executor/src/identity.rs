//! Who the payload is inside: the maps between its ids and those outside, and id-mapped mounts.

use crate::files::{open, open_at, read, write};
use crate::message::{EMULATED, OrRefuse, Refused, SETUP_REFUSED, refuse};
use crate::outside::Outside;
use crate::parent::{die_with_parent, kill_and_wait};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::text::{Text, lines, number, words};
use core::ffi::CStr;
use core::time::Duration;
use purple_plan::{Mount, Plan};
use purple_sys::clone::{Forked, NEW_USER, clone_into};
use purple_sys::exec::execve_helper;
use purple_sys::process::exit_group;
use purple_sys::signal;
use purple_sys::strings::{Full, StringArray};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, dumpable_behavior, getpid, kill_process,
    set_dumpable_behavior, waitpid,
};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

const STEP: &str = "identity";
const WRITING: &str = "writing the id maps";

/// A map of a user namespace, from the supervisor's point of view.
struct Map {
    /// Its file in /proc/PID.
    file: &'static CStr,
    /// Where the receipt has the id outside.
    receipt: ReceiptField,
    /// Where a helper of the host's may lie: a set-id program that writes a map of ids which are not
    /// the caller's, where the host's files give them to the caller (newuidmap(1)).
    helper: [&'static CStr; 2],
}

const GROUPS: Map = Map {
    file: c"gid_map",
    receipt: ReceiptField::OutsideGid,
    helper: [c"/usr/bin/newgidmap", c"/bin/newgidmap"],
};

const USERS: Map = Map {
    file: c"uid_map",
    receipt: ReceiptField::OutsideUid,
    helper: [c"/usr/bin/newuidmap", c"/bin/newuidmap"],
};

/// The one line of a map: this id inside stands for that one outside, and no other.
#[derive(Clone, Copy)]
struct MappedId {
    inside: u32,
    outside: u32,
}

/// Maps the plan's ids inside to the ids outside, for the new user namespace of process `init`, and
/// reads the maps back.
pub(crate) fn map(run: &Run, init: Pid) -> Result<(), Refused> {
    let (process, outside) = (&run.plan.process, run.outside);
    let proc = proc_of(init).or_refuse(STEP, WRITING)?;
    // A user without privileges may only map its group when it gives up changing groups
    // (user_namespaces(7)). A supervisor that maps other ids need not: init drops its groups by itself.
    if !outside.root && !outside.subordinate {
        write(&proc, c"setgroups", b"deny").or_refuse(STEP, WRITING)?;
    }
    let gid = MappedId {
        inside: process.gid,
        outside: outside.gid,
    };
    let uid = MappedId {
        inside: process.uid,
        outside: outside.uid,
    };
    for (map, ids) in [(GROUPS, gid), (USERS, uid)] {
        if outside.subordinate {
            ask_helper(run, map.helper, init, ids)?;
        } else {
            write_map(&proc, map.file, ids).or_refuse(STEP, WRITING)?;
        }
        check_map(&proc, map.file, ids)?;
        run.shared.write(map.receipt, ids.outside.into());
    }
    Ok(())
}

/// Reads a map back.
fn check_map(proc: &OwnedFd, file: &CStr, ids: MappedId) -> Result<(), Refused> {
    let mut buffer = [0; 64];
    let map = read(proc, file, &mut buffer).or_refuse(STEP, "reading the id maps back")?;
    let expected = [ids.inside, ids.outside, 1];
    if words(map).map(number).eq(expected.map(Some)) {
        return Ok(());
    }
    Err(refuse!(STEP, file, " is not as it was written: ", map))
}

/// Has a helper of the host write a map. It gets no environment, and says itself why it refuses.
fn ask_helper(run: &Run, helper: [&CStr; 2], init: Pid, ids: MappedId) -> Result<(), Refused> {
    /// What the child exits with where no helper exists, as a shell does.
    const ABSENT: u8 = 127;
    const HELPER: &str = "a helper that maps ids";

    let numbers = [pid_number(init), ids.inside, ids.outside, 1];
    let texts = numbers.map(|number| Text::<16>::of_number(number.into()));
    let [name, _] = helper;
    let mut arguments = StringArray::<6>::new();
    let mut add = |word| arguments.push(word).map_err(|Full| Errno::NOBUFS);
    add(name).or_refuse(STEP, HELPER)?;
    for text in &texts {
        text.c_str().and_then(&mut add).or_refuse(STEP, HELPER)?;
    }

    let child = match clone_into(0, None).or_refuse(STEP, HELPER)? {
        Forked::Child => {
            // With the caller's signals, so that the keyboard can end it.
            if signal::block(run.signals).is_err() {
                exit_group(SETUP_REFUSED);
            }
            for path in helper {
                if execve_helper(path, &arguments) != Errno::NOENT {
                    exit_group(SETUP_REFUSED);
                }
            }
            exit_group(ABSENT)
        }
        Forked::Parent(child) => child,
    };
    let status = loop {
        if let Some((_, status)) =
            waitpid(Some(child), WaitOptions::NOHANG).or_refuse(STEP, HELPER)?
        {
            break status.exit_status();
        }
        // The end of the helper is a signal too.
        match signal::wait(signal::Set::ALL, None).or_refuse(STEP, HELPER)? {
            Some(number) if signal::asks_to_end(number) => {
                // It may have taken on ids that this process cannot kill. It holds nothing of the run.
                let _killed: Result<(), Errno> = kill_and_wait(child);
                return Err(refuse!(
                    STEP,
                    name,
                    " was being waited for when a signal asked to end the run"
                ));
            }
            _ => {}
        }
    };
    if status == Some(0) {
        return Ok(());
    }
    let why = if status == Some(ABSENT.into()) {
        " does not exist: install the package `uidmap`"
    } else {
        " has refused to map ids"
    };
    Err(refuse!(STEP, name, why))
}

/// Takes on the plan's ids inside, and drops the caller's groups where they are not its own ids.
pub(crate) fn assume(plan: &Plan<'_>, outside: Outside) -> Result<(), Refused> {
    const TAKING: &str = "taking on the ids inside";
    let uid = rustix::process::Uid::from_raw(plan.process.uid);
    let gid = rustix::process::Gid::from_raw(plan.process.gid);
    if outside.root || outside.subordinate {
        set_thread_groups(&[]).or_refuse(STEP, TAKING)?;
    }
    set_thread_res_gid(gid, gid, gid).or_refuse(STEP, TAKING)?;
    set_thread_res_uid(uid, uid, uid).or_refuse(STEP, TAKING)?;
    // Changing ids makes a process undumpable, so that it could not open its own /proc/self.
    make_dumpable(DumpableBehavior::Dumpable)?;
    check_ids(plan, outside.root || outside.subordinate)
}

/// Says whether other processes of this user may trace this one and open what /proc has of it, and
/// reads that back.
pub(crate) fn make_dumpable(wanted: DumpableBehavior) -> Result<(), Refused> {
    const SETTING: &str = "prctl, PR_SET_DUMPABLE";
    set_dumpable_behavior(wanted).or_refuse(STEP, SETTING)?;
    let found = dumpable_behavior().or_refuse(STEP, SETTING)?;
    if found == wanted {
        return Ok(());
    }
    Err(refuse!(STEP, SETTING, EMULATED))
}

/// Reads this process's ids back, and that it has none of the caller's groups where it has given them
/// up. The kernel's own file says so, and no call that could be answered in its place.
fn check_ids(plan: &Plan<'_>, without_groups: bool) -> Result<(), Refused> {
    const STATUS: &str = "reading /proc/self/status";
    let mut buffer = [0; 2048];
    let status = read(CWD, c"/proc/self/status", &mut buffer).or_refuse(STEP, STATUS)?;
    let numbers = |key: &'static [u8]| {
        let line = lines(status).find_map(move |line| line.strip_prefix(key));
        line.map(|line| words(line).map(number::<u32>))
    };
    // The real, effective and saved one, and that for file systems (proc_pid_status(5)).
    for (key, id, call) in [
        (&b"Uid:"[..], plan.process.uid, "setresuid"),
        (&b"Gid:"[..], plan.process.gid, "setresgid"),
    ] {
        if !numbers(key).is_some_and(|found| found.eq([Some(id); 4])) {
            return Err(refuse!(STEP, call, EMULATED));
        }
    }
    let no_groups = numbers(b"Groups:").is_some_and(|mut found| found.next().is_none());
    if without_groups && !no_groups {
        return Err(refuse!(STEP, "setgroups", EMULATED));
    }
    Ok(())
}

/// Maps the payload's own ids to themselves in the user namespace that it has just entered.
pub(crate) fn map_self(plan: &Plan<'_>) -> Result<(), Refused> {
    write_own_maps(plan.process.uid, plan.process.gid).or_refuse(STEP, "writing the inner id maps")
}

fn write_own_maps(uid: u32, gid: u32) -> Result<(), Errno> {
    let to_itself = |id| MappedId {
        inside: id,
        outside: id,
    };
    let proc = proc_of(getpid())?;
    write(&proc, c"setgroups", b"deny")?;
    write_map(&proc, GROUPS.file, to_itself(gid))?;
    write_map(&proc, USERS.file, to_itself(uid))
}

/// A user namespace for an id-mapped mount: what `owner` has outside shows as the payload's
/// outside, and what the payload makes belongs to `owner`.
pub(crate) fn mount_map(
    mount: &Mount<'_>,
    owner: &Stat,
    outside: Outside,
) -> Result<OwnedFd, Refused> {
    let failed = |errno| refuse!(STEP, "an id map for ", mount.source, errno, mount.line);
    let gid = MappedId {
        inside: owner.st_gid,
        outside: outside.gid,
    };
    let uid = MappedId {
        inside: owner.st_uid,
        outside: outside.uid,
    };
    match clone_into(NEW_USER, None).map_err(failed)? {
        Forked::Child => hold_namespace(),
        Forked::Parent(holder) => {
            let namespace = open_mapped_namespace(holder, uid, gid);
            // Its end is not waited for here: the supervisor reaps it with everything else.
            kill_process(holder, Signal::KILL).map_err(failed)?;
            namespace.map_err(failed)
        }
    }
}

/// The namespace lives as long as this process, or a descriptor of it: waits to be killed, for a
/// bounded time, should its parent be gone.
fn hold_namespace() -> ! {
    const PATIENCE: Duration = Duration::from_secs(10);
    if die_with_parent().is_ok() {
        let _over = signal::wait(signal::Set::NONE, Some(PATIENCE));
    }
    // Nobody waits for this one, unless it is no process of its own (clone3(2) answered and not made).
    exit_group(SETUP_REFUSED)
}

fn open_mapped_namespace(holder: Pid, uid: MappedId, gid: MappedId) -> Result<OwnedFd, Errno> {
    let proc = proc_of(holder)?;
    write_map(&proc, GROUPS.file, gid)?;
    write_map(&proc, USERS.file, uid)?;
    open_at(&proc, c"ns/user", OFlags::RDONLY)
}

/// Writes a map of one id; such a file takes one write (`user_namespaces(7)`).
fn write_map(proc: &OwnedFd, file: &CStr, ids: MappedId) -> Result<(), Errno> {
    let mut line = Text::<64>::of_number(ids.inside.into());
    line.push(" ");
    line.push_number(ids.outside.into());
    line.push(" 1\n");
    write(proc, file, line.bytes())
}

/// What /proc has of a process.
fn proc_of(process: Pid) -> Result<OwnedFd, Errno> {
    let mut path = Text::<32>::of(b"/proc/");
    path.push_number(pid_number(process).into());
    open(path.c_str()?, OFlags::PATH | OFlags::DIRECTORY)
}

fn pid_number(process: Pid) -> u32 {
    process.as_raw_pid().unsigned_abs()
}
