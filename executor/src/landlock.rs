//! Landlock (landlock(7)): a ruleset for files, ports and signals, beside the mounts and the filter.

use crate::files::{is_directory, open};
use crate::message::{OrRefuse, Part, Refused, refuse, say};
use crate::receipt::ReceiptField;
use crate::run::Run;
use purple_plan::{Landlock, Layer, PathAccess, landlock_fs, landlock_scope, path_flags};
use purple_sys::descriptors;
use purple_sys::landlock::{Handled, allow_beneath, allow_port, restrict, ruleset, version};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, StatVfsMountFlags, fcntl_getfl, fstat, fstatvfs,
    openat2,
};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

const STEP: &str = "landlock";

/// Restricts this process by the plan's ruleset, records what it got, and looks whether it holds.
///
/// A plan has one or more levels, a version of the kernel's interface each. The highest that the
/// kernel knows is used; where it knows none, the run is refused.
#[inline(never)]
pub(crate) fn enter(run: &Run) -> Result<(), Refused> {
    let Some(lowest) = run.plan.landlock.iter().next() else {
        return Ok(());
    };
    if run.options.lets_go(Layer::Landlock) {
        say!(STEP, "not enforced, as --unenforced asked", lowest.line);
        return Ok(());
    }
    let host = version();
    let is_known = |level: &Landlock| host.is_ok_and(|host| level.abi <= host);
    let Some(level) = run.plan.landlock.iter().take_while(is_known).last() else {
        return Err(too_old(lowest, host));
    };

    let handled = Handled {
        fs: level.fs,
        net: level.net,
        scope: level.scope,
    };
    let ruleset = ruleset(&handled).or_refuse(STEP, "making a ruleset")?;
    let rules = add_rules(run, ruleset.as_fd(), &level)?;
    let probe = Probe::choose(&level);
    restrict(ruleset.as_fd()).or_refuse(STEP, "landlock_restrict_self")?;
    let denied = probe.check()?;

    let shared = run.shared;
    shared.write(ReceiptField::LandlockHost, u64::from(host.unwrap_or(0)));
    shared.write(ReceiptField::LandlockAbi, u64::from(level.abi));
    shared.write(ReceiptField::LandlockRules, rules);
    shared.write(ReceiptField::LandlockProbe, u64::from(denied));
    Ok(())
}

/// The kernel's Landlock is older than the plan needs, or off.
fn too_old(lowest: Landlock, host: Result<u32, Errno>) -> Refused {
    let found = match host {
        Ok(version) => Part::Number(version.into()),
        Err(Errno::NOSYS) => Part::Text("none: it has none"),
        Err(Errno::OPNOTSUPP) => Part::Text("none: it is off (see lsm= in kernel-parameters.txt)"),
        Err(errno) => Part::Error(errno),
    };
    refuse!(
        STEP,
        "the plan needs version ",
        u64::from(lowest.abi),
        ", and the kernel's is ",
        found,
        "; run without it by --unenforced landlock",
        lowest.line
    )
}

