//! The disks behind the paths that the payload can write to, as `io.max` of a control group names them.

use crate::filesystem::has;
use crate::message::{Part, Refused, Text, refuse};
use crate::mountinfo::{self, Relation};
use crate::sys::memory;
use purple_plan::{Mount, MountKind, Place, Plan, mount_flags};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;

/// File systems on one disk of which the kernel knows who wrote what it keeps in memory: those with
/// `SB_I_CGROUPWB`. On others, what is written later would count for nobody.
const LIMITED: [&[u8]; 5] = [b"ext4", b"xfs", b"ext2", b"ext3", b"f2fs"];

/// Hands the disk behind each path that the payload can write to, and behind each mount below it, to
/// `limit`, as major and minor number. What lies in memory has no disk; what lies anywhere else cannot
/// be limited, and is refused.
pub(crate) fn behind_outputs(
    plan: &Plan<'_>,
    line: Place,
    mut limit: impl FnMut(&[u8]) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let outputs = || {
        let writable = |step: &Mount<'_>| step.attrs & crate::sys::mount::RDONLY == 0;
        plan.mounts.iter().filter(|step| step.kind == MountKind::Bind).filter(writable)
    };
    let fail = |errno| refuse(crate::cgroup::STEP, &[Part::Text("mountinfo"), Part::Error(errno)]);
    memory::lend(mountinfo::MOST_BYTES, |memory| {
        let lines = mountinfo::read(memory).map_err(fail)?;
        for step in outputs() {
            let unknown = |errno| {
                let (path, error) = (Part::Name(step.source), Part::Error(errno));
                refuse(crate::cgroup::STEP, &[Part::Text("the disk behind "), path, error])
            };
            let Some((mount, path)) = locate(&step).map_err(unknown)? else {
                continue;
            };
            let path = path.c_str().ok_or_else(|| unknown(Errno::NAMETOOLONG))?;
            for entry in lines.split(|&byte| byte == b'\n').filter_map(mountinfo::entry) {
                if entry.id != mount && mountinfo::relation(entry.point, path) != Relation::Below {
                    continue;
                }
                if LIMITED.contains(&entry.kind) {
                    limit(whole(entry.device).map_err(unknown)?.bytes())?;
                } else if entry.kind != b"tmpfs" {
                    let what = Part::Text(" on which the kernel limits no writes is at ");
                    let (kind, point) = (Part::Bytes(entry.kind), Part::Bytes(entry.point));
                    let parts = [Part::Text("a file system "), kind, what, point, Part::Line(line)];
                    return Err(refuse(crate::cgroup::STEP, &parts));
                }
            }
        }
        Ok(())
    })
    .map_err(fail)?
}

/// The mount that a bind's source lies in, and its path without symbolic links. `None`: it is not
/// there, and need not be.
fn locate(step: &Mount<'_>) -> Result<Option<(u64, Text<4096>)>, Errno> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let relative = !step.source.to_bytes().starts_with(b"/");
    let resolve = if relative { ResolveFlags::NO_SYMLINKS } else { ResolveFlags::empty() };
    let place = match rustix::fs::openat2(CWD, step.source, flags, Mode::empty(), resolve) {
        Err(Errno::NOENT) if has(step, mount_flags::OPTIONAL) => return Ok(None),
        place => place?,
    };
    let status = rustix::fs::statx(&place, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?;
    let mut link = Text::<64>::new();
    link.push("/proc/self/fd/");
    link.push_number(u64::from(rustix::fd::AsRawFd::as_raw_fd(&place).unsigned_abs()));
    let mut buffer = [0; 4096];
    let link = link.c_str().unwrap_or(c"");
    let used = rustix::fs::readlinkat_raw(CWD, link, &mut buffer[..])?;
    let mut path = Text::new();
    path.push_bytes(buffer.get(..used).unwrap_or(&[]));
    Ok(Some((status.stx_mnt_id, path)))
}

/// The whole disk of a part of one: only it can be limited.
fn whole(device: &[u8]) -> Result<Text<64>, Errno> {
    let mut found = Text::new();
    let mut path = Text::<128>::new();
    path.push("/sys/dev/block/");
    path.push_bytes(device);
    path.push("/partition");
    match rustix::fs::stat(path.c_str().unwrap_or(c"")) {
        Ok(_) => {}
        Err(Errno::NOENT) => {
            found.push_bytes(device);
            return Ok(found);
        }
        Err(errno) => return Err(errno),
    }
    path.clear();
    path.push("/sys/dev/block/");
    path.push_bytes(device);
    path.push("/../dev");
    let mut buffer = [0; 32];
    let text = crate::cgroup::read(CWD, path.c_str().unwrap_or(c""), &mut buffer)?;
    found.push_bytes(text.trim_ascii_end());
    Ok(found)
}
