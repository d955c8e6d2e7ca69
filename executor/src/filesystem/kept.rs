//! What later runs obey, and so must stay as it is: the plan's file, this program, and what the caller
//! names by descriptors. Here it is opened and looked up on the host; `guard` keeps it inside.
//!
//! A name proves nothing: another mount, a link or a bind can lead to the same object. So an object is
//! known by its device and inode, and its place by its path within its file system, which is the same
//! for every mount of it.

use super::found::Found;
use super::step::{Step, has};
use super::stub::{Claim, Stub, StubKind, is_stub};
use super::target::status_of;
use crate::arguments::{KeptArgument, MissingName};
use crate::files::{open, open_at, path_of};
use crate::message::{Refused, refuse, say};
use crate::mountinfo::{self, Entry};
use crate::run::Run;
use crate::text::{Text, number};
use core::ffi::CStr;
use purple_plan::{Mount, MountKind, mount_flags};
use purple_sys::{descriptors, memory};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, fstat};
use rustix::io::Errno;
use rustix::process::umask;
use rustix::thread::sched_yield;

const STEP: &str = "kept file";

/// How often a name is looked at again after another sandbox has changed it.
const TRIES: u32 = 10_000;

/// The most that is handed over of one object: its path, eight numbers, and a zero behind them.
const MOST_HANDED: usize = 4096 + 256;

/// Everything that a run keeps as it is, in the supervisor.
///
/// It is looked up while init builds the sandbox, so init cannot have it from the clone: it is handed over
/// in memory that both have.
pub(crate) struct KeptSet {
    objects: &'static mut [Kept],
    report: Option<OwnedFd>,
    /// The objects as they are handed over, and the host's mounts as the kernel lists them; what is behind
    /// them is zero. Empty where nothing is kept.
    handed: Room,
    mounts: &'static mut [u8],
}

/// Memory of which one piece after the other is filled.
struct Room(&'static mut [u8]);

impl Room {
    /// Fills the next piece. `None` where it is full.
    fn fill(&mut self, bytes: &[u8]) -> Option<&'static [u8]> {
        let room = core::mem::take(&mut self.0);
        let (piece, rest) = room.split_at_mut_checked(bytes.len())?;
        self.0 = rest;
        piece.copy_from_slice(bytes);
        Some(piece)
    }
}

/// The same, in init.
pub(super) struct KeptOfHost {
    pub(super) objects: &'static [Kept],
    /// The host's mounts.
    pub(super) mounts: &'static [Entry<'static>],
}

/// An object that stays as it is.
#[derive(Default)]
pub(super) struct Kept {
    file: Option<OwnedFd>,
    /// The path by which the host finds it, or for what a step covers, the path inside.
    pub(super) path: &'static [u8],
    pub(super) found: Found,
    /// Whether it has more names than one.
    pub(super) linked: bool,
    /// Who owns it, and whether others may write to it.
    pub(super) owner: u32,
    pub(super) open_to_others: bool,
    /// The step that covers it at one of its places.
    pub(super) step: Option<Mount<'static>>,
    /// What stands in for a name that does not exist, and the name.
    stub: Option<(Stub, MissingName)>,
}

impl KeptSet {
    /// Room for all of it. Nothing where the program can write to nothing of the host.
    pub(crate) fn new(
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
                report: None,
                handed: Room(&mut []),
                mounts: &mut [],
            });
        }
        let count = run.options.kept.len().saturating_add(3);
        let failed = |errno| refuse!(STEP, "its table", errno);
        let report = report.map(|report| duplicate(report.as_raw_fd()));
        Ok(Self {
            objects: memory::keep((0..count).map(|_| Kept::default())).map_err(failed)?,
            report: report.transpose()?,
            handed: Room(memory::shared_pages(count.saturating_mul(MOST_HANDED)).map_err(failed)?),
            mounts: memory::shared_pages(mountinfo::MOST_BYTES).map_err(failed)?,
        })
    }

    /// In the supervisor: opens and looks up everything, makes stubs for names that do not exist, and
    /// hands it over to init.
    pub(crate) fn fill(&mut self, run: &Run) -> Result<(), Refused> {
        if self.objects.is_empty() {
            return Ok(());
        }
        let _length: usize = mountinfo::read(self.mounts)
            .map_err(|errno| refuse!(STEP, "reading the host's mounts", errno))?;
        // A stub has the mode that it is made with.
        let before = umask(Mode::empty());
        let opened = self.look_up(run);
        let _ours: Mode = umask(before);
        opened
    }

    /// In init, once the supervisor has handed it over.
    pub(super) fn of_host(&mut self) -> Result<KeptOfHost, Refused> {
        if self.objects.is_empty() {
            return Ok(KeptOfHost {
                objects: &[],
                mounts: &[],
            });
        }
        let failed = |errno| refuse!(STEP, "what the supervisor has looked up", errno);
        let mut count = 0_usize;
        let handed: &'static [u8] = core::mem::take::<&'static mut [u8]>(&mut self.handed.0);
        let texts = handed.split(|&byte| byte == 0);
        let texts = texts.take_while(|text| !text.is_empty());
        for (kept, text) in self.objects.iter_mut().zip(texts) {
            kept.take(text).ok_or_else(|| failed(Errno::BADMSG))?;
            count = count.saturating_add(1);
        }
        let objects = core::mem::take(&mut self.objects);
        let mounts = core::mem::take(&mut self.mounts);
        let length = until_zero(mounts).len();
        Ok(KeptOfHost {
            objects: objects.get(..count).unwrap_or_default(),
            mounts: mountinfo::take_apart(mounts, length).map_err(failed)?,
        })
    }

    fn look_up(&mut self, run: &Run) -> Result<(), Refused> {
        let mut slots = self.objects.iter_mut();
        let room = &mut self.handed;
        let program = open(c"/proc/self/exe", OFlags::PATH);
        let program = program.map_err(|errno| refuse!(STEP, "/proc/self/exe", errno))?;
        let plan = duplicate(run.plan_file.as_raw_fd())?;
        for file in [Some(program), Some(plan), self.report.take()] {
            if let Some(file) = file
                && let Some(kept) = slots.next()
            {
                kept.look_up(file, room)?;
            }
        }
        for (kept, argument) in slots.zip(run.options.kept) {
            match argument {
                KeptArgument::Object(number) => kept.look_up(duplicate(number)?, room)?,
                KeptArgument::Missing(missing) => kept.find_or_make(missing, room)?,
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
                Err(errno) => say!(STEP, kept.path, " is left", errno),
            }
        }
    }
}

