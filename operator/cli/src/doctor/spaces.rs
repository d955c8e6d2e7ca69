//! Namespaces, ids and mounts: the steps in which a sandbox is built, each tried.

use super::child::{Answers, Notes, ask};
use super::host;
use super::report::Check;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, mkdirat};
use nix::sys::statvfs::{FsFlags, fstatvfs};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fchdir, getegid, geteuid, getuid, pipe, read};
use purple_host::sys::{self, Change};
use purplec::emit::OUTSIDE_FOR_ROOT;
use purplec::target::Namespace;
use std::collections::BTreeSet;
use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};

/// The uid inside of shipped profiles.
const INSIDE: u32 = 1000;

const USER: (&str, &str, &str) = (
    "user-namespaces",
    "namespaces",
    "nothing can be confined without privileges, and root's program would be root outside",
);
const KINDS: (&str, &str, &str) = (
    "namespaces",
    "namespaces",
    "the program would see the host's processes, mounts or network",
);
const MOUNTS: (&str, &str, &str) = (
    "mounts",
    "file system",
    "the file system inside cannot be built",
);
const READ_ONLY: (&str, &str, &str) = (
    "read-only-mounts",
    "file system",
    "what is shown read-only could be written below",
);
const PROC: (&str, &str, &str) = (
    "proc",
    "file system",
    "there is no /proc inside with the sandbox's own processes",
);
const SYSFS: (&str, &str, &str) = ("sysfs", "file system", "there is no /sys inside");
const ROOT: (&str, &str, &str) = (
    "pivot-root",
    "file system",
    "the host's file system cannot be left behind",
);
const OWNERS: (&str, &str, &str) = (
    "id-mapped-mounts",
    "identity",
    "where root starts a sandbox, its program cannot write to output paths",
);

/// What namespaces this user can make.
#[derive(Debug)]
pub(super) struct Spaces {
    /// The kinds that work.
    pub(super) kinds: BTreeSet<Namespace>,
    /// Whether mounts can be id-mapped.
    pub(super) id_maps: bool,
}

/// Tries all of them.
pub(super) fn try_all(checks: &mut Vec<Check>) -> Spaces {
    let user = ask(|notes| {
        if notes.say("unshare", &unshare(CloneFlags::CLONE_NEWUSER)) {
            notes.say("writing the id maps", &map_self(INSIDE));
        }
    });
    let whole = user
        .of("unshare")
        .and_then(|()| user.of("writing the id maps"));
    let whole = match (whole, geteuid().is_root()) {
        (Ok(()), true) => foreign(OUTSIDE_FOR_ROOT, INSIDE)
            .map(drop)
            .map_err(|errno| {
                format!(
                    "mapping uid {OUTSIDE_FOR_ROOT}: {}",
                    super::child::words(errno)
                )
            }),
        (whole, _) => whole,
    };
    let works = whole.is_ok();
    checks.push(Check::new(
        USER,
        whole.map(|()| String::new()),
        host::user_namespaces_fix,
    ));

    let mut kinds = BTreeSet::new();
    let mut failed = Vec::new();
    for kind in Namespace::ALL {
        let made = ask(|notes| {
            notes.say("unshare", &unshare(CloneFlags::CLONE_NEWUSER | flag(kind)));
        });
        match made.of("unshare") {
            Ok(()) => {
                kinds.insert(kind);
            }
            Err(why) => failed.push((kind.name(), why)),
        }
    }
    let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    let found = match failed.first() {
        None => Ok(names.join(", ")),
        Some((_, why)) if kinds.is_empty() => Err(format!("none: {why}")),
        Some((_, why)) => {
            let missing: Vec<_> = failed.iter().map(|(kind, _)| *kind).collect();
            Err(format!("not {}: {why}", missing.join(", ")))
        }
    };
    checks.push(Check::new(KINDS, found, || {
        if works {
            "a kernel with CONFIG_NAMESPACES and all below it, and `user.max_*_namespaces` above 0"
                .to_owned()
        } else {
            host::user_namespaces_fix()
        }
    }));
    let mounts = ask(mounts);
    built(&mounts, checks);
    let id_maps = id_maps(checks);
    Spaces { kinds, id_maps }
}

