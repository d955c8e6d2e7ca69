//! What later runs obey, and so must stay as it is: the plan's file, this program, and what the caller
//! names by descriptors. Here it is opened and looked up on the host; `guard` keeps it inside.
//!
//! A name proves nothing: another mount, a link or a bind can lead to the same object. So an object is
//! known by its device and inode, and its place by its path within its file system, which is the same
//! for every mount of it.

use super::step::{Step, has};
use super::stub::{Claim, Stub, StubKind, is_stub};
use super::target::status_of;
use crate::arguments::{KeptArgument, MissingName};
use crate::files::{open, open_at};
use crate::message::{Refused, refuse, say};
use crate::mountinfo::{self, Entry};
use crate::run::Run;
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::{Mount, MountKind, mount_flags};
use purple_sys::{descriptors, memory};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Statx, fstat, readlinkat_raw};
use rustix::io::Errno;
use rustix::process::umask;
use rustix::thread::sched_yield;

const STEP: &str = "kept file";

/// How often a name is looked at again after another sandbox has changed it.
const TRIES: u32 = 10_000;

/// Everything that a run keeps as it is.
pub(crate) struct KeptSet {
    pub(super) objects: &'static mut [Kept],
    /// The host's mounts.
    pub(super) mounts: &'static [Entry<'static>],
}

/// An object that stays as it is.
#[derive(Default)]
pub(super) struct Kept {
    file: Option<OwnedFd>,
    /// The path by which the host finds it, or for what a step covers, the path inside.
    pub(super) path: Text<4096>,
    /// The mount that it was opened by.
    pub(super) mount: u64,
    pub(super) identity: Identity,
    /// Whether it has more names than one.
    pub(super) linked: bool,
    /// Who owns it, and whether others may write to it.
    pub(super) owner: u32,
    pub(super) open_to_others: bool,
    pub(super) directory: bool,
    /// The step that covers it at one of its places.
    pub(super) step: Option<Mount<'static>>,
    /// What stands in for a name that does not exist, and the name.
    stub: Option<(Stub, MissingName)>,
}

/// A file system and a file in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Identity {
    device: (u32, u32),
    inode: u64,
}

impl Identity {
    pub(super) const fn of(status: &Statx) -> Self {
        Self {
            device: (status.stx_dev_major, status.stx_dev_minor),
            inode: status.stx_ino,
        }
    }

    /// The device as mountinfo has it, for file systems with one device.
    pub(super) fn device(&self) -> Text<32> {
        let mut text = Text::of_number(self.device.0.into());
        text.push(":");
        text.push_number(self.device.1.into());
        text
    }
}

impl KeptSet {
    /// Opens and looks up everything, and makes stubs for names that do not exist. Nothing where the
    /// program can write to nothing of the host.
    pub(crate) fn open(
        run: &Run,
        steps: &[Step],
        report: Option<BorrowedFd<'_>>,
    ) -> Result<Self, Refused> {
        let is_output = |step: &Step| {
            step.mount.kind == MountKind::Bind && has(&step.mount, mount_flags::OWNED)
        };
        if !steps.iter().any(is_output) {
            return Ok(Self {
                objects: &mut [],
                mounts: &[],
            });
        }
        let named = run.options.kept;
        let count = named.len().saturating_add(3);
        let failed = |errno| refuse!(STEP, "its table", errno);
        let objects = memory::keep((0..count).map(|_| Kept::default())).map_err(failed)?;
        let mounts =
            mountinfo::keep().map_err(|errno| refuse!(STEP, "reading the host's mounts", errno))?;
        let mut set = Self { objects, mounts };
        // A stub has the mode that it is made with.
        let before = umask(Mode::empty());
        let opened = set.fill(run, report);
        let _ours: Mode = umask(before);
        match opened {
            Ok(()) => Ok(set),
            Err(refused) => {
                set.remove_stubs();
                Err(refused)
            }
        }
    }

    fn fill(&mut self, run: &Run, report: Option<BorrowedFd<'_>>) -> Result<(), Refused> {
        let mut slots = self.objects.iter_mut();
        let program = open(c"/proc/self/exe", OFlags::PATH);
        let program = program.map_err(|errno| refuse!(STEP, "/proc/self/exe", errno))?;
        let plan = duplicate(run.plan_file.as_raw_fd())?;
        let report = report.map(|report| duplicate(report.as_raw_fd()));
        for file in [Some(program), Some(plan), report.transpose()?] {
            if let (Some(slot), Some(file)) = (slots.next(), file) {
                slot.look_up(file)?;
            }
        }
        for (slot, argument) in slots.zip(run.options.kept) {
            match argument {
                KeptArgument::Object(number) => slot.look_up(duplicate(number)?)?,
                KeptArgument::Missing(missing) => slot.find_or_make(missing)?,
            }
        }
        Ok(())
    }

    /// Whether something stands in for a name that does not exist.
    pub(crate) fn has_stubs(&self) -> bool {
        self.objects.iter().any(|kept| kept.stub.is_some())
    }

