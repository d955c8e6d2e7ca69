//! What the host shares with the sandbox: the sources of binds, as detached copies.
//!
//! A relative source lies in the project that the sandbox is started in, and a project may come from
//! anywhere: a symbolic link in it must not choose what is shared. On the way to an absolute one, only
//! links of the system are followed (`links`), before anything is opened here.

use super::links;
use super::step::{Step, has};
use super::tree;
use crate::identity;
use crate::message::{OrRefuse, Refused, refuse};
use crate::outside::Outside;
use purple_plan::{Mount, MountKind, mount_flags};
use purple_sys::mount::{self, Change};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::fstat;
use rustix::io::Errno;

const STEP: &str = "mount";

/// Opens the source of every bind with the rights of who starts the sandbox: for root, before there is
/// a user namespace, with id maps for those that the payload writes to and for the project; for a user
/// inside, where it may copy mounts, and before it takes on other ids.
pub(crate) fn open(steps: &mut [Step], outside: Outside) -> Result<(), Refused> {
    for step in steps {
        if step.mount.kind != MountKind::Bind || step.is_link {
            continue;
        }
        let copied = match copy(&step.mount) {
            // A user's links are followed before, outside: inside, owners have other ids.
            Err(Errno::LOOP) if outside.root && is_absolute(&step.mount) => {
                follow_links(&mut step.mount)?;
                copy(&step.mount)
            }
            copied => copied,
        };
        step.tree = copied.map_err(|errno| not_copied(&step.mount, errno))?;
        if let Some(tree) = &step.tree
            && outside.root
        {
            step.mapped = map_owner(&step.mount, tree, outside)?;
        }
    }
    Ok(())
}

/// A handle of what lies at a bind's source.
pub(crate) fn open_source(step: &Mount<'_>) -> Result<OwnedFd, Errno> {
    links::open_without(step.source)
}

/// For a user: follows the links on the way to absolute sources, outside.
pub(crate) fn resolve(steps: &mut [Step]) -> Result<(), Refused> {
    steps
        .iter_mut()
        .filter(|step| !step.is_link)
        .map(|step| &mut step.mount)
        .filter(|mount| mount.kind == MountKind::Bind && is_absolute(mount))
        .try_for_each(follow_links)
}

fn follow_links(mount: &mut Mount<'static>) -> Result<(), Refused> {
    mount.source = links::resolve(STEP, mount.source, mount.line)?;
    Ok(())
}

/// A detached copy of the host's tree at a bind's source. `None`: it is not there for the caller, and need not be.
fn copy(step: &Mount<'_>) -> Result<Option<OwnedFd>, Errno> {
    let recursive = has(step, mount_flags::RECURSIVE);
    let copied = open_source(step).and_then(|source| tree::copy(source.as_fd(), c"", recursive));
    match copied {
        // A user may not look into the directory that has it.
        Err(Errno::NOENT | Errno::ACCESS) if has(step, mount_flags::OPTIONAL) => Ok(None),
        copied => copied.map(Some),
    }
}

fn not_copied(step: &Mount<'_>, errno: Errno) -> Refused {
    let what = match errno {
        Errno::NOENT => " does not exist",
        Errno::LOOP if is_absolute(step) => " has become a symbolic link while the run was started",
        Errno::LOOP => " leads through a symbolic link, which a relative path must not",
        _ => "",
    };
    let source = step.source;
    refuse!(STEP, "the host path ", source, what, errno, step.line)
}

fn is_absolute(step: &Mount<'_>) -> bool {
    step.source.to_bytes().starts_with(b"/")
}

/// Maps the owner of what is there to the payload, as if it were the payload's own, so that it may write to an
/// output path, and read what only the owner may in the project. A path that is only shown and is absolute or goes up stays
/// as it is: what only root may read of the host is not the project's. Whether it is mapped.
fn map_owner(step: &Mount<'_>, tree: &OwnedFd, outside: Outside) -> Result<bool, Refused> {
    let owner = fstat(tree).at(step)?;
    let is_output = has(step, mount_flags::OWNED);
    let is_own = owner.st_uid == outside.uid;
    let goes_up = step.source.to_bytes().windows(2).any(|two| two == b"..");
    if !is_output && (is_own || is_absolute(step) || goes_up) {
        return Ok(false);
    }
    let map = identity::mount_map(step, &owner, outside)?;
    let change = Change {
        id_map: Some(map.as_fd()),
        recursive: has(step, mount_flags::RECURSIVE),
        ..Change::default()
    };
    match mount::set_attributes(tree.as_fd(), c"", change) {
        Ok(()) => Ok(true),
        // The file system takes none, or belongs to another user namespace (mount_setattr(2)). What is the
        // payload's own can be written without, and what is only shown is shown as others see it.
        Err(Errno::INVAL | Errno::PERM) if is_own || !is_output => Ok(false),
        Err(errno) => {
            let what = " takes no id-mapped mount, as ext4 and xfs do; or give it to a user, and run as that one or with --outside-id";
            let source = step.source;
            Err(refuse!(
                STEP,
                "the file system of ",
                source,
                what,
                errno,
                step.line
            ))
        }
    }
}
