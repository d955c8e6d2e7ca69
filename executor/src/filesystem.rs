//! The file system inside, built step by step from the plan's table in a mount namespace of its
//! own, then made the root.
//!
//! Sources are looked up as the host sees them; targets only below the new root, without following
//! a symbolic link, so that nothing lands outside whatever somebody does to a path meanwhile.

use crate::cover::Covers;
use crate::identity::{self, Outside};
use crate::message::{OrRefuse, Refused, Text, refuse};
use crate::mountinfo;
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::step::Step;
use crate::target::{self, Above, existing, open_below};
use crate::transfer::{read_all, write_all};
use core::ffi::CStr;
use purple_plan::{Mount, MountKind, mount_flags};
use purple_sys::mount::{self, Change};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};

const STEP: &str = "mount";

/// Where the new root hangs while it is being built. Every host that this works on has it.
const BUILDING_PLACE: &CStr = c"/proc";

/// Opens the source of every bind with the rights of who starts the sandbox: for root, before there is
/// a user namespace, with id maps for those that the payload writes to; for a user inside, where it may
/// copy mounts, and before it takes on other ids.
pub(crate) fn open_sources(steps: &mut [Step], outside: Outside) -> Result<(), Refused> {
    for Step { mount, tree, .. } in steps {
        if mount.kind == MountKind::Bind {
            *tree = open_source(mount)?;
            let owned = outside.root && has(mount, mount_flags::OWNED);
            if let Some(tree) = tree.as_ref().filter(|_| owned) {
                map_owner(mount, tree.as_fd(), outside)?;
            }
        }
    }
    Ok(())
}

/// Lets no mount of this namespace take part in what happens to the host's, and the other way round.
pub(crate) fn part() -> Result<(), Refused> {
    let stop = Change {
        propagation: mount::PRIVATE,
        recursive: true,
        ..Change::default()
    };
    mount::set_attributes(CWD, c"/", stop).or_refuse(STEP, "making the host's mounts private")
}

/// Builds the new root, makes it the root of this process, and records what it has read back.
pub(crate) fn build(run: &Run, steps: &mut [Step]) -> Result<(), Refused> {
    let _mask: Mode = rustix::process::umask(Mode::empty());

    let root = match steps.first() {
        Some(Step { mount, .. }) if mount.kind == MountKind::Tmpfs && mount.target == c"/" => {
            let root = tmpfs(mount)?;
            move_to(&root, CWD, BUILDING_PLACE).at(mount)?;
            root
        }
        _ => return Err(refuse!(STEP, "the plan does not start with a root")),
    };
    let mut above = Above::new(&root);
    let mut covers = Covers::default();
    for (index, step) in steps.iter().enumerate().skip(1) {
        if matches!(step.mount.kind, MountKind::Mask | MountKind::SelfBind) {
            covers.put(&root, steps, index, step)?;
            above.forget();
        } else {
            take(&root, &mut above, step)?;
        }
    }
    enter(&root)?;
    let settings = steps
        .iter()
        .filter(|step| step.mount.kind == MountKind::Setting)
        .count();
    run.shared.write(
        ReceiptField::Mounts,
        mountinfo::check(steps, run.outside.root)?,
    );
    run.shared.write(
        ReceiptField::Settings,
        u64::try_from(settings).unwrap_or(u64::MAX),
    );
    Ok(())
}

/// Takes one step of the table.
fn take(root: &OwnedFd, above: &mut Above<'_>, step: &Step) -> Result<(), Refused> {
    let (step, tree) = (&step.mount, step.tree.as_ref());
    match step.kind {
        MountKind::Tmpfs => attach(root, above, step, &tmpfs(step)?, true),
        MountKind::Proc => attach(root, above, step, &special(step, c"proc", &[])?, true),
        MountKind::Sysfs => attach(root, above, step, &special(step, c"sysfs", &[])?, true),
        MountKind::Devpts => {
            let options = [(c"ptmxmode", c"0666"), (c"mode", c"0620")];
            attach(
                root,
                above,
                step,
                &special(step, c"devpts", &options)?,
                true,
            )
        }
        MountKind::Bind => {
            let Some(tree) = tree else {
                return Ok(());
            };
            set(step, tree)?;
            let directory = is_directory(&rustix::fs::fstat(tree).at(step)?);
            attach(root, above, step, tree, directory)
        }
        // Covers see to these.
        MountKind::Mask | MountKind::SelfBind => Err(Errno::INVAL).at(step),
        MountKind::Attributes => set(step, &existing(root, step.target).at(step)?),
        MountKind::File | MountKind::Symlink | MountKind::Directory => plant(above, step).at(step),
        MountKind::Setting => setting(root, step).at(step),
    }
}