    /// Removes the stubs that no other sandbox needs and that nothing was put into.
    pub(crate) fn remove_stubs(&mut self) {
        for kept in self.objects.iter_mut() {
            let Some((stub, missing)) = kept.stub.take() else {
                continue;
            };
            let name = plain(missing.name);
            let removed = name
                .c_str()
                .and_then(|name| stub.remove(name, missing.content.to_bytes()));
            match removed {
                Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY) => {}
                Err(errno) => say!(STEP, kept.path.bytes(), " is left", errno),
            }
        }
    }
}

impl Kept {
    /// Finds out what it is and where the host has it.
    fn look_up(&mut self, file: OwnedFd) -> Result<(), Refused> {
        let number = Text::<32>::of_number(u64::try_from(file.as_raw_fd()).unwrap_or(u64::MAX));
        let failed = |errno| refuse!(STEP, "descriptor ", number.bytes(), errno);
        self.path = path_of(&number).map_err(failed)?;
        let status = status_of(file.as_fd()).map_err(failed)?;
        if status.stx_nlink == 0 {
            // The kernel says so behind the path. What has its name now is another file, which is
            // noticed where it can be reached.
            if let Some(path) = self.path.bytes().strip_suffix(b" (deleted)") {
                self.path = Text::of(path);
            }
        }
        let mode = u32::from(status.stx_mode);
        self.note(&status);
        self.linked = mode & 0o170_000 == 0o100_000 && status.stx_nlink > 1;
        self.owner = status.stx_uid;
        self.open_to_others = mode & 0o022 != 0;
        self.file = Some(file);
        Ok(())
    }

    fn note(&mut self, status: &Statx) {
        self.mount = status.stx_mnt_id;
        self.identity = Identity::of(status);
        self.directory = u32::from(status.stx_mode) & 0o170_000 == 0o040_000;
    }

    /// Whether a step hides it.
    pub(super) fn is_hidden(&self) -> bool {
        let mask = self.step.filter(|step| step.kind == MountKind::Mask);
        mask.is_some_and(|step| step.target.to_bytes() == self.path.bytes())
    }

    /// What a step hides or protects at its place.
    pub(super) fn covered(step: &Step) -> Option<Self> {
        let covered = step.covered.filter(|_| step.is_kept())?;
        let mut kept = Self {
            path: Text::of(step.inside_path),
            step: Some(step.mount),
            ..Self::default()
        };
        kept.note(&covered);
        Some(kept)
    }

    /// What has the name in its directory; a stub where nothing has.
    fn find_or_make(&mut self, missing: MissingName) -> Result<(), Refused> {
        let directory = duplicate(missing.directory)?;
        let name = plain(missing.name);
        let failed = |errno| refuse!(STEP, "keeping ", missing.name, " from being made", errno);
        let name = name.c_str().map_err(failed)?;
        if name.is_empty() || name.to_bytes().contains(&b'/') {
            return Err(failed(Errno::INVAL));
        }
        let mut tries = TRIES;
        loop {
            let seen = open_at(&directory, name, OFlags::PATH | OFlags::NOFOLLOW);
            let claim = Claim::on(directory.as_fd(), name);
            let stub = match seen {
                Ok(found) => {
                    let status = fstat(&found).map_err(failed)?;
                    if !is_stub(&status, missing.content.to_bytes()) {
                        return self.look_up(found);
                    }
                    claim.and_then(|claim| claim.take(name, &status))
                }
                Err(Errno::NOENT) => claim.and_then(|claim| claim.make(name, kind_of(missing))),
                Err(errno) => return Err(failed(errno)),
            };
            match stub {
                Ok(stub) => {
                    let seen = open_at(&directory, name, OFlags::PATH | OFlags::NOFOLLOW);
                    self.stub = Some((stub, missing));
                    return self.look_up(seen.map_err(failed)?);
                }
                Err(Errno::EXIST | Errno::NOENT | Errno::WOULDBLOCK) if tries > 0 => {
                    tries = tries.saturating_sub(1);
                    sched_yield();
                }
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
}

fn kind_of(missing: MissingName) -> StubKind<'static> {
    if missing.name.to_bytes().ends_with(b"/") {
        StubKind::Directory
    } else {
        StubKind::File(missing.content.to_bytes())
    }
}

/// A name without the slash that says that it is a directory's.
fn plain(name: &CStr) -> Text<256> {
    let bytes = name.to_bytes();
    Text::of(bytes.strip_suffix(b"/").unwrap_or(bytes))
}

fn duplicate(number: i32) -> Result<OwnedFd, Refused> {
    descriptors::duplicate(number).map_err(|errno| {
        let shown = u64::try_from(number).unwrap_or(u64::MAX);
        refuse!(STEP, "descriptor ", shown, errno)
    })
}

/// The path by which the host finds an open file (`proc_pid_fd(5)`).
fn path_of(number: &Text<32>) -> Result<Text<4096>, Errno> {
    let mut link = Text::<64>::of(b"/proc/self/fd/");
    link.push_bytes(number.bytes());
    let mut buffer = [0; 4096];
    let length = readlinkat_raw(rustix::fs::CWD, link.c_str()?, &mut buffer[..])?;
    let path = Text::of(buffer.get(..length).unwrap_or(&[]));
    // What does not fit was left out, and is no path.
    let _whole = path.c_str()?;
    Ok(path)
}
