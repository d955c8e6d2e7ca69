//! Who the payload is: id maps, and id-mapped mounts for root.

use crate::arguments::Options;
use crate::message::{OrRefuse, Refused, SETUP_REFUSED, Text, refuse};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::supervisor::die_with_parent;
use crate::transfer::{number, open, open_at, read, read_whole, write};
use core::ffi::CStr;
use purple_plan::{Mount, Plan};
use purple_sys::clone::{Side, clone_into};
use purple_sys::exec::execve_helper;
use purple_sys::process::exit_group;
use purple_sys::strings::StringArray;
use purple_sys::{memory, signal};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, waitpid};

const STEP: &str = "identity";
const CLONE_NEWUSER: u64 = 0x1000_0000;

/// The maps of a user namespace: their files, where the receipt has them, and where a helper of the
/// host's for them may lie. That is a set-id program which writes a map of ids that are not the
/// caller's, where the host's files give them to the caller (newuidmap(1)).
const MAPS: [(&CStr, ReceiptField, [&CStr; 2]); 2] = [
    (
        c"gid_map",
        ReceiptField::OutsideGid,
        [c"/usr/bin/newgidmap", c"/bin/newgidmap"],
    ),
    (
        c"uid_map",
        ReceiptField::OutsideUid,
        [c"/usr/bin/newuidmap", c"/bin/newuidmap"],
    ),
];

/// The ids outside that the payload's ids inside stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outside {
    /// User id.
    pub(crate) uid: u32,
    /// Group id.
    pub(crate) gid: u32,
    /// Whether root starts the sandbox, so that the ids are not its own.
    pub(crate) root: bool,
    /// Whether a user starts it whose own they are not either.
    subordinate: bool,
}

/// Works out the ids outside: an ordinary user's own, or the first of its subordinate ones; for root,
/// what the command line wants, or else the plan's.
pub(crate) fn outside(plan: &Plan<'_>, options: &Options) -> Result<Outside, Refused> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    if uid != rustix::process::getuid() || gid != rustix::process::getgid() {
        return Err(refuse!(
            STEP,
            "purple-exec must not be installed setuid or setgid"
        ));
    }
    let (process, root) = (&plan.process, uid.is_root());
    let (uid, gid) = match (options.outside_id, options.subordinate_ids) {
        (_, true) if root => {
            let what = "--subordinate-ids is not for root: root chooses with --outside-id";
            return Err(refuse!(STEP, what));
        }
        (Some(_), _) if !root => return Err(refuse!(STEP, "only root can choose --outside-id")),
        (Some(id), _) => (id, id),
        (None, false) if root => (process.root_uid, process.root_gid),
        (None, false) => (uid.as_raw(), gid.as_raw()),
        (None, true) => subordinate(uid.as_raw())?,
    };
    Ok(Outside {
        uid,
        gid,
        root,
        subordinate: options.subordinate_ids,
    })
}

/// The first user and group id that the host gives to a user besides its own (subuid(5)).
fn subordinate(user: u32) -> Result<(u32, u32), Refused> {
    let is_user = |text: &[u8]| number(text) == Some(user);
    let name = entries(c"/etc/passwd")?
        .find(|[_, _, id]| is_user(id))
        .map(|[name, ..]| name);
    let first = |file| {
        let mut listed = entries(file)?;
        let found = listed.find(|[owner, ..]| name == Some(*owner) || is_user(owner));
        let id = found.and_then(|[_, first, _]| number(first));
        id.filter(|id| ![0, user, u32::MAX].contains(id)).ok_or_else(|| {
            let advice = " gives you no ids; root adds some by `usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST` and your name";
            refuse!(STEP, file, advice)
        })
    };
    Ok((first(c"/etc/subuid")?, first(c"/etc/subgid")?))
}

/// The lines of a file, which begin with three fields and colons between them; none where there is
/// no file.
fn entries(file: &CStr) -> Result<impl Iterator<Item = [&'static [u8]; 3]>, Refused> {
    const MOST_BYTES: usize = 4 << 20;
    let text = memory::pages(MOST_BYTES).and_then(|memory| read_whole(file, memory));
    let text = text.or_else(|errno| {
        if errno == Errno::NOENT {
            Ok(&[][..])
        } else {
            Err(errno)
        }
    });
    let text = text.map_err(|errno| refuse!(STEP, file, errno))?;
    Ok(text.split(|&byte| byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|&byte| byte == b':');
        Some([fields.next()?, fields.next()?, fields.next()?])
    }))
}

