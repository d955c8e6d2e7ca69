//! The file system inside, built step by step from the plan's table in a mount namespace of its
//! own, then made the root.
//!
//! Sources are looked up as the host sees them (`sources`); targets only below the new root, without
//! following a symbolic link (`target`), so that nothing lands outside, whatever another process does
//! to a path meanwhile. The order of the table is the compiler's: a later step may lie inside an
//! earlier one, and covers it where both have one place.

mod found;
mod guard;
pub(crate) mod kept;
pub(crate) mod links;
mod look;
mod masks;
mod pin;
pub(crate) mod protected;
mod read_back;
pub(crate) mod sources;
pub(crate) mod step;
mod stub;
mod target;
mod tree;
mod unkept;

use crate::files::{is_directory, is_same, write_all};
use crate::gate::PassedGate;
use crate::message::{OrRefuse, Refused, refuse};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::text::Text;
use core::ffi::CStr;
use kept::KeptSet;
use masks::Masks;
use purple_plan::{Mount, MountKind, mount_flags};
use purple_sys::mount::{self, Change};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, fstat, mkdirat, symlinkat};
use rustix::io::{Errno, pread};
use rustix::mount::{UnmountFlags, unmount};
use rustix::process::{chdir, fchdir, pivot_root, umask};
use step::{Step, has};
use target::{Parents, Target, existing, open_below};

const STEP: &str = "mount";

/// Where the new root hangs while it is being built. Every host that this works on has it.
const BUILDING_PLACE: &CStr = c"/proc";

/// Makes every mount of this namespace private: none takes part any more in what happens to the
/// host's, and the other way round.
pub(crate) fn make_private() -> Result<(), Refused> {
    let stop = Change {
        propagation: mount::PRIVATE,
        recursive: true,
        ..Change::default()
    };
    mount::set_attributes(CWD, c"/", stop).or_refuse(STEP, "making the host's mounts private")
}

/// Builds the new root, makes it the root of this process, and records what it has read back.
#[inline(never)]
pub(crate) fn build(
    run: &Run,
    steps: &mut [Step],
    kept: &mut KeptSet,
    gate: &PassedGate,
) -> Result<(), Refused> {
    // The modes are those of the plan.
    let _mask: Mode = umask(Mode::empty());

    let root = new_root(steps)?;
    let mut parents = Parents::new(&root);
    let mut masks = Masks::default();
    let mut settings: u64 = 0;
    for index in 1..steps.len() {
        let Some(step) = steps.get(index) else {
            break;
        };
        let (mounted, covered) = match step.mount.kind {
            MountKind::Mask | MountKind::SelfBind => {
                let covered = masks.apply(&root, steps, index, step)?;
                parents.forget();
                (covered.is_some(), covered)
            }
            MountKind::Setting => {
                let written = write_setting(&root, &step.mount).at(&step.mount)?;
                settings = settings.saturating_add(u64::from(written));
                (false, None)
            }
            _ => (apply(&root, &mut parents, step)?, None),
        };
        if let Some(step) = steps.get_mut(index) {
            step.mounted = mounted;
            step.covered = covered;
        }
    }
    enter(&root)?;
    gate.wait_again()?;
    let kept = kept.of_host()?;
    let mounts = guard::keep(&root, &kept, steps, &masks, run.outside)?;
    run.shared.write(ReceiptField::Mounts, mounts);
    run.shared.write(ReceiptField::Settings, settings);
    Ok(())
}

/// The root that the first step makes.
fn new_root(steps: &[Step]) -> Result<OwnedFd, Refused> {
    let first = steps.first().map(|step| &step.mount);
    let Some(step) = first.filter(|step| step.kind == MountKind::Tmpfs && step.target == c"/")
    else {
        return Err(refuse!(STEP, "the plan does not start with a root"));
    };
    let root = tree::tmpfs(step)?;
    tree::move_to(&root, CWD, BUILDING_PLACE).at(step)?;
    Ok(root)
}