/// Makes the new root the root, and lets go of the old one.
fn enter(root: &OwnedFd) -> Result<(), Refused> {
    let fail = |errno| refuse!(STEP, "entering the new root", errno);
    rustix::process::fchdir(root).map_err(fail)?;
    // With both arguments the same, the old root ends up on top of the new one (pivot_root(2)).
    rustix::process::pivot_root(c".", c".").map_err(fail)?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH).map_err(fail)?;
    rustix::process::chdir(c"/").map_err(fail)?;
    // The root is now the new one, and nothing is mounted over it.
    let expected = rustix::fs::fstat(root).map_err(fail)?;
    let found = rustix::fs::stat(c"/").map_err(fail)?;
    let parent = rustix::fs::stat(c"/..").map_err(fail)?;
    let entered = is_same(&found, &expected) && is_same(&parent, &expected);
    if entered {
        Ok(())
    } else {
        Err(fail(Errno::XDEV))
    }
}

/// Whether both are of one file.
pub(crate) fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

pub(crate) fn is_directory(status: &Stat) -> bool {
    FileType::from_raw_mode(status.st_mode) == FileType::Directory
}

pub(crate) fn has(step: &Mount<'_>, flag: u32) -> bool {
    step.flags & flag != 0
}

/// A detached copy of the host's tree at a bind's source. `None`: it is not there, and need not be.
///
/// A relative source lies in the project that the sandbox is started in, and a project may come from
/// anywhere: a symbolic link in it must not choose what is shared. An absolute one is the host's own.
fn open_source(step: &Mount<'_>) -> Result<Option<OwnedFd>, Refused> {
    let recursive = has(step, mount_flags::RECURSIVE);
    let tree = if is_absolute(step) {
        copy_tree(CWD, step.source, recursive)
    } else {
        place_of(step).and_then(|place| copy_tree(place.as_fd(), c"", recursive))
    };
    let why = match tree {
        Ok(tree) => return Ok(Some(tree)),
        Err(Errno::NOENT) if has(step, mount_flags::OPTIONAL) => return Ok(None),
        Err(errno) => errno,
    };
    let what = match why {
        Errno::NOENT => " does not exist",
        Errno::LOOP => " leads through a symbolic link, which a relative path must not",
        _ => "",
    };
    Err(refuse!(
        STEP,
        "the host path ",
        step.source,
        what,
        why,
        step.line
    ))
}

fn is_absolute(step: &Mount<'_>) -> bool {
    step.source.to_bytes().starts_with(b"/")
}

/// A handle of what lies at a bind's source.
pub(crate) fn place_of(step: &Mount<'_>) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let resolve = if is_absolute(step) {
        ResolveFlags::empty()
    } else {
        ResolveFlags::NO_SYMLINKS
    };
    rustix::fs::openat2(CWD, step.source, flags, Mode::empty(), resolve)
}

fn map_owner(step: &Mount<'_>, tree: BorrowedFd<'_>, outside: Outside) -> Result<(), Refused> {
    let map = identity::mount_map(step, tree, outside)?;
    let change = Change {
        id_map: Some(map.as_fd()),
        recursive: has(step, mount_flags::RECURSIVE),
        ..Change::default()
    };
    mount::set_attributes(tree, c"", change).map_err(|errno| {
        let what = " takes no id-mapped mount";
        refuse!(
            STEP,
            "the file system of ",
            step.source,
            what,
            errno,
            step.line
        )
    })
}

pub(crate) fn copy_tree(
    dir: BorrowedFd<'_>,
    path: &CStr,
    recursive: bool,
) -> Result<OwnedFd, Errno> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    flags.set(OpenTreeFlags::AT_RECURSIVE, recursive);
    flags.set(OpenTreeFlags::AT_EMPTY_PATH, path.is_empty());
    rustix::mount::open_tree(dir, path, flags)
}