/// Maps the plan's ids inside to the ids outside, for the new user namespace of process `init`, and
/// reads the maps back.
pub(crate) fn map(run: &Run, init: Pid) -> Result<(), Refused> {
    const WRITING: &str = "writing the id maps";
    let (process, outside) = (&run.plan.process, run.outside);
    // A user without privileges may only map its group when it gives up changing groups
    // (user_namespaces(7)). Who maps others does not need to: init drops its groups by itself.
    let proc = proc_of(init).or_refuse(STEP, WRITING)?;
    if !outside.root && !outside.subordinate {
        write(&proc, c"setgroups", b"deny").or_refuse(STEP, WRITING)?;
    }
    let ids = [(process.gid, outside.gid), (process.uid, outside.uid)];
    for ((file, place, helper), (inside, outside)) in MAPS.into_iter().zip(ids) {
        if run.outside.subordinate {
            ask(
                run,
                helper,
                [init.as_raw_pid().unsigned_abs(), inside, outside, 1],
            )?;
        } else {
            write_map(&proc, file, inside, outside).or_refuse(STEP, WRITING)?;
        }
        let mut buffer = [0; 64];
        let map = read(&proc, file, &mut buffer).or_refuse(STEP, "reading the id maps back")?;
        let mut words = map
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        if !words
            .by_ref()
            .map(number)
            .eq([inside, outside, 1].map(Some))
        {
            return Err(refuse!(STEP, file, " is not as it was written: ", map));
        }
        run.shared.write(place, outside.into());
    }
    Ok(())
}

/// Has a helper of the host write a map. It gets no environment, and says itself why it refuses.
fn ask(run: &Run, helper: [&CStr; 2], numbers: [u32; 4]) -> Result<(), Refused> {
    const ABSENT: u8 = 127;
    const HELPER: &str = "a helper that maps ids";
    let texts = numbers.map(|number| Text::<16>::of_number(number.into()));
    let mut arguments = StringArray::<8>::new();
    let [name, _] = helper;
    let words = texts.iter().filter_map(|text| text.c_str().ok());
    let whole = core::iter::once(name)
        .chain(words)
        .try_for_each(|word| arguments.push(word));
    whole.map_err(|_| Errno::NOBUFS).or_refuse(STEP, HELPER)?;
    let ended = match clone_into(0, None).or_refuse(STEP, HELPER)? {
        Side::Child => {
            // With the caller's signals, so that the keyboard can end it.
            let ready = signal::block(run.signals).is_ok();
            let absent = |path| execve_helper(path, &arguments) == Errno::NOENT;
            exit_group(if ready && helper.into_iter().all(absent) {
                ABSENT
            } else {
                SETUP_REFUSED
            })
        }
        Side::Parent(helper) => waitpid(Some(helper), WaitOptions::empty()),
    };
    let why = match ended
        .or_refuse(STEP, HELPER)?
        .and_then(|(_, status)| status.exit_status())
    {
        Some(0) => return Ok(()),
        Some(127) => " does not exist: install the package `uidmap`",
        _ => " has refused to map ids",
    };
    Err(refuse!(STEP, name, why))
}

/// Takes on the plan's ids inside, and drops the caller's groups where they are not its own ids.
pub(crate) fn assume(plan: &Plan<'_>, outside: Outside) -> Result<(), Refused> {
    const TAKING: &str = "taking on the ids inside";
    let uid = rustix::process::Uid::from_raw(plan.process.uid);
    let gid = rustix::process::Gid::from_raw(plan.process.gid);
    if outside.root || outside.subordinate {
        rustix::thread::set_thread_groups(&[]).or_refuse(STEP, TAKING)?;
    }
    rustix::thread::set_thread_res_gid(gid, gid, gid).or_refuse(STEP, TAKING)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid).or_refuse(STEP, TAKING)?;
    // Changing ids makes a process undumpable, so that it could not open its own /proc/self.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .or_refuse(STEP, TAKING)
}

/// Maps the payload's own ids to themselves in the user namespace that it has just entered.
pub(crate) fn map_self(plan: &Plan<'_>) -> Result<(), Refused> {
    let map = || {
        let (me, process) = (proc_of(rustix::process::getpid())?, &plan.process);
        write(&me, c"setgroups", b"deny")?;
        write_map(&me, c"gid_map", process.gid, process.gid)?;
        write_map(&me, c"uid_map", process.uid, process.uid)
    };
    map().or_refuse(STEP, "writing the inner id maps")
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
            let patience = Some(core::time::Duration::from_secs(10));
            let waited =
                die_with_parent().is_ok() && signal::wait(signal::Set(0), patience).is_ok();
            exit_group(u8::from(!waited))
        }
        Side::Parent(holder) => {
            let namespace = proc_of(holder).and_then(|proc| {
                write_map(&proc, c"gid_map", owner.st_gid, outside.gid)?;
                write_map(&proc, c"uid_map", owner.st_uid, outside.uid)?;
                open_at(&proc, c"ns/user", OFlags::RDONLY)
            });
            // Nobody waits for its end here: the supervisor reaps it with everything else.
            rustix::process::kill_process(holder, Signal::KILL).map_err(failed)?;
            namespace.map_err(failed)
        }
    }
}

/// Writes a map of one id; such a file takes one write (`user_namespaces(7)`).
fn write_map(proc: &OwnedFd, file: &CStr, inside: u32, outside: u32) -> Result<(), Errno> {
    let mut line = Text::<64>::of_number(u64::from(inside));
    line.push(" ");
    line.push_number(u64::from(outside));
    line.push(" 1\n");
    write(proc, file, line.bytes())
}

/// What /proc has of a process.
fn proc_of(process: Pid) -> Result<OwnedFd, Errno> {
    let mut path = Text::<32>::of(b"/proc/");
    path.push_number(u64::from(process.as_raw_pid().unsigned_abs()));
    open(path.c_str()?, OFlags::PATH | OFlags::DIRECTORY)
}
