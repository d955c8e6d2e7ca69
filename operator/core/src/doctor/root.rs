//! The root of a sandbox: its mounts, and the way into it.

use super::report::{Check, CheckResult, Subject};
use super::userns;
use purple_host::probe::Steps;
use purple_host::probe::root::{
    self as probe, MOUNT_SETATTR, NEW_ROOT, OPEN_TREE, PIVOT_ROOT, PROC, READ_ONLY, SYSFS,
};
use purple_host::{Errno, users};
use purplec::lower::OUTSIDE_FOR_ROOT;

const MOUNTS: Subject = Subject {
    id: "mounts",
    layer: "file system",
    why: "the file system inside cannot be built",
};
const READ_ONLY_MOUNTS: Subject = Subject {
    id: "read-only-mounts",
    layer: "file system",
    why: "what is shown read-only could be written below",
};
const PROC_INSIDE: Subject = Subject {
    id: "proc",
    layer: "file system",
    why: "there is no /proc inside with the sandbox's own processes",
};
const SYSFS_INSIDE: Subject = Subject {
    id: "sysfs",
    layer: "file system",
    why: "there is no /sys inside",
};
const NEW_ROOT_ENTERED: Subject = Subject {
    id: "pivot-root",
    layer: "file system",
    why: "the host's file system cannot be left behind",
};
const ID_MAPPED_MOUNTS: Subject = Subject {
    id: "id-mapped-mounts",
    layer: "identity",
    why: "where root starts a sandbox, its program cannot write to output paths",
};

/// Builds a root as purple-exec does.
pub(super) fn check(checks: &mut Vec<Check>) {
    let steps = probe::build();
    let made = NEW_ROOT
        .into_iter()
        .chain([OPEN_TREE])
        .try_for_each(|step| steps.result(step));
    let fix = || mounts_fix(&steps);
    let step = |name| steps.result(name);
    for (subject, result) in [
        (MOUNTS, CheckResult::of_step(made, fix)),
        (READ_ONLY_MOUNTS, CheckResult::of_step(step(READ_ONLY), fix)),
        (PROC_INSIDE, CheckResult::of_step(step(PROC), proc_fix)),
        (
            SYSFS_INSIDE,
            CheckResult::of_step(step(SYSFS), || {
                "/sys must be mounted and whole outside: mount -t sysfs sysfs /sys".to_owned()
            }),
        ),
        (
            NEW_ROOT_ENTERED,
            CheckResult::of_step(step(PIVOT_ROOT), || {
                "start it outside of a chroot(2), with a root that is a mount".to_owned()
            }),
        ),
    ] {
        checks.push(Check::required(subject, result));
    }
}

/// Mounts need rights in a user namespace, then a kernel that has the calls.
fn mounts_fix(steps: &Steps) -> String {
    let lacks_rights = NEW_ROOT.into_iter().any(|step| {
        matches!(
            steps.errno(step),
            Some(Errno::EPERM | Errno::EACCES | Errno::ENOENT)
        )
    });
    if lacks_rights {
        userns::fix()
    } else {
        "a kernel from Linux 5.12 on, and no filter over this shell that hides its mount calls"
            .to_owned()
    }
}

fn proc_fix() -> String {
    if std::fs::metadata("/proc/self").is_err() {
        return "mount -t proc proc /proc".to_owned();
    }
    "/proc must be whole outside: nothing mounted over parts of it (docker run --security-opt \
     systempaths=unconfined, podman run --security-opt unmask=ALL, procMount: Unmasked)"
        .to_owned()
}

/// Maps the owners of a mount: root's output paths lie in the working directory by default. Gives
/// whether that works.
pub(super) fn check_id_maps(checks: &mut Vec<Check>) -> bool {
    if !users::is_root() {
        let result = CheckResult::Ok("only root needs them".to_owned());
        checks.push(Check::required(ID_MAPPED_MOUNTS, result));
        return false;
    }
    let result = probe::map_owners(OUTSIDE_FOR_ROOT).result(MOUNT_SETATTR);
    let works = result.is_ok();
    let result = if works {
        CheckResult::Ok("in this directory".to_owned())
    } else {
        CheckResult::of_step(result, || {
            "keep output paths on ext4, xfs, btrfs or tmpfs, with all of root's capabilities, on Linux 5.12 or \
             newer (tmpfs: 6.3); or give them to a user other than root, and start runs as that user or with \
             --outside-id and that user's id".to_owned()
        })
    };
    checks.push(Check::required(ID_MAPPED_MOUNTS, result));
    works
}
