//! Protected paths: paths below an output path that the payload may not change or make.
//!
//! What exists is mounted over with itself, read-only (`masks.rs`). What does not exist needs
//! something to mount over: for as long as the sandbox runs, a stub stands in for it on the host. So
//! this happens before there is a sandbox, with the host's own paths, and once more after it. Where the
//! program cannot make anything either, nothing stands in.

use super::sources::open_source;
use super::step::{Step, has};
use super::stub::{Claim, Stub, StubKind, is_stub, name_of};
use super::target::open_below;
use crate::files::is_directory;
use crate::message::{OrRefuse, Refused, refuse, say};
use crate::outside::Outside;
use purple_plan::{Mount, MountKind, mount_flags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Access, AtFlags, Mode, OFlags, accessat, fstat};
use rustix::io::Errno;
use rustix::process::umask;
use rustix::thread::sched_yield;

const STEP: &str = "protected path";

/// How often a place is looked at again after another sandbox has changed it.
const TRIES: u32 = 10_000;

/// What there is of a protected path.
struct Existing {
    /// Its beginning that exists: all of it, or up to what makes the rest impossible.
    inside_path: &'static [u8],
    stub: Option<Stub>,
    /// Whether there is nothing at it, and the program can make nothing there.
    missing: bool,
}

impl Existing {
    fn stub(inside_path: &'static [u8], stub: Stub) -> Self {
        Self {
            inside_path,
            stub: Some(stub),
            missing: false,
        }
    }
}

/// Looks up what there is of the plan's protected paths, and makes stubs for what is missing.
#[inline(never)]
pub(crate) fn make_stubs(steps: &mut [Step], outside: Outside) -> Result<(), Refused> {
    if !steps.iter().any(Step::is_protected) {
        return Ok(());
    }
    // A stub has the mode that it is made with.
    let before = umask(Mode::empty());
    let made = (0..steps.len()).try_for_each(|index| protect(steps, index, outside));
    let _ours: Mode = umask(before);
    if made.is_err() {
        remove_stubs(steps);
    }
    made
}

/// Removes the stubs that no other sandbox needs and that nothing was put into.
pub(crate) fn remove_stubs(steps: &mut [Step]) {
    for step in steps {
        let Some(stub) = step.stub.take() else {
            continue;
        };
        let name = name_of(step.inside_path);
        let removed = name
            .c_str()
            .and_then(|name| stub.remove(name, step.mount.content));
        match removed {
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY) => {}
            Err(errno) => say!(STEP, step.inside_path, " is left", errno),
        }
    }
}

/// Looks up what there is of a step's target, if it is a protected path.
fn protect(steps: &mut [Step], index: usize, outside: Outside) -> Result<(), Refused> {
    let Some(step) = steps.get(index).filter(|step| step.is_protected()) else {
        return Ok(());
    };
    let mount = step.mount;
    let bind = bind_above(steps, &mount).ok_or(Errno::INVAL).at(&mount)?;
    let top = bind.target.to_bytes().len();
    let existing = open_source(&bind)
        .and_then(|source| find_or_make(&mount, source, top, outside))
        .map_err(|errno| {
            let what = match errno {
                Errno::LOOP => " leads through a symbolic link: protect what that leads to",
                Errno::MLINK => " has another name, by which it could be changed",
                Errno::ACCESS => {
                    " does not exist, and no stub can be made for it: let its directory be written to (chmod u+w), or take the path out of `read_only` by a `!` before it"
                }
                _ => " cannot be kept as it is",
            };
            refuse!(STEP, mount.target, what, errno, mount.line)
        })?;
    if let Some(step) = steps.get_mut(index) {
        step.inside_path = existing.inside_path;
        if existing.missing {
            step.mount.flags |= mount_flags::OPTIONAL;
        }
        step.stub = existing.stub;
    }
    Ok(())
}

