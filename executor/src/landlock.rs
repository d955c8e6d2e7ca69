//! Landlock: the second wall around files, ports and signals (landlock(7)).

use crate::filesystem::is_directory;
use crate::message::{OrRefuse, Part, Refused, refuse, say};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::transfer::open;
use purple_plan::{Landlock, Layer, PathAccess, landlock_fs, landlock_scope, path_flags};
use purple_sys::descriptors;
use purple_sys::landlock::{Handled, allow_beneath, allow_port, restrict, ruleset, version};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

const STEP: &str = "landlock";

/// Puts this process behind the wall, records what it got, and looks whether it holds.
pub(crate) fn enter(run: &Run) -> Result<(), Refused> {
    let Some(least) = run.plan.landlock.iter().next() else {
        return Ok(());
    };
    if run.options.lets_go(Layer::Landlock) {
        say!(STEP, "not enforced, as --unenforced asked", least.line);
        return Ok(());
    }
    let host = version();
    let usable = |level: &Landlock| host.is_ok_and(|host| level.abi <= host);
    let Some(level) = run.plan.landlock.iter().take_while(usable).last() else {
        return Err(too_old(least, host));
    };
    let handled = Handled {
        fs: level.fs,
        net: level.net,
        scope: level.scope,
    };
    let wall = ruleset(&handled).or_refuse(STEP, "making a ruleset")?;
    let mut rules = 0_u64;
    for path in &run.plan.paths {
        rules = rules.saturating_add(allow_path(wall.as_fd(), &path, level.fs)?);
    }
    for fd in [
        descriptors::input(),
        descriptors::output(),
        descriptors::error(),
    ] {
        let added = allow_open_file(wall.as_fd(), fd, level.fs);
        rules = rules.saturating_add(added.or_refuse(STEP, "a standard descriptor")?);
    }
    for ports in run
        .plan
        .ports
        .iter()
        .filter(|ports| ports.access & level.net != 0)
    {
        for port in ports.first..=ports.last {
            let added = allow_port(wall.as_fd(), port, ports.access & level.net);
            added.or_refuse(STEP, "a port")?;
            rules = rules.saturating_add(1);
        }
    }
    let asked = level.scope & landlock_scope::SIGNAL != 0 && ask_init().is_ok();
    let opened = !asked && open_program().is_ok();
    restrict(wall.as_fd()).or_refuse(STEP, "landlock_restrict_self")?;
    let denied = match (asked, opened) {
        (true, _) => match ask_init() {
            Ok(()) => return Err(refuse!(STEP, "it does not deny what it should")),
            Err(errno) => Some(errno),
        },
        // The program may lie in a directory that is shown inside: then it is open to all.
        (false, true) => open_program().err(),
        (false, false) => None,
    };
    let seen = match denied {
        None => 0,
        Some(errno @ (Errno::PERM | Errno::ACCESS)) => errno.raw_os_error().unsigned_abs(),
        Some(errno) => return Err(refuse!(STEP, "looking whether it holds", errno)),
    };
    let shared = run.shared;
    shared.write(ReceiptField::LandlockHost, u64::from(host.unwrap_or(0)));
    shared.write(ReceiptField::LandlockAbi, u64::from(level.abi));
    shared.write(ReceiptField::LandlockRules, rules);
    shared.write(ReceiptField::LandlockProbe, seen.into());
    Ok(())
}

/// The kernel's Landlock is older than the plan needs, or off.
fn too_old(least: Landlock, host: Result<u32, Errno>) -> Refused {
    let found = match host {
        Ok(version) => Part::Number(version.into()),
        Err(Errno::NOSYS) => Part::Text("none: it has none"),
        Err(Errno::OPNOTSUPP) => Part::Text("none: it is off (see lsm= in kernel-parameters.txt)"),
        Err(errno) => Part::Error(errno),
    };
    let (needed, without) = (
        u64::from(least.abi),
        "; run without it by --unenforced landlock",
    );
    let needs = "the plan needs version ";
    refuse!(
        STEP,
        needs,
        needed,
        ", and the kernel's is ",
        found,
        without,
        least.line
    )
}

/// Allows what the plan says at a path inside, and says how many rules that made. No link is followed:
/// where a program may write, it may have left one.
fn allow_path(wall: BorrowedFd<'_>, path: &PathAccess<'_>, known: u64) -> Result<u64, Refused> {
    let fail = |errno| refuse!(STEP, path.path, errno, path.line);
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS;
    let place: OwnedFd = match rustix::fs::openat2(CWD, path.path, flags, Mode::empty(), resolve) {
        Err(Errno::NOENT) if path.flags & path_flags::OPTIONAL != 0 => return Ok(0),
        place => place.map_err(fail)?,
    };
    let directory = is_directory(&rustix::fs::fstat(&place).map_err(fail)?);
    let known = if directory {
        known
    } else {
        known & landlock_fs::FILE
    };
    allow_beneath(wall, place.as_fd(), path.access & known).map_err(fail)?;
    Ok(1)
}

/// Allows with a file that the caller has opened what it was opened for: under `/dev/stdout` the
/// program may open it again, and not with more than that.
fn allow_open_file(wall: BorrowedFd<'_>, fd: BorrowedFd<'_>, known: u64) -> Result<u64, Errno> {
    const READ: u64 = landlock_fs::READ_FILE;
    const WRITE: u64 = landlock_fs::WRITE_FILE | landlock_fs::TRUNCATE;
    /// What the kernel says of a file that no path leads to, such as a pipe: Landlock restricts none.
    const NO_PATH: Errno = Errno::BADFD;
    let flags = rustix::fs::fcntl_getfl(fd)?;
    if flags.contains(OFlags::PATH) {
        return Ok(0);
    }
    let access = match flags & OFlags::RWMODE {
        OFlags::RDWR => READ | WRITE,
        OFlags::WRONLY => WRITE,
        _ => READ,
    };
    match allow_beneath(wall, fd, (access | landlock_fs::IOCTL_DEV) & known) {
        Ok(()) => Ok(1),
        Err(NO_PATH) => Ok(0),
        Err(errno) => Err(errno),
    }
}

// What this process can do before it is behind the wall, and not after.

/// Asks whether init would take a signal.
fn ask_init() -> Result<(), Errno> {
    test_kill_process(Pid::INIT)
}

/// Opens its own program, which lies on the host.
fn open_program() -> Result<(), Errno> {
    open(c"/proc/self/exe", OFlags::RDONLY).map(drop)
}
