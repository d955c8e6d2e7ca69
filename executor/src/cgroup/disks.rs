//! The disks behind the paths that the payload can write to, as `io.max` of a control group names them.

use crate::files::{open, path_of, read};
use crate::filesystem::step::has;
use crate::message::{Refused, refuse};
use crate::mountinfo::{self, Entry, Relation, relation};
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::{Mount, MountKind, Plan, SourceLine, mount_flags};
use purple_sys::mount;
use purple_sys::status;
use rustix::fd::AsFd;
use rustix::fs::{CWD, OFlags, StatxFlags};
use rustix::io::Errno;

const STEP: &str = "cgroup";

/// File systems on one disk of which the kernel knows who wrote what it keeps in memory: those with
/// `SB_I_CGROUPWB`. On others, what is written later would not be charged to the group.
const LIMITED: [&[u8]; 5] = [b"ext4", b"xfs", b"ext2", b"ext3", b"f2fs"];

/// Hands the disk behind each path that the payload can write to, and behind each mount below it, to
/// `limit`, as major and minor number. What lies in memory has no disk; what lies anywhere else cannot
/// be limited, and is refused.
#[inline(never)]
pub(crate) fn behind_outputs(
    plan: &Plan<'_>,
    line: SourceLine,
    mut limit: impl FnMut(&[u8]) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let fail = |errno| {
        let what = "finding the disks behind the output paths";
        refuse!(STEP, what, errno, line)
    };
    mountinfo::lend(|mounts| {
        for step in &plan.mounts {
            if step.kind != MountKind::Bind || step.attrs & mount::RDONLY != 0 {
                continue;
            }
            let Some(source) = locate(&step).map_err(fail)? else {
                continue;
            };
            for entry in mounts {
                if !source.is_served_by(entry) {
                    continue;
                }
                if LIMITED.contains(&entry.kind) {
                    let mut buffer = [0; 64];
                    limit(whole_disk(entry.device, &mut buffer).map_err(fail)?)?;
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

/// Where a bind's source lies.
struct Source {
    /// The id of the mount that it lies in.
    mount: u64,
    /// Its path without symbolic links.
    path: Text<4096>,
}

impl Source {
    /// Whether what is written below the source may go to this mount: it lies in it, or the mount
    /// lies below.
    fn is_served_by(&self, entry: &Entry<'_>) -> bool {
        let point = entry.point.to_bytes();
        entry.id == self.mount || relation(point, self.path.bytes()) == Relation::Below
    }
}

/// Looks up a bind's source. `None`: it is not there, and need not be.
fn locate(step: &Mount<'_>) -> Result<Option<Source>, Errno> {
    let place = match open(step.source, OFlags::PATH) {
        Err(Errno::NOENT) if has(step, mount_flags::OPTIONAL) => return Ok(None),
        place => place?,
    };
    let status = status::of_file(place.as_fd(), StatxFlags::MNT_ID)?;
    let mut path = Text::new();
    let _path: &CStr = path_of(&place, &mut path)?;
    Ok(Some(Source {
        mount: status.stx_mnt_id,
        path,
    }))
}

/// The disk that a device is a part of, or the device itself: only whole disks are limited.
fn whole_disk<'b>(device: &'b [u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    match attribute(device, "partition", &mut [0; 64]) {
        Ok(_) => attribute(device, "../dev", buffer),
        Err(Errno::NOENT) => Ok(device),
        Err(errno) => Err(errno),
    }
}

/// What the kernel says of a block device.
fn attribute<'b>(device: &[u8], name: &str, buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let mut path = Text::<128>::of(b"/sys/dev/block/");
    path.push_bytes(device);
    path.push("/");
    path.push(name);
    read(CWD, path.c_str()?, buffer).map(<[u8]>::trim_ascii_end)
}
