//! Paths that nobody inside may make: while the sandbox runs, an empty stub stands on the host for
//! each that is missing, so that there is something to cover.
//!
//! A stub is known by its mode, with which it is made: sticky, and writable for nobody. Each sandbox
//! that needs one holds a shared lock of it; who can have it alone takes it away. So the last of
//! several sandboxes does, and the next one does for one whose supervisor was killed.

use crate::filesystem::{has, is_directory, is_same, place_of};
use crate::message::{OrRefuse, Refused, Text, refuse, say};
use crate::step::Step;
use crate::target::{create, open_below};
use crate::transfer::write_all;
use core::ffi::CStr;
use purple_plan::{Mount, MountKind, mount_flags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, flock};
use rustix::io::Errno;

const STEP: &str = "protected path";

/// How often a place is looked at again after another sandbox has changed it.
const TRIES: u32 = 10_000;

/// A stub that is there.
pub(crate) struct Stub {
    /// The directory above it.
    above: OwnedFd,
    /// It, with a lock on it.
    file: OwnedFd,
}

/// What there is of a step's target, and the stub where it is one.
type Kept = (&'static [u8], Option<Stub>);

/// Whether a step keeps its target as it is.
pub(crate) fn guards(step: &Mount<'_>) -> bool {
    has(step, mount_flags::STUB_FILE | mount_flags::STUB_DIRECTORY)
}

/// Looks up what there is of the plan's protected paths, and makes stubs for what is missing.
pub(crate) fn make_all(steps: &mut [Step]) -> Result<(), Refused> {
    if !steps.iter().any(|step| guards(&step.mount)) {
        return Ok(());
    }
    let before = rustix::process::umask(Mode::empty());
    let made = (0..steps.len()).try_for_each(|index| protect(steps, index));
    let _ours: Mode = rustix::process::umask(before);
    made.inspect_err(|_| remove_all(steps))
}

fn protect(steps: &mut [Step], index: usize) -> Result<(), Refused> {
    let Some(step) = steps.get(index).map(|step| step.mount).filter(guards) else {
        return Ok(());
    };
    let above = |bind: &Mount<'_>| {
        let rest = step.target.to_bytes().strip_prefix(bind.target.to_bytes());
        bind.kind == MountKind::Bind && rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    let binds = steps.iter().map(|step| step.mount).filter(above);
    let bind = binds.max_by_key(|bind| bind.target.to_bytes().len());
    let bind = bind.ok_or(Errno::INVAL).at(&step)?;
    let top = bind.target.to_bytes().len();
    let found = place_of(&bind)
        .and_then(|above| walk(&step, above, top))
        .map_err(|errno| {
            let what = match errno {
                Errno::LOOP => " leads through a symbolic link: protect what that leads to",
                Errno::MLINK => " has another name, by which it could be changed",
                _ => " cannot be kept as it is",
            };
            refuse!(STEP, step.target, what, errno, step.line)
        })?;
    if let Some(step) = steps.get_mut(index) {
        (step.place, step.stub) = found;
    }
    Ok(())
}

/// Goes down from `above`, which is the first `at` bytes of the target, until there is something to
/// cover, and makes it if need be.
fn walk(step: &Mount<'static>, mut above: OwnedFd, mut at: usize) -> Result<Kept, Errno> {
    let target = step.target.to_bytes();
    let mut tries = 0..TRIES;
    loop {
        let mut slashes = target.iter().enumerate().skip(at.saturating_add(1));
        let end = slashes
            .find(|(_, byte)| **byte == b'/')
            .map_or(target.len(), |(end, _)| end);
        let place = target.get(..end).unwrap_or(target);
        let name = name_of(place);
        let name = name.c_str()?;
        let whole = end == target.len();
        let found = match open_below(above.as_fd(), name, OFlags::PATH) {
            Err(Errno::NOENT) if tries.next().is_some() => {
                let directory = !whole || has(step, mount_flags::STUB_DIRECTORY);
                match make(above.as_fd(), name, (!directory).then_some(step.content)) {
                    Ok(file) => return Ok((place, Some(Stub { above, file }))),
                    Err(Errno::EXIST | Errno::NOENT | Errno::WOULDBLOCK) => continue,
                    Err(errno) => return Err(errno),
                }
            }
            found => found?,
        };
        let status = rustix::fs::fstat(&found)?;
        let directory = is_directory(&status);
        if is_stub(&status, step.content) {
            match lock(above.as_fd(), name, &status) {
                Ok(file) => return Ok((place, Some(Stub { above, file }))),
                // Another sandbox is just taking it away.
                Err(Errno::NOENT | Errno::WOULDBLOCK) if tries.next().is_some() => {
                    rustix::thread::sched_yield();
                }
                Err(errno) => return Err(errno),
            }
        } else if directory && !whole {
            (above, at) = (found, end);
        } else if !directory && status.st_nlink > 1 {
            return Err(Errno::MLINK);
        } else {
            return Ok((place, None));
        }
    }
}

/// Takes the stubs away that no other sandbox needs and that nobody has put anything into.
pub(crate) fn remove_all(steps: &mut [Step]) {
    for step in steps {
        let Some(stub) = step.stub.take() else {
            continue;
        };
        let taken = take_away(&stub, step.place, step.mount.content);
        if let Err(errno) = taken
            && !matches!(errno, Errno::WOULDBLOCK | Errno::NOENT | Errno::NOTEMPTY)
        {
            say!(STEP, step.place, " is left", errno);
        }
    }
}

/// Makes a stub, of a file if it has content, and shares the lock of it.
fn make(above: BorrowedFd<'_>, name: &CStr, content: Option<&[u8]>) -> Result<OwnedFd, Errno> {
    let file = content.map(|_| create(above, name, 0o1444)).transpose()?;
    if file.is_none() {
        rustix::fs::mkdirat(above, name, Mode::from_raw_mode(0o1555))?;
    }
    let content = content.unwrap_or(b"");
    let keep = || {
        file.as_ref()
            .map_or(Ok(()), |file| write_all(file, content))?;
        let status = rustix::fs::statat(above, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if is_stub(&status, content) {
            lock(above, name, &status)
        } else {
            Err(Errno::OPNOTSUPP)
        }
    };
    let stub = keep();
    // Some file systems keep no modes (vfat), others no locks: what was made there must not stay.
    if !matches!(stub, Ok(_) | Err(Errno::NOENT | Errno::WOULDBLOCK)) {
        unlink(above, name, file.is_none())?;
    }
    stub
}

fn unlink(above: BorrowedFd<'_>, name: &CStr, directory: bool) -> Result<(), Errno> {
    rustix::fs::unlinkat(
        above,
        name,
        if directory {
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        },
    )
}

/// Opens a stub and shares the lock of it.
fn lock(above: BorrowedFd<'_>, name: &CStr, seen: &Stat) -> Result<OwnedFd, Errno> {
    let stub = open_below(above, name, OFlags::RDONLY)?;
    flock(&stub, FlockOperation::NonBlockingLockShared)?;
    let there = rustix::fs::statat(above, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if is_same(&there, seen) && is_same(&rustix::fs::fstat(&stub)?, seen) {
        Ok(stub)
    } else {
        Err(Errno::NOENT)
    }
}

fn take_away(stub: &Stub, place: &[u8], content: &[u8]) -> Result<(), Errno> {
    flock(&stub.file, FlockOperation::NonBlockingLockExclusive)?;
    let name = name_of(place);
    let name = name.c_str()?;
    let status = rustix::fs::fstat(&stub.file)?;
    let there = rustix::fs::statat(&stub.above, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if !is_same(&status, &there) || !is_stub(&status, content) {
        return Ok(());
    }
    unlink(stub.above.as_fd(), name, is_directory(&status))
}

/// Whether it has a stub's mode, and as a file nothing else in it than a stub.
fn is_stub(status: &Stat, content: &[u8]) -> bool {
    let marked = status.st_mode & 0o1222 == 0o1000;
    let size = usize::try_from(status.st_size).unwrap_or(usize::MAX);
    let file = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
    marked && (is_directory(status) || file && (size == 0 || size == content.len()))
}

/// The last name of a path.
fn name_of(path: &[u8]) -> Text<256> {
    Text::of(path.rsplit(|&byte| byte == b'/').next().unwrap_or(b""))
}
