//! Who the payload is: id maps, and id-mapped mounts for root.

use crate::message::{Refused, Text, refuse};
use crate::sys::call::exit_group;
use crate::sys::process::{Side, clone_into};
use crate::sys::signal;
use crate::transfer::{open, write};
use purple_plan::{Mount, Plan};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

const STEP: &str = "identity";
const CLONE_NEWUSER: u64 = 0x1000_0000;

/// The ids outside that the payload's ids inside stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outside {
    /// User id.
    pub(crate) uid: u32,
    /// Group id.
    pub(crate) gid: u32,
    /// Whether root starts the sandbox, so that the ids are not its own.
    pub(crate) root: bool,
}

/// Works out the ids outside: an ordinary user's own; for root, what the command line wants, or else
/// the plan's.
pub(crate) fn outside(plan: &Plan<'_>, wanted: Option<u32>) -> Result<Outside, Refused> {
    let uid = rustix::process::geteuid();
    let gid = rustix::process::getegid();
    if uid != rustix::process::getuid() || gid != rustix::process::getgid() {
        return Err(refuse!(STEP, "purple-exec must not be installed setuid or setgid"));
    }
    let process = &plan.process;
    match (uid.is_root(), wanted) {
        (true, Some(id)) => Ok(Outside { uid: id, gid: id, root: true }),
        (true, None) => Ok(Outside { uid: process.root_uid, gid: process.root_gid, root: true }),
        (false, None) => Ok(Outside { uid: uid.as_raw(), gid: gid.as_raw(), root: false }),
        (false, Some(_)) => Err(refuse!(STEP, "only root can choose --outside-id")),
    }
}

/// Maps the plan's ids inside to the ids outside, for the new user namespace of process `init`.
pub(crate) fn map(plan: &Plan<'_>, init: Pid, outside: Outside) -> Result<(), Refused> {
    let failed = |errno| refuse!(STEP, "writing the id maps", errno);
    // A user without privileges may only map its group when it gives up changing groups
    // (user_namespaces(7)). Root does not need to: init drops its groups by itself.
    if !outside.root {
        write_proc(init, "setgroups", b"deny").map_err(failed)?;
    }
    write_map(init, "gid_map", plan.process.gid, outside.gid).map_err(failed)?;
    write_map(init, "uid_map", plan.process.uid, outside.uid).map_err(failed)
}

/// Takes on the plan's ids inside. `root` says whether the caller has groups that it can drop.
pub(crate) fn assume(plan: &Plan<'_>, outside: Outside) -> Result<(), Refused> {
    let failed = |errno| refuse!(STEP, "taking on the ids inside", errno);
    let uid = rustix::process::Uid::from_raw(plan.process.uid);
    let gid = rustix::process::Gid::from_raw(plan.process.gid);
    if outside.root {
        rustix::thread::set_thread_groups(&[]).map_err(failed)?;
    }
    rustix::thread::set_thread_res_gid(gid, gid, gid).map_err(failed)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid).map_err(failed)?;
    // Changing ids makes a process undumpable, so that it could not open its own /proc/self.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .map_err(failed)
}

/// Maps the payload's own ids to themselves in the user namespace that it has just entered.
pub(crate) fn map_self(plan: &Plan<'_>) -> Result<(), Refused> {
    let failed = |errno| refuse!(STEP, "writing the inner id maps", errno);
    let me = rustix::process::getpid();
    write_proc(me, "setgroups", b"deny").map_err(failed)?;
    write_map(me, "gid_map", plan.process.gid, plan.process.gid).map_err(failed)?;
    write_map(me, "uid_map", plan.process.uid, plan.process.uid).map_err(failed)
}

/// A user namespace for an id-mapped mount: what `source`'s owner has outside shows as the
/// payload's outside, and what the payload makes belongs to `source`'s owner.
pub(crate) fn mount_map(
    mount: &Mount<'_>,
    source: BorrowedFd<'_>,
    outside: Outside,
) -> Result<OwnedFd, Refused> {
    let failed = |errno| refuse!(STEP, "an id map for ", mount.source, errno, mount.line);
    let owner = rustix::fs::fstat(source).map_err(failed)?;
    match clone_into(CLONE_NEWUSER, None).map_err(failed)? {
        // The namespace lives as long as this process, or a descriptor of it: wait to be killed,
        // for a bounded time, should nobody be left to do it.
        Side::Child => {
            let died = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
            if died.is_err() {
                exit_group(1);
            }
            let patience = Some(core::time::Duration::from_secs(10));
            let waited = signal::wait(signal::Set(0), patience);
            exit_group(u8::from(waited.is_err()))
        }
        Side::Parent(holder) => {
            let namespace = write_map(holder, "gid_map", owner.st_gid, outside.gid)
                .and_then(|()| write_map(holder, "uid_map", owner.st_uid, outside.uid))
                .and_then(|()| open_namespace(holder));
            // Nobody waits for its end here: the supervisor reaps it with everything else.
            rustix::process::kill_process(holder, Signal::KILL).map_err(failed)?;
            namespace.map_err(failed)
        }
    }
}

fn open_namespace(process: Pid) -> Result<OwnedFd, Errno> {
    let path = proc_path(process, "ns/user");
    let path = path.c_str().ok_or(Errno::NAMETOOLONG)?;
    open(path, OFlags::RDONLY)
}

fn write_map(process: Pid, file: &str, inside: u32, outside: u32) -> Result<(), Errno> {
    let mut line = Text::<64>::new();
    line.push_number(u64::from(inside));
    line.push(" ");
    line.push_number(u64::from(outside));
    line.push(" 1\n");
    write_proc(process, file, line.bytes())
}

fn write_proc(process: Pid, file: &str, content: &[u8]) -> Result<(), Errno> {
    let path = proc_path(process, file);
    // These files take one write (user_namespaces(7)).
    write(CWD, path.c_str().ok_or(Errno::NAMETOOLONG)?, content)
}

fn proc_path(process: Pid, file: &str) -> Text<64> {
    let mut path = Text::new();
    path.push("/proc/");
    path.push_number(u64::from(process.as_raw_nonzero().get().unsigned_abs()));
    path.push("/");
    path.push(file);
    path
}