/// The bind that shows a path inside: the one with the longest target above it.
fn bind_above(steps: &[Step], protected: &Mount<'static>) -> Option<Mount<'static>> {
    let is_above = |bind: &Mount<'_>| {
        let rest = protected
            .target
            .to_bytes()
            .strip_prefix(bind.target.to_bytes());
        bind.kind == MountKind::Bind && rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    steps
        .iter()
        .map(|step| step.mount)
        .filter(is_above)
        .max_by_key(|bind| bind.target.to_bytes().len())
}

/// Goes down the target of a protected path until there is something to mount over, and makes that if
/// need be. `parent` is the first `at` bytes of the target.
///
/// What does not exist on the way becomes a stub too: with the first of them protected,
/// nothing below it can be made.
#[inline(never)]
fn find_or_make(
    step: &Mount<'static>,
    mut parent: OwnedFd,
    mut at: usize,
    outside: Outside,
) -> Result<Existing, Errno> {
    let target = step.target.to_bytes();
    let mut tries = TRIES;
    loop {
        let end = end_of_name(target, at);
        let inside_path = target.get(..end).unwrap_or(target);
        let name = name_of(inside_path);
        let name = name.c_str()?;
        let is_whole = end == target.len();

        let found = match open_below(parent.as_fd(), name, OFlags::PATH) {
            Err(Errno::NOENT) if tries > 0 => {
                tries = tries.saturating_sub(1);
                let made = Claim::on(parent.as_fd(), name)
                    .and_then(|claim| claim.make(name, kind_of(step, is_whole)));
                match made {
                    Ok(stub) => return Ok(Existing::stub(inside_path, stub)),
                    Err(Errno::EXIST | Errno::NOENT | Errno::WOULDBLOCK) => {
                        sched_yield();
                        continue;
                    }
                    Err(errno) if is_out_of_reach(parent.as_fd(), errno, outside)? => {
                        return Ok(Existing {
                            inside_path,
                            stub: None,
                            missing: true,
                        });
                    }
                    Err(errno) => return Err(errno),
                }
            }
            found => found?,
        };

        let status = fstat(&found)?;
        if is_stub(&status, step.content) {
            match Claim::on(parent.as_fd(), name).and_then(|claim| claim.take(name, &status)) {
                Ok(stub) => return Ok(Existing::stub(inside_path, stub)),
                Err(Errno::NOENT | Errno::WOULDBLOCK) if tries > 0 => {
                    tries = tries.saturating_sub(1);
                    sched_yield();
                }
                Err(errno) => return Err(errno),
            }
        } else if is_directory(status.st_mode) && !is_whole {
            parent = found;
            at = end;
        } else if !is_directory(status.st_mode) && status.st_nlink > 1 {
            return Err(Errno::MLINK);
        } else {
            return Ok(Existing {
                inside_path,
                stub: None,
                missing: false,
            });
        }
    }
}

/// Whether the program can make nothing in a directory in which making a stub has failed.
fn is_out_of_reach(dir: BorrowedFd<'_>, errno: Errno, outside: Outside) -> Result<bool, Errno> {
    match errno {
        // Its mount there is a copy of this one, and stays read-only.
        Errno::ROFS => Ok(true),
        // It has the ids that this process has, fewer rights, and cannot change another's mode.
        Errno::ACCESS if !outside.root && !outside.subordinate => {
            let may = accessat(
                dir,
                c".",
                Access::WRITE_OK | Access::EXEC_OK,
                AtFlags::empty(),
            );
            Ok(may == Err(Errno::ACCESS) && fstat(dir)?.st_uid != outside.uid)
        }
        _ => Ok(false),
    }
}

/// What the stub of a step is, or the one of a directory on its way.
fn kind_of(step: &Mount<'static>, is_whole: bool) -> StubKind<'static> {
    if has(step, mount_flags::STUB_SOCKET) {
        StubKind::Socket
    } else if !is_whole || has(step, mount_flags::STUB_DIRECTORY) {
        StubKind::Directory
    } else {
        StubKind::File(step.content)
    }
}

/// Where the name ends that follows the slash at `at`.
fn end_of_name(path: &[u8], at: usize) -> usize {
    let start = at.saturating_add(1);
    let rest = path.get(start..).unwrap_or(&[]);
    match rest.iter().position(|&byte| byte == b'/') {
        Some(length) => start.saturating_add(length),
        None => path.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_name;

    #[test]
    fn names_of_a_path() {
        assert_eq!(end_of_name(b"/a/bc/d", 0), 2);
        assert_eq!(end_of_name(b"/a/bc/d", 2), 5);
        assert_eq!(end_of_name(b"/a/bc/d", 5), 7);
        assert_eq!(end_of_name(b"/a", 2), 2);
    }
}