/// Adds every rule of the plan that this level knows, and returns how many there are.
#[inline(never)]
fn add_rules(run: &Run, ruleset: BorrowedFd<'_>, level: &Landlock) -> Result<u64, Refused> {
    let mut count = 0_u64;
    let standard = [
        descriptors::input(),
        descriptors::output(),
        descriptors::error(),
    ];
    let mut mounts_cover_all = true;
    for fd in standard {
        let leads_past = leads_past_the_mounts(fd).or_refuse(STEP, "a standard descriptor")?;
        mounts_cover_all = mounts_cover_all && !leads_past;
    }
    for path in &run.plan.paths {
        let known = if mounts_cover_all || path.access & landlock_fs::WRITE_FILE != 0 {
            level.fs
        } else {
            level.fs & !landlock_fs::TRUNCATE
        };
        if allow_path(ruleset, &path, known)? {
            count = count.saturating_add(1);
        }
    }
    for fd in standard {
        let added = allow_open_file(ruleset, fd, level.fs);
        if added.or_refuse(STEP, "a standard descriptor")? {
            count = count.saturating_add(1);
        }
    }
    for ports in &run.plan.ports {
        let access = ports.access & level.net;
        if access == 0 {
            continue;
        }
        for port in ports.first..=ports.last {
            allow_port(ruleset, port, access).or_refuse(STEP, "a port")?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// Whether a standard descriptor leads to files of the host by another mount than those that the plan
/// makes, and one that can be written.
///
/// A plan allows that files are cut below a read-only mount, because it costs less: Landlock asks for
/// that right whenever a file is opened, and walks on where no rule gives it. There the mount keeps
/// files from being cut. A file that the caller has opened for reading, and whatever comes in through
/// a socket (unix(7), `SCM_RIGHTS`), lies on no such mount.
fn leads_past_the_mounts(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    match FileType::from_raw_mode(fstat(fd)?.st_mode) {
        FileType::Socket => Ok(true),
        FileType::RegularFile | FileType::Directory => {
            let is_read_only = fstatvfs(fd)?.f_flag.contains(StatVfsMountFlags::RDONLY);
            Ok(!is_read_only && !is_open_for_writing(fcntl_getfl(fd)?))
        }
        _ => Ok(false),
    }
}

/// Whether what a file was opened for is writing. Then it may be cut by a rule of its own.
fn is_open_for_writing(flags: OFlags) -> bool {
    !flags.contains(OFlags::PATH) && flags.intersects(OFlags::WRONLY | OFlags::RDWR)
}

/// Allows what the plan says at a path inside, and says whether that made a rule. No link is followed:
/// where a program may write, it may have left one. An optional path that is a link needs no rule of its own: what the
/// link leads to has one.
fn allow_path(ruleset: BorrowedFd<'_>, path: &PathAccess<'_>, known: u64) -> Result<bool, Refused> {
    let fail = |errno| refuse!(STEP, path.path, errno, path.line);
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS;
    let found: OwnedFd = match openat2(CWD, path.path, flags, Mode::empty(), resolve) {
        Err(Errno::NOENT | Errno::LOOP) if path.flags & path_flags::OPTIONAL != 0 => {
            return Ok(false);
        }
        found => found.and_then(descriptors::made).map_err(fail)?,
    };
    let mut access = path.access & known;
    if !is_directory(fstat(&found).map_err(fail)?.st_mode) {
        access &= landlock_fs::FILE;
    }
    allow_beneath(ruleset, found.as_fd(), access).map_err(fail)?;
    Ok(true)
}

/// Allows with what is a standard descriptor, the caller's or what stands for it, what it was opened
/// for: under `/dev/stdout` the program may open it again, and not with more than that. Says whether
/// that made a rule.
fn allow_open_file(ruleset: BorrowedFd<'_>, fd: BorrowedFd<'_>, known: u64) -> Result<bool, Errno> {
    const READ: u64 = landlock_fs::READ_FILE;
    const WRITE: u64 = landlock_fs::WRITE_FILE | landlock_fs::TRUNCATE;
    /// What the kernel says of a file that no path leads to, such as a pipe: Landlock restricts none.
    const NO_PATH: Errno = Errno::BADFD;
    let flags = fcntl_getfl(fd)?;
    if flags.contains(OFlags::PATH) {
        return Ok(false);
    }
    let access = match flags & OFlags::RWMODE {
        OFlags::RDWR => READ | WRITE,
        OFlags::WRONLY => WRITE,
        _ => READ,
    };
    match allow_beneath(ruleset, fd, (access | landlock_fs::IOCTL_DEV) & known) {
        Ok(()) => Ok(true),
        Err(NO_PATH) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Something that this process can do before it is restricted, and not after.
enum Probe {
    /// Asking whether init would take a signal.
    Signal,
    /// Opening its own program, which lies on the host.
    Program,
    /// Neither can be done now, so a denial would prove nothing.
    Nothing,
}

impl Probe {
    fn choose(level: &Landlock) -> Self {
        let scopes_signals = level.scope & landlock_scope::SIGNAL != 0;
        if scopes_signals && ask_init().is_ok() {
            Self::Signal
        } else if open_program().is_ok() {
            Self::Program
        } else {
            Self::Nothing
        }
    }

    /// Tries again. Returns the error number by which the kernel denied it, 0 where nothing was
    /// denied and that is no fault.
    fn check(&self) -> Result<u32, Refused> {
        let denied = match self {
            Self::Signal => match ask_init() {
                Ok(()) => return Err(refuse!(STEP, "it does not deny what it should")),
                Err(errno) => errno,
            },
            Self::Program => match open_program() {
                // The program lies in a directory that is shown inside: then it is open to all.
                Ok(()) => return Ok(0),
                Err(errno) => errno,
            },
            Self::Nothing => return Ok(0),
        };
        match denied {
            Errno::PERM | Errno::ACCESS => Ok(denied.raw_os_error().unsigned_abs()),
            errno => Err(refuse!(STEP, "looking whether it holds", errno)),
        }
    }
}

fn ask_init() -> Result<(), Errno> {
    test_kill_process(Pid::INIT)
}

fn open_program() -> Result<(), Errno> {
    let _program = open(c"/proc/self/exe", OFlags::RDONLY)?;
    Ok(())
}