pub(crate) fn tmpfs(step: &Mount<'_>) -> Result<OwnedFd, Refused> {
    let size = Text::<32>::of_number(step.size);
    let inodes = Text::of_number(u64::from(step.inodes));
    let mut mode = Text::new();
    for shift in [9, 6, 3, 0] {
        mode.push_number(u64::from((step.mode >> shift) & 7));
    }
    let options = [(c"size", &size), (c"nr_inodes", &inodes), (c"mode", &mode)]
        .map(|(key, value)| (key, value.c_str().unwrap_or(c"")));
    special(step, c"tmpfs", &options)
}

/// A new instance of a kernel file system with options and the step's attributes, detached.
fn special(step: &Mount<'_>, kind: &CStr, options: &[(&CStr, &CStr)]) -> Result<OwnedFd, Refused> {
    let make = || {
        let context = rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
        for (key, value) in options {
            rustix::mount::fsconfig_set_string(context.as_fd(), *key, *value)?;
        }
        rustix::mount::fsconfig_create(context.as_fd())?;
        let bits = u32::try_from(step.attrs).map_err(|_| Errno::INVAL)?;
        let attributes = MountAttrFlags::from_bits_retain(bits);
        rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
    };
    make().map_err(|errno| refuse!(STEP, step.target, ": a new ", kind, errno, step.line))
}

/// Sets the step's attributes on a tree, and parts it from what root has copied it from: what the
/// host mounts there later would not have them.
pub(crate) fn set(step: &Mount<'_>, tree: &OwnedFd) -> Result<(), Refused> {
    let recursive = has(step, mount_flags::RECURSIVE);
    let change = Change {
        set: step.attrs,
        propagation: mount::PRIVATE,
        recursive,
        ..Change::default()
    };
    mount::set_attributes(tree.as_fd(), c"", change).at(step)
}

/// Moves a detached tree to its target, which is made where the plan allows it.
fn attach(
    root: &OwnedFd,
    above: &mut Above<'_>,
    step: &Mount<'static>,
    tree: &OwnedFd,
    directory: bool,
) -> Result<(), Refused> {
    if !has(step, mount_flags::EXISTING) {
        let (dir, name) = above.of(step).at(step)?;
        match target::make(dir, name, directory) {
            // No link is followed here, and a mount that has come to lie elsewhere is found later.
            Ok(()) => return move_to(tree, dir, name).at(step),
            Err(Errno::EXIST) => {}
            made => made.at(step)?,
        }
    }
    let target = existing(root, step.target).map_err(|errno| {
        let absent = " must exist already: it lies in a tree of the host";
        let hosts = errno == Errno::NOENT && has(step, mount_flags::EXISTING);
        let what = if hosts { absent } else { "" };
        refuse!(STEP, step.target, what, errno, step.line)
    })?;
    above.forget();
    move_to(tree, target.as_fd(), c"").at(step)
}

pub(crate) fn move_to(tree: &OwnedFd, dir: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    let mut flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    flags.set(MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH, path.is_empty());
    rustix::mount::move_mount(tree.as_fd(), c"", dir, path, flags)
}

/// Makes a file, a symbolic link or a directory of the plan's own.
fn plant(above: &mut Above<'_>, step: &Mount<'static>) -> Result<(), Errno> {
    let (dir, name) = above.of(step)?;
    match step.kind {
        MountKind::Directory => rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(step.mode)),
        MountKind::Symlink => {
            rustix::fs::symlinkat(Text::<1024>::of(step.content).c_str()?, dir, name)
        }
        _ => write_all(target::create(dir, name, step.mode)?, step.content),
    }
}

/// Writes a kernel setting and reads it back.
fn setting(root: &OwnedFd, step: &Mount<'_>) -> Result<(), Errno> {
    write_all(
        open_below(root.as_fd(), step.target, OFlags::WRONLY)?,
        step.content,
    )?;
    let mut buffer = [0; 64];
    let file = open_below(root.as_fd(), step.target, OFlags::RDONLY)?;
    let count = read_all(file, &mut buffer)?;
    let found = buffer.get(..count).unwrap_or(&[]).trim_ascii_end();
    if found == step.content {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}
