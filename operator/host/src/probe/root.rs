//! A root as purple-exec builds one: new mounts, a tree of the host's, and `pivot_root(2)`.

use super::namespaces::{Namespace, OwnIds, map_foreign_id};
use super::{Reporter, Steps};
use crate::sys::mount::{
    Attribute, attach, attach_at_path, copy_tree, detach_working_directory, new_file_system,
    set_attribute,
};
use crate::sys::process::fork;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, mkdirat};
use nix::sys::statvfs::{FsFlags, fstatvfs};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fchdir};
use std::ffi::CStr;
use std::os::fd::{AsFd as _, OwnedFd};

/// The steps up to the first mount of a new root, in their order.
pub const NEW_ROOT: [&str; 5] = [
    NEW_NAMESPACES,
    FIRST_PROCESS,
    MOUNT_SETATTR,
    "fsopen",
    "move_mount",
];
/// The step that copies a tree of the host's mounts into the root.
pub const OPEN_TREE: &str = "open_tree";
/// The step that makes that tree read-only with all below it.
pub const READ_ONLY: &str = "read-only with all below";
/// The step that mounts the sandbox's own /proc.
pub const PROC: &str = "proc";
/// The step that mounts /sys.
pub const SYSFS: &str = "sysfs";
/// The step that enters the root and detaches the old one.
pub const PIVOT_ROOT: &str = "pivot_root";
/// The step that sets attributes of mounts.
pub const MOUNT_SETATTR: &str = "mount_setattr";

const NEW_NAMESPACES: &str = "new namespaces";
const FIRST_PROCESS: &str = "a process inside";

/// Builds a root in namespaces of the child's own: the steps of [`NEW_ROOT`], then [`OPEN_TREE`],
/// [`READ_ONLY`], [`PROC`], [`SYSFS`] and [`PIVOT_ROOT`].
pub fn build() -> Steps {
    let ids = OwnIds::get();
    super::run(|reporter| enter_namespaces(ids, reporter))
}

fn enter_namespaces(ids: OwnIds, reporter: &mut Reporter) {
    let all = Namespace::ALL
        .into_iter()
        .map(Namespace::flag)
        .fold(CloneFlags::empty(), |all, one| all | one);
    let entered = unshare(all).and_then(|()| ids.map(0));
    if !reporter.step(NEW_NAMESPACES, &entered) {
        return;
    }
    // The first child is process 1 of the new process namespace, to which its /proc belongs.
    match fork() {
        Ok(ForkResult::Child) => {
            let dies_with_parent = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
            if reporter.step(FIRST_PROCESS, &dies_with_parent) {
                build_root(reporter);
            }
            std::process::exit(0);
        }
        Ok(ForkResult::Parent { child }) => {
            reporter.step("waiting", &waitpid(child, None));
        }
        Err(errno) => {
            reporter.step(FIRST_PROCESS, &Err::<(), _>(errno));
        }
    }
}

fn build_root(reporter: &mut Reporter) {
    if !reporter.step(MOUNT_SETATTR, &set_attribute(None, &Attribute::Private)) {
        return;
    }
    let made = new_file_system(c"tmpfs");
    reporter.step("fsopen", &made);
    let Ok(root) = made else { return };
    if !reporter.step("move_mount", &attach_at_path(&root, c"/proc")) {
        return;
    }
    let tree = copy_tree(c"/", true).and_then(|tree| mount_in(&root, tree, c"host"));
    reporter.step(OPEN_TREE, &tree);
    if let Ok(tree) = tree {
        reporter.step(READ_ONLY, &make_read_only(&tree));
    }
    for (step, kind) in [(PROC, c"proc"), (SYSFS, c"sysfs")] {
        let mount = new_file_system(kind).and_then(|mount| mount_in(&root, mount, kind));
        reporter.step(step, &mount);
    }
    let entered = fchdir(&root)
        .and_then(|()| nix::unistd::pivot_root(".", "."))
        .and_then(|()| detach_working_directory())
        .and_then(|()| nix::unistd::chdir("/"));
    reporter.step(PIVOT_ROOT, &entered);
}

/// Attaches a mount to a new directory of the root.
fn mount_in(root: &OwnedFd, mount: OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    mkdirat(root, name, Mode::S_IRWXU)?;
    attach(&mount, root, name).map(|()| mount)
}

fn make_read_only(tree: &OwnedFd) -> Result<(), Errno> {
    set_attribute(Some(tree), &Attribute::ReadOnly)?;
    let set = fstatvfs(tree)?.flags().contains(FsFlags::ST_RDONLY);
    if set { Ok(()) } else { Err(Errno::EIO) }
}

/// Maps the owners of a copy of the working directory's mount ([`MOUNT_SETATTR`]): only root may.
pub fn map_owners(outside: u32) -> Steps {
    super::run(|reporter| {
        let mapped = map_foreign_id(outside, 0).and_then(|ids| {
            let tree = copy_tree(c".", false)?;
            set_attribute(Some(&tree), &Attribute::IdMap(ids.as_fd()))
        });
        reporter.step(MOUNT_SETATTR, &mapped);
    })
}