fn flag(kind: Namespace) -> CloneFlags {
    match kind {
        Namespace::Cgroup => CloneFlags::CLONE_NEWCGROUP,
        Namespace::Ipc => CloneFlags::CLONE_NEWIPC,
        Namespace::Mount => CloneFlags::CLONE_NEWNS,
        Namespace::Network => CloneFlags::CLONE_NEWNET,
        Namespace::Pid => CloneFlags::CLONE_NEWPID,
        Namespace::User => CloneFlags::empty(),
        Namespace::Uts => CloneFlags::CLONE_NEWUTS,
    }
}

/// Maps the caller's own ids, which it had before it made its user namespace, to one inside.
fn map_self(inside: u32) -> Result<(), Errno> {
    // After unshare(2) they are not mapped, and getuid(2) does not say them.
    let (uid, gid) = OUTSIDE.with(|ids| *ids);
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/gid_map", &format!("{inside} {gid} 1"))?;
    write("/proc/self/uid_map", &format!("{inside} {uid} 1"))?;
    if getuid().as_raw() == inside {
        Ok(())
    } else {
        Err(Errno::EIO)
    }
}

thread_local! {
    static OUTSIDE: (u32, u32) = (geteuid().as_raw(), getegid().as_raw());
}

/// Has the ids of the caller looked up while they are what they are outside.
pub(super) fn remember_ids() {
    OUTSIDE.with(|_| ());
}

fn write(path: &str, text: &str) -> Result<(), Errno> {
    fs::write(path, text).map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))
}

/// A user namespace in which an id of somebody else's is `inside`: only root may make it.
fn foreign(outside: u32, inside: u32) -> Result<OwnedFd, Errno> {
    let (ready, is_ready) = pipe()?;
    let (stay, let_go) = pipe()?;
    let holder = match sys::fork()? {
        ForkResult::Child => {
            drop((ready, let_go));
            let made = unshare(CloneFlags::CLONE_NEWUSER).and_then(|()| {
                nix::unistd::write(&is_ready, b"y")?;
                // It ends when the other side is closed.
                read(&stay, &mut [0]).map(drop)
            });
            std::process::exit(i32::from(made.is_err()));
        }
        ForkResult::Parent { child } => child,
    };
    drop((is_ready, stay));
    let namespace = match read(&ready, &mut [0]) {
        Ok(1) => mapped(holder, outside, inside),
        Ok(_) => Err(Errno::EPERM),
        Err(errno) => Err(errno),
    };
    drop(let_go);
    kill(holder, Signal::SIGKILL)?;
    waitpid(holder, None)?;
    namespace
}

