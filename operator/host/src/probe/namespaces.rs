//! Namespaces, and ids mapped in them.

use super::Steps;
use crate::errno;
use crate::sys::process::fork;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, getegid, geteuid, getuid, pipe, read, write};
use std::fs;
use std::os::fd::OwnedFd;

/// The step that makes namespaces.
pub const UNSHARE: &str = "unshare";
/// The step that maps ids in a user namespace.
pub const ID_MAPS: &str = "writing the id maps";

/// A kind of namespace (namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the manual page has these names")]
pub enum Namespace {
    Cgroup,
    Ipc,
    Mount,
    Network,
    Pid,
    User,
    Uts,
}

impl Namespace {
    /// Every kind that a sandbox has.
    pub(crate) const ALL: [Self; 7] = [
        Self::Cgroup,
        Self::Ipc,
        Self::Mount,
        Self::Network,
        Self::Pid,
        Self::User,
        Self::Uts,
    ];

    pub(crate) const fn flag(self) -> CloneFlags {
        match self {
            Self::Cgroup => CloneFlags::CLONE_NEWCGROUP,
            Self::Ipc => CloneFlags::CLONE_NEWIPC,
            Self::Mount => CloneFlags::CLONE_NEWNS,
            Self::Network => CloneFlags::CLONE_NEWNET,
            Self::Pid => CloneFlags::CLONE_NEWPID,
            Self::User => CloneFlags::CLONE_NEWUSER,
            Self::Uts => CloneFlags::CLONE_NEWUTS,
        }
    }
}

/// Makes a user namespace ([`UNSHARE`]) and maps this user's ids to one inside ([`ID_MAPS`]).
pub fn user(inside: u32) -> Steps {
    let ids = OwnIds::get();
    super::run(|reporter| {
        if reporter.step(UNSHARE, &unshare(CloneFlags::CLONE_NEWUSER)) {
            reporter.step(ID_MAPS, &ids.map(inside));
        }
    })
}

/// Makes a namespace of a kind, in a user namespace of its own ([`UNSHARE`]).
pub fn make(kind: Namespace) -> Steps {
    super::run(|reporter| {
        reporter.step(UNSHARE, &unshare(CloneFlags::CLONE_NEWUSER | kind.flag()));
    })
}

/// This user's ids. After unshare(2) they are not mapped, and getuid(2) does not say them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnIds {
    uid: u32,
    gid: u32,
}

impl OwnIds {
    /// The ids, to be asked for before there is a user namespace.
    pub(crate) fn get() -> Self {
        Self {
            uid: geteuid().as_raw(),
            gid: getegid().as_raw(),
        }
    }

    /// Maps them to one inside, in the user namespace of this process.
    pub(crate) fn map(self, inside: u32) -> Result<(), Errno> {
        let Self { uid, gid } = self;
        write_file("/proc/self/setgroups", "deny")?;
        write_file("/proc/self/gid_map", &format!("{inside} {gid} 1"))?;
        write_file("/proc/self/uid_map", &format!("{inside} {uid} 1"))?;
        if getuid().as_raw() == inside {
            Ok(())
        } else {
            Err(Errno::EIO)
        }
    }
}

fn write_file(path: &str, text: &str) -> Result<(), Errno> {
    fs::write(path, text).map_err(|error| errno::of(&error))
}

/// A user namespace in which an id of another user is `inside`: only root may make it.
pub fn map_foreign_id(outside: u32, inside: u32) -> Result<OwnedFd, Errno> {
    let (ready, is_ready) = pipe()?;
    let (stay, end) = pipe()?;
    let holder = match fork()? {
        ForkResult::Child => {
            drop((ready, end));
            let made = unshare(CloneFlags::CLONE_NEWUSER).and_then(|()| {
                write(&is_ready, b"y")?;
                // It ends when the other side is closed.
                read(&stay, &mut [0]).map(drop)
            });
            std::process::exit(i32::from(made.is_err()));
        }
        ForkResult::Parent { child } => child,
    };
    drop((is_ready, stay));
    let namespace = match read(&ready, &mut [0]) {
        Ok(1) => write_id_maps(holder, outside, inside),
        Ok(_) => Err(Errno::EPERM),
        Err(errno) => Err(errno),
    };
    drop(end);
    kill(holder, Signal::SIGKILL)?;
    waitpid(holder, None)?;
    namespace
}

/// Maps one id in the user namespace of a process, and opens that namespace.
fn write_id_maps(holder: Pid, outside: u32, inside: u32) -> Result<OwnedFd, Errno> {
    for file in ["gid_map", "uid_map"] {
        write_file(
            &format!("/proc/{holder}/{file}"),
            &format!("{inside} {outside} 1"),
        )?;
    }
    let path = format!("/proc/{holder}/ns/user");
    open(
        path.as_str(),
        OFlag::O_RDONLY | OFlag::O_CLOEXEC,
        Mode::empty(),
    )
}