impl Kept {
    /// Finds out what it is and where the host has it, and hands that over.
    fn look_up(&mut self, file: OwnedFd, room: &mut Room) -> Result<(), Refused> {
        let number = u64::try_from(file.as_raw_fd()).unwrap_or(u64::MAX);
        let failed = |errno| refuse!(STEP, "descriptor ", number, errno);
        let status = status_of(file.as_fd()).map_err(failed)?;
        let mode = u32::from(status.stx_mode);
        self.found = Found::of(&status);
        self.linked = mode & 0o170_000 == 0o100_000 && status.stx_nlink > 1;
        self.owner = status.stx_uid;
        self.open_to_others = mode & 0o022 != 0;
        let mut path = Text::new();
        let mut path = path_of(&file, &mut path).map_err(failed)?.to_bytes();
        if status.stx_nlink == 0 {
            // The kernel says so behind the path. What has its name now is another file, which is
            // noticed where it can be reached.
            path = path.strip_suffix(b" (deleted)").unwrap_or(path);
        }
        self.file = Some(file);
        self.hand_over(path, room)
            .ok_or_else(|| failed(Errno::NAMETOOLONG))
    }

    /// Whether a step hides it.
    pub(super) fn is_hidden(&self) -> bool {
        let mask = self.step.filter(|step| step.kind == MountKind::Mask);
        mask.is_some_and(|step| step.target.to_bytes() == self.path)
    }

    /// What a step hides or protects at its place.
    pub(super) fn covered(step: &Step) -> Option<Self> {
        let covered = step.covered.filter(|_| step.is_kept())?;
        Some(Self {
            path: step.inside_path,
            found: covered,
            step: Some(step.mount),
            ..Self::default()
        })
    }

    /// Writes what init needs of it, the path last, and keeps the path there.
    fn hand_over(&mut self, path: &[u8], room: &mut Room) -> Option<()> {
        let mut text = Text::<256>::new();
        for number in [
            self.found.mount,
            self.found.identity.device.0.into(),
            self.found.identity.device.1.into(),
            self.found.identity.inode,
            self.owner.into(),
            self.linked.into(),
            self.open_to_others.into(),
            self.found.directory.into(),
        ] {
            text.push_number(number);
            text.push(" ");
        }
        let _numbers: &[u8] = room.fill(text.bytes())?;
        self.path = room.fill(path)?;
        let _end: &[u8] = room.fill(&[0])?;
        Some(())
    }

    /// Takes over what another process has looked up. `None` where that is no such text.
    fn take(&mut self, text: &'static [u8]) -> Option<()> {
        let mut fields = text.splitn(9, |&byte| byte == b' ');
        self.found.mount = number(fields.next()?)?;
        self.found.identity.device.0 = number(fields.next()?)?;
        self.found.identity.device.1 = number(fields.next()?)?;
        self.found.identity.inode = number(fields.next()?)?;
        self.owner = number(fields.next()?)?;
        self.linked = number(fields.next()?).map(|said: u8| said != 0)?;
        self.open_to_others = number(fields.next()?).map(|said: u8| said != 0)?;
        self.found.directory = number(fields.next()?).map(|said: u8| said != 0)?;
        self.path = fields.next()?;
        Some(())
    }

    /// What has the name in its directory; a stub where nothing has.
    fn find_or_make(&mut self, missing: MissingName, room: &mut Room) -> Result<(), Refused> {
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
                        return self.look_up(found, room);
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
                    return self.look_up(seen.map_err(failed)?, room);
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

/// What stands before the first byte that is zero.
fn until_zero(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().position(|&byte| byte == 0);
    bytes.get(..length.unwrap_or(bytes.len())).unwrap_or(bytes)
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