fn mapped(holder: Pid, outside: u32, inside: u32) -> Result<OwnedFd, Errno> {
    for file in ["gid_map", "uid_map"] {
        write(
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

/// Builds a root as purple-exec does, in namespaces of the child's own.
fn mounts(notes: &mut Notes) {
    let all = Namespace::ALL
        .into_iter()
        .map(flag)
        .fold(CloneFlags::CLONE_NEWUSER, |all, one| all | one);
    if !notes.say("new namespaces", &unshare(all).and_then(|()| map_self(0))) {
        return;
    }
    // The first child is process 1 of the new process namespace, to which its /proc belongs.
    match sys::fork() {
        Ok(ForkResult::Child) => {
            let died = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
            if notes.say("a process inside", &died) {
                root(notes);
            }
            std::process::exit(0);
        }
        Ok(ForkResult::Parent { child }) => {
            notes.say("waiting", &waitpid(child, None));
        }
        Err(errno) => {
            notes.say("a process inside", &Err::<(), _>(errno));
        }
    }
}

fn root(notes: &mut Notes) {
    if !notes.say("mount_setattr", &sys::change(None, &Change::Private)) {
        return;
    }
    let made = sys::new_mount(c"tmpfs");
    notes.say("fsopen", &made);
    let Ok(root) = made else { return };
    if !notes.say("move_mount", &sys::attach_to(&root, c"/proc")) {
        return;
    }
    let tree = sys::copy_tree(c"/", true).and_then(|tree| attached(&root, tree, c"host"));
    notes.say("open_tree", &tree);
    if let Ok(tree) = tree {
        notes.say("read-only with all below", &read_only(&tree));
    }
    for kind in [c"proc", c"sysfs"] {
        let mount = sys::new_mount(kind).and_then(|mount| attached(&root, mount, kind));
        notes.say(&kind.to_string_lossy(), &mount);
    }
    let entered = fchdir(&root)
        .and_then(|()| nix::unistd::pivot_root(".", "."))
        .and_then(|()| sys::detach_here())
        .and_then(|()| nix::unistd::chdir("/"));
    notes.say("pivot_root", &entered);
}

fn attached(root: &OwnedFd, mount: OwnedFd, name: &std::ffi::CStr) -> Result<OwnedFd, Errno> {
    mkdirat(root, name, Mode::S_IRWXU)?;
    sys::attach(&mount, root, name).map(|()| mount)
}

fn read_only(tree: &OwnedFd) -> Result<(), Errno> {
    sys::change(Some(tree), &Change::ReadOnly)?;
    let set = fstatvfs(tree)?.flags().contains(FsFlags::ST_RDONLY);
    if set { Ok(()) } else { Err(Errno::EIO) }
}

fn built(answers: &Answers, checks: &mut Vec<Check>) {
    let first = [
        "new namespaces",
        "a process inside",
        "mount_setattr",
        "fsopen",
        "move_mount",
    ];
    let made = first
        .iter()
        .chain(&["open_tree"])
        .try_for_each(|step| answers.of(step));
    let permission = first.iter().any(|step| {
        matches!(
            answers.errno(step),
            Some(Errno::EPERM | Errno::EACCES | Errno::ENOENT)
        )
    });
    let fix = move || {
        if permission {
            host::user_namespaces_fix()
        } else {
            "a kernel from Linux 5.12 on, and no filter over this shell that hides its mount calls"
                .to_owned()
        }
    };
    checks.push(Check::new(MOUNTS, made.map(|()| String::new()), fix));
    let step = |step| answers.of(step).map(|()| String::new());
    checks.push(Check::new(READ_ONLY, step("read-only with all below"), fix));
    let masked = || {
        if fs::metadata("/proc/self").is_err() {
            return "mount -t proc proc /proc".to_owned();
        }
        "/proc must be whole outside: nothing mounted over parts of it (docker run --security-opt \
         systempaths=unconfined, podman run --security-opt unmask=ALL, procMount: Unmasked)"
            .to_owned()
    };
    checks.push(Check::new(PROC, step("proc"), masked));
    let sysfs = || "/sys must be mounted and whole outside: mount -t sysfs sysfs /sys".to_owned();
    checks.push(Check::new(SYSFS, step("sysfs"), sysfs));
    let chroot = || "start it outside of a chroot(2), with a root that is a mount".to_owned();
    checks.push(Check::new(ROOT, step("pivot_root"), chroot));
}

/// Maps the owners of a mount: root's output paths lie in the working directory by default.
fn id_maps(checks: &mut Vec<Check>) -> bool {
    if !geteuid().is_root() {
        checks.push(Check::new(
            OWNERS,
            Ok("only root needs them".to_owned()),
            String::new,
        ));
        return false;
    }
    let tried = ask(|notes| {
        let mapped = foreign(OUTSIDE_FOR_ROOT, 0).and_then(|ids| {
            let tree = sys::copy_tree(c".", false)?;
            sys::change(Some(&tree), &Change::Owners(ids.as_fd()))
        });
        notes.say("mount_setattr", &mapped);
    });
    let found = tried.of("mount_setattr");
    let works = found.is_ok();
    let fix = || {
        "keep output paths on ext4, xfs, btrfs or tmpfs, with all of root's capabilities, on Linux 5.12 or newer (tmpfs: 6.3)".to_owned()
    };
    let check = Check::new(OWNERS, found.map(|()| "in this directory".to_owned()), fix);
    checks.push(check);
    works
}
