//! What a record may hold. A value that this version does not know, or that means nothing where it
//! stands, is refused: a reader that skipped it would apply less than the plan says.

use crate::error::DecodeError;
use crate::limits::{INSTRUCTION_BYTES, MAX_INSTRUCTIONS, MAX_TMPFS_BYTES};
use crate::records::{
    Audit, CgroupValue, EnvKind, EnvVar, Filter, Landlock, Mount, MountKind, PathAccess,
    PortAccess, Process, Rlimit, audit_flags, landlock_fs, landlock_net, landlock_scope,
    mount_attrs, mount_flags, namespace_flags, path_flags, process_flags,
};
use core::ffi::CStr;

/// The largest error number that a system call can return (`MAX_ERRNO`, linux/err.h).
pub(crate) const MAX_ERRNO: u32 = 4095;

/// How many resource limits there are (`RLIM_NLIMITS`, asm-generic/resource.h).
const RLIMITS: u32 = 16;

pub(crate) fn process(process: &Process<'_>) -> Result<(), DecodeError> {
    let spaces = process.namespaces | process.inner_namespaces;
    known(spaces & !namespace_flags::ALL == 0)?;
    known(process.flags & !process_flags::ALL == 0)?;
    known(process.umask <= 0o777)?;
    known(process.working_dir.to_bytes().starts_with(b"/"))
}

pub(crate) fn mount(mount: &Mount<'_>) -> Result<(), DecodeError> {
    known(mount.flags & !mount_flags::ALL == 0)?;
    known(mount.attrs & !mount_attrs::ALL == 0)?;
    known(mount.mode <= 0o7777)?;
    known(straight_down(mount.target))?;
    known(mount.source.is_empty() == (mount.kind != MountKind::Bind))?;
    // To the kernel 0 means no limit.
    known(match mount.kind {
        MountKind::Tmpfs => (1..=MAX_TMPFS_BYTES).contains(&mount.size) && mount.inodes != 0,
        _ => mount.size == 0 && mount.inodes == 0,
    })?;
    let stub = mount.flags & mount_flags::STUBS;
    if stub != 0 {
        known(matches!(mount.kind, MountKind::Mask | MountKind::SelfBind))?;
        known(stub.is_power_of_two() && mount.flags & mount_flags::OPTIONAL == 0)?;
    }
    if matches!(
        mount.kind,
        MountKind::MaskMatches | MountKind::SelfBindMatches
    ) {
        let wild = |byte: &u8| matches!(byte, b'*' | b'?');
        known(mount.flags == 0 && mount.target.to_bytes().iter().any(wild))?;
    }
    match mount.kind {
        MountKind::Mask | MountKind::SelfBind if stub == mount_flags::STUB_FILE => Ok(()),
        MountKind::Symlink if mount.content.is_empty() => Err(DecodeError::Text),
        MountKind::Symlink | MountKind::Bind if mount.content.contains(&0) => {
            Err(DecodeError::Text)
        }
        MountKind::Bind if !mount.content.is_empty() => {
            let flags = mount.flags & (mount_flags::OPTIONAL | mount_flags::OWNED);
            known(flags == mount_flags::OPTIONAL)
        }
        MountKind::File | MountKind::Symlink | MountKind::Setting => Ok(()),
        _ => known(mount.content.is_empty()),
    }
}

pub(crate) fn rlimit(limit: &Rlimit) -> Result<(), DecodeError> {
    known(limit.resource < RLIMITS && limit.soft <= limit.hard)
}

pub(crate) fn variable(variable: &EnvVar<'_>) -> Result<(), DecodeError> {
    let text = variable.text.to_bytes();
    let equals = text.iter().position(|&byte| byte == b'=');
    known(match variable.kind {
        EnvKind::Set => equals.is_some_and(|at| at > 0),
        EnvKind::Pass => equals.is_none() && !text.is_empty(),
    })
}

pub(crate) fn filter(filter: &Filter<'_>) -> Result<(), DecodeError> {
    let (instructions, rest) = filter.program.as_chunks::<INSTRUCTION_BYTES>();
    known(rest.is_empty() && (1..=MAX_INSTRUCTIONS).contains(&instructions.len()))?;
    known(filter.probe_errno <= MAX_ERRNO)?;
    let no_probe = filter.probe_nr == 0 && filter.probe_args == [0; 6];
    known(filter.probe_errno != 0 || no_probe)
}

pub(crate) fn cgroup(value: &CgroupValue<'_>) -> Result<(), DecodeError> {
    let file = value.file.to_bytes();
    known(!file.contains(&b'/') && !matches!(file, b"" | b"." | b".."))
}

pub(crate) fn audit(audit: &Audit<'_>) -> Result<(), DecodeError> {
    let path = audit.log_path.to_bytes();
    known(audit.flags & !audit_flags::ALL == 0)?;
    known(path.is_empty() || path.starts_with(b"/"))
}

pub(crate) fn landlock(level: &Landlock) -> Result<(), DecodeError> {
    known(level.abi != 0 && level.fs & !landlock_fs::ALL == 0)?;
    known(level.net & !landlock_net::ALL == 0 && level.scope & !landlock_scope::ALL == 0)?;
    known(level.fs | level.net | level.scope != 0)
}

pub(crate) fn path(path: &PathAccess<'_>) -> Result<(), DecodeError> {
    known(path.access != 0 && path.access & !landlock_fs::ALL == 0)?;
    known(path.flags & !path_flags::ALL == 0 && straight_down(path.path))
}

pub(crate) fn port(port: &PortAccess) -> Result<(), DecodeError> {
    known(port.access != 0 && port.access & !landlock_net::ALL == 0)?;
    known(port.first <= port.last)
}

/// A check for records of which nothing has to be checked by itself.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands where a check that can fail is wanted"
)]
pub(crate) const fn any<R>(_: &R) -> Result<(), DecodeError> {
    Ok(())
}

/// A check that also wants each record's key to be greater than that of the one before: then
/// nothing stands twice, and there is one order.
pub(crate) fn rising<R>(
    check: impl Fn(&R) -> Result<(), DecodeError>,
    key: impl Fn(&R) -> u32,
) -> impl FnMut(&R) -> Result<(), DecodeError> {
    let mut last = None;
    move |record| {
        check(record)?;
        let key = key(record);
        let rises = last.is_none_or(|last| last < key);
        last = Some(key);
        if rises {
            Ok(())
        } else {
            Err(DecodeError::Order)
        }
    }
}

pub(crate) const fn known(known: bool) -> Result<(), DecodeError> {
    if known {
        Ok(())
    } else {
        Err(DecodeError::Value)
    }
}

/// Whether the path is absolute and has no empty, `.` or `..` component.
fn straight_down(path: &CStr) -> bool {
    match path.to_bytes().strip_prefix(b"/") {
        None => false,
        Some(b"") => true,
        Some(below) => below
            .split(|&byte| byte == b'/')
            .all(|part| !matches!(part, b"" | b"." | b"..")),
    }
}