/// Applies one step of the table. Whether a mount was made.
fn apply(root: &OwnedFd, parents: &mut Parents<'_>, step: &Step) -> Result<bool, Refused> {
    const DEVPTS: [tree::Setting<'_>; 2] = [(c"ptmxmode", c"0666"), (c"mode", c"0620")];
    let mount = &step.mount;
    let made = match mount.kind {
        MountKind::Tmpfs => tree::tmpfs(mount)?,
        MountKind::Proc => tree::special(mount, c"proc", &[])?,
        MountKind::Sysfs => tree::special(mount, c"sysfs", &[])?,
        MountKind::Devpts => tree::special(mount, c"devpts", &DEVPTS)?,
        MountKind::Bind => return bind(root, parents, step),
        MountKind::Attributes => {
            let target = existing(root, mount.target).at(mount)?;
            tree::set_attributes(mount, &target)?;
            return Ok(false);
        }
        MountKind::File | MountKind::Symlink | MountKind::Directory => {
            create(parents, mount).at(mount)?;
            return Ok(false);
        }
        // `build` writes these, `Masks` applies those, and `load` refuses the last.
        MountKind::Setting
        | MountKind::Mask
        | MountKind::SelfBind
        | MountKind::MaskMatches
        | MountKind::SelfBindMatches => {
            return Err(Errno::INVAL).at(mount);
        }
    };
    attach(root, parents, mount, &made, true)?;
    Ok(true)
}

fn bind(root: &OwnedFd, parents: &mut Parents<'_>, step: &Step) -> Result<bool, Refused> {
    let mount = &step.mount;
    let Some(tree) = &step.tree else {
        if step.is_link {
            create(parents, mount).at(mount)?;
        }
        // Else its source does not exist, and need not.
        return Ok(false);
    };
    tree::set_attributes(mount, tree)?;
    let status = fstat(tree).at(mount)?;
    attach(root, parents, mount, tree, is_directory(status.st_mode))?;
    Ok(true)
}

/// Moves a detached tree to its target, which is made where the plan allows it.
fn attach(
    root: &OwnedFd,
    parents: &mut Parents<'_>,
    step: &Mount<'static>,
    tree: &OwnedFd,
    directory: bool,
) -> Result<(), Refused> {
    if !has(step, mount_flags::EXISTING) {
        let Target { dir, name } = parents.of(step).at(step)?;
        match target::make(dir, name, directory) {
            // No link is followed here, and a mount that has come to lie elsewhere is found later.
            Ok(()) => return tree::move_to(tree, dir, name).at(step),
            Err(Errno::EXIST) => {}
            made => made.at(step)?,
        }
    }
    let target = existing(root, step.target).map_err(|errno| {
        let what = if errno == Errno::NOENT && has(step, mount_flags::EXISTING) {
            " must exist already: it lies in a tree of the host"
        } else {
            ""
        };
        refuse!(STEP, step.target, what, errno, step.line)
    })?;
    parents.forget();
    tree::move_to(tree, target.as_fd(), c"").at(step)
}

/// Makes a file, a symbolic link or a directory of the plan's own.
fn create(parents: &mut Parents<'_>, step: &Mount<'static>) -> Result<(), Errno> {
    let Target { dir, name } = parents.of(step)?;
    match step.kind {
        MountKind::Directory => mkdirat(dir, name, Mode::from_raw_mode(step.mode)),
        // Of a bind the link that stands for it.
        MountKind::Symlink | MountKind::Bind => {
            let content = Text::<1024>::of(step.content);
            symlinkat(content.c_str()?, dir, name)
        }
        _ => write_all(target::create(dir, name, step.mode)?, step.content),
    }
}

/// Writes a kernel setting and reads it back. One that the kernel has not is left out where the plan
/// says so.
fn write_setting(root: &OwnedFd, step: &Mount<'_>) -> Result<bool, Errno> {
    let file = match open_below(root.as_fd(), step.target, OFlags::RDWR) {
        Err(Errno::NOENT) if has(step, mount_flags::OPTIONAL) => return Ok(false),
        file => file?,
    };
    write_all(&file, step.content)?;

    let mut buffer = [0; 64];
    let count = pread(&file, &mut buffer[..], 0)?;
    let found = buffer.get(..count).unwrap_or(&[]).trim_ascii_end();
    if found != step.content {
        return Err(Errno::IO);
    }
    Ok(true)
}

/// Makes the new root the root, and lets go of the old one.
fn enter(root: &OwnedFd) -> Result<(), Refused> {
    pivot(root).map_err(|errno| refuse!(STEP, "entering the new root", errno))
}

fn pivot(root: &OwnedFd) -> Result<(), Errno> {
    fchdir(root)?;
    // With both arguments the same, the old root ends up on top of the new one (pivot_root(2)).
    pivot_root(c".", c".")?;
    unmount(c".", UnmountFlags::DETACH)?;
    chdir(c"/")?;
    // The root is now the new one, and nothing is mounted over it.
    let expected = fstat(root)?;
    let found = rustix::fs::stat(c"/")?;
    let parent = rustix::fs::stat(c"/..")?;
    if !is_same(&found, &expected) || !is_same(&parent, &expected) {
        return Err(Errno::XDEV);
    }
    Ok(())
}
