//! The disks behind the paths that the payload can write to, as `io.max` of a control group names them.

use crate::cgroup::STEP;
use crate::filesystem::has;
use crate::message::{Refused, Text, refuse};
use crate::mountinfo::{self, Relation};
use crate::transfer::{open, read};
use purple_plan::{Mount, MountKind, Plan, SourceLine, mount_flags};
use purple_sys::{memory, mount};
use rustix::fd::AsRawFd;
use rustix::fs::{AtFlags, CWD, OFlags, StatxFlags};
use rustix::io::Errno;

/// File systems on one disk of which the kernel knows who wrote what it keeps in memory: those with
/// `SB_I_CGROUPWB`. On others, what is written later would count for nobody.
const LIMITED: [&[u8]; 5] = [b"ext4", b"xfs", b"ext2", b"ext3", b"f2fs"];

/// Hands the disk behind each path that the payload can write to, and behind each mount below it, to
/// `limit`, as major and minor number. What lies in memory has no disk; what lies anywhere else cannot
/// be limited, and is refused.
pub(crate) fn behind_outputs(
    plan: &Plan<'_>,
    line: SourceLine,
    mut limit: impl FnMut(&[u8]) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let fail = |errno| {
        refuse!(
            STEP,
            "finding the disks behind the output paths",
            errno,
            line
        )
    };
    memory::lend(mountinfo::MOST_BYTES, |memory| {
        let lines = mountinfo::read(memory).map_err(fail)?;
        let binds = plan
            .mounts
            .iter()
            .filter(|step| step.kind == MountKind::Bind);
        for step in binds.filter(|step| step.attrs & mount::RDONLY == 0) {
            let Some((mount, path)) = locate(&step).map_err(fail)? else {
                continue;
            };
            let path = path.c_str().map_err(fail)?;
            for entry in lines
                .split(|&byte| byte == b'\n')
                .filter_map(mountinfo::entry)
            {
                let point = mountinfo::unescaped(entry.point);
                let below = mountinfo::relation(point.bytes(), path.to_bytes()) == Relation::Below;
                if entry.id != mount && !below {
                    continue;
                }
                if LIMITED.contains(&entry.kind) {
                    // Only whole disks are limited, not their parts.
                    let mut buffer = [0; 64];
                    match attribute(entry.device, "partition", &mut [0; 64]) {
                        Ok(_) => {
                            limit(attribute(entry.device, "../dev", &mut buffer).map_err(fail)?)?;
                        }
                        Err(Errno::NOENT) => limit(entry.device)?,
                        Err(errno) => return Err(fail(errno)),
                    }
                } else if entry.kind != b"tmpfs" {
                    let why = " is of a type on which the kernel does not limit writes: ";
                    return Err(refuse!(STEP, entry.point, why, entry.kind, line));
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
    let place = match open(step.source, OFlags::PATH) {
        Err(Errno::NOENT) if has(step, mount_flags::OPTIONAL) => return Ok(None),
        place => place?,
    };
    let status = rustix::fs::statx(&place, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?;
    let mut link = Text::<64>::of(b"/proc/self/fd/");
    link.push_number(u64::from(place.as_raw_fd().unsigned_abs()));
    let mut buffer = [0; 4096];
    let used = rustix::fs::readlinkat_raw(CWD, link.c_str().unwrap_or(c""), &mut buffer[..])?;
    Ok(Some((
        status.stx_mnt_id,
        Text::of(buffer.get(..used).unwrap_or(&[])),
    )))
}

/// What the kernel says of a block device.
fn attribute<'b>(device: &[u8], name: &str, buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let mut path = Text::<128>::of(b"/sys/dev/block/");
    path.push_bytes(device);
    path.push("/");
    path.push(name);
    read(CWD, path.c_str().unwrap_or(c""), buffer).map(<[u8]>::trim_ascii_end)
}
