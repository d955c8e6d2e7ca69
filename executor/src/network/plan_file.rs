//! Finding the helper's program, and the plan in a file for it.

use super::netlink::STEP;
use crate::files::open;
use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use crate::text::Text;
use purple_sys::descriptors::made;
use rustix::fd::OwnedFd;
use rustix::fs::{
    CWD, FileType, MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat,
    memfd_create, readlinkat_raw,
};
use rustix::io::Errno;
use rustix::process::geteuid;

/// The helper's name, beside this program.
const NAME: &str = "purple-net";

/// The longest path (`PATH_MAX`, linux/limits.h).
const LONGEST: usize = 4096;

/// Opens the helper's program. What stands there must be root's or the caller's, and nobody else may write to it: it
/// runs outside the sandbox.
pub(super) fn open_program() -> Result<OwnedFd, Refused> {
    const OWN: &str = "finding this program in /proc/self/exe";
    let mut path = Text::<LONGEST>::new();
    let mut buffer = [0; LONGEST];
    let read = readlinkat_raw(CWD, c"/proc/self/exe", &mut buffer[..]).or_refuse(STEP, OWN)?;
    let own = buffer.get(..read).unwrap_or(&[]);
    let end = own.iter().rposition(|&byte| byte == b'/');
    let directory = end.and_then(|end| own.get(..=end)).ok_or(Errno::BADMSG);
    path.push_bytes(directory.or_refuse(STEP, OWN)?);
    path.push(NAME);
    let name = path.c_str().or_refuse(STEP, OWN)?;
    let program = open(name, OFlags::PATH | OFlags::NOFOLLOW).map_err(|errno| {
        let advice = ": the plan's network needs this program beside purple-exec";
        refuse!(STEP, name, advice, errno)
    })?;
    let status = fstat(&program).map_err(|errno| refuse!(STEP, name, errno))?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err(refuse!(STEP, name, " is not a regular file"));
    }
    let is_ours = status.st_uid == 0 || status.st_uid == geteuid().as_raw();
    if !is_ours {
        let what = " is neither root's nor yours: make it root's with chown, or install it again";
        return Err(refuse!(STEP, name, what));
    }
    let mode = Mode::from_raw_mode(status.st_mode);
    if mode.intersects(Mode::WGRP | Mode::WOTH) {
        let what = " can be written to by others: take that away with chmod go-w";
        return Err(refuse!(STEP, name, what));
    }
    Ok(program)
}

/// The plan's bytes in a file that nobody can change (`memfd_create(2)`, `F_ADD_SEALS(2const)`).
pub(super) fn sealed(plan: &[u8]) -> Result<OwnedFd, Refused> {
    const SEALING: &str = "a sealed copy of the plan";
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = memfd_create(c"plan", flags).and_then(made);
    let file = file.or_refuse(STEP, SEALING)?;
    let fill = || {
        let mut used = 0_usize;
        while let Some(rest) = plan.get(used..).filter(|rest| !rest.is_empty()) {
            let at = u64::try_from(used).map_err(|_| Errno::FBIG)?;
            match rustix::io::pwrite(&file, rest, at)? {
                0 => return Err(Errno::IO),
                written => used = used.saturating_add(written),
            }
        }
        fcntl_add_seals(&file, seals)?;
        fcntl_get_seals(&file)
    };
    if fill().or_refuse(STEP, SEALING)? == seals {
        return Ok(file);
    }
    Err(refuse!(STEP, SEALING, EMULATED))
}
