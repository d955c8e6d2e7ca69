//! What the caller has connected to a standard descriptor, and what the program gets in its place.

use crate::arguments::Options;
use crate::files::{is_directory, is_same, open, path_of};
use crate::message::{EMULATED, OrRefuse, Part, Refused, refuse};
use crate::text::Text;
use core::ffi::CStr;
use purple_sys::descriptors::{self, is_one_open_file};
use rustix::fd::BorrowedFd;
use rustix::fs::{
    FileType, OFlags, PROC_SUPER_MAGIC, Stat, fcntl_getfl, fstat, fstatfs, major, minor, tell,
};
use rustix::io::{Errno, write};
use rustix::net::sockopt::{socket_domain, socket_type};
use rustix::net::{AddressFamily, SocketType};
use rustix::termios::{tcgetattr, tcgetpgrp};

const STEP: &str = "start";

/// What a standard descriptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever it is, the operator has it handed on.
    HandedOn,
    /// A terminal.
    Terminal,
    /// A device that every sandbox has, under this name.
    Device(&'static CStr),
    /// A file, opened for reading only, to which its path still leads.
    ReadOnlyFile,
    /// A pipe or a FIFO.
    Pipe,
    /// A unix stream socket.
    Socket,
    /// Any other regular file: opened for writing, deleted, in memory.
    OtherFile,
}

/// Which way bytes go through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the program.
    In,
    /// From the program.
    Out,
}

/// A standard descriptor as the caller has connected it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standard {
    pub(super) kind: Kind,
    pub(super) direction: Direction,
    /// An earlier one with the same replacement: what the program writes to both keeps its order.
    pub(super) same_as: Option<usize>,
    status: Stat,
    pub(super) flags: OFlags,
}

impl Standard {
    /// The access mode that it was opened with.
    pub(super) fn access(&self) -> OFlags {
        self.flags & OFlags::RWMODE
    }
}

/// The caller's descriptor of this number; standard error where there is none of that number.
pub(super) fn of_caller(number: usize) -> BorrowedFd<'static> {
    match number {
        0 => descriptors::input(),
        1 => descriptors::output(),
        _ => descriptors::error(),
    }
}

/// Looks at descriptors 0 to 2. One that could lead further than to what it was opened for, and for
/// which there is nothing to put in its place, refuses the run.
pub(super) fn look(options: &Options) -> Result<[Standard; 3], Refused> {
    let input = look_at(0, options)?;
    let mut output = look_at(1, options)?;
    let mut error = look_at(2, options)?;
    output.same_as = share(1, &output, 0, &input).then_some(0);
    error.same_as = if share(2, &error, 0, &input) {
        Some(0)
    } else {
        share(2, &error, 1, &output).then_some(1)
    };
    let standard = [input, output, error];
    let mut terminals = standard
        .iter()
        .enumerate()
        .filter(|(_, standard)| standard.kind == Kind::Terminal && standard.same_as.is_none());
    if let (Some(_), Some((number, _))) = (terminals.next(), terminals.next()) {
        return Err(refused(number, Part::Text("another terminal")));
    }
    Ok(standard)
}

/// There is nothing that can be put in its place.
fn refused(number: usize, what: Part<'static>) -> Refused {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    let advice = "; --inherit-stdio hands it on as it is";
    refuse!(STEP, "descriptor ", number, " is ", what, advice)
}

fn look_at(number: usize, options: &Options) -> Result<Standard, Refused> {
    const LOOKING: &str = "looking at a standard descriptor";
    let fd = of_caller(number);
    let status = fstat(fd).or_refuse(STEP, LOOKING)?;
    let flags = fcntl_getfl(fd).or_refuse(STEP, LOOKING)?;
    let shown = u64::try_from(number).unwrap_or(u64::MAX);
    if is_directory(status.st_mode) {
        let what = " is a directory, which would show it inside";
        return Err(refuse!(STEP, "descriptor ", shown, what));
    }
    let kind = if options.inherit_stdio {
        Kind::HandedOn
    } else {
        kind(number, &status, flags).map_err(|what| refused(number, what))?
    };
    let direction = match flags & OFlags::RWMODE {
        OFlags::WRONLY => Direction::Out,
        OFlags::RDWR if number != 0 => Direction::Out,
        _ => Direction::In,
    };
    // A write of nothing fails where none is allowed. What the program prints must not be taken for its input.
    let is_for_reading = flags & OFlags::RWMODE == OFlags::RDONLY;
    if number != 0 && is_for_reading && write(fd, &[]) != Err(Errno::BADF) {
        return Err(refuse!(STEP, LOOKING, EMULATED));
    }
    Ok(Standard {
        kind,
        direction,
        same_as: None,
        status,
        flags,
    })
}

/// What it is; the error is what it is where nothing can be put in its place.
fn kind(number: usize, status: &Stat, flags: OFlags) -> Result<Kind, Part<'static>> {
    let fd = of_caller(number);
    if flags.contains(OFlags::PATH) {
        return Err(Part::Text("opened as a path only"));
    }
    match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => {
            // A name of a namespace, a process's handle.
            if flags & OFlags::RWMODE != OFlags::WRONLY && tell(fd) == Err(Errno::SPIPE) {
                return Err(Part::Text("a file that cannot be read from a position"));
            }
            let is_read_only = flags & OFlags::RWMODE == OFlags::RDONLY;
            Ok(if is_read_only && path_leads_to(number, status) {
                Kind::ReadOnlyFile
            } else {
                Kind::OtherFile
            })
        }
        FileType::Fifo => Ok(Kind::Pipe),
        FileType::Socket => socket(fd),
        FileType::CharacterDevice => character_device(fd, status),
        _ => Err(Part::Text("no file, pipe, socket or terminal")),
    }
}

fn socket(fd: BorrowedFd<'_>) -> Result<Kind, Part<'static>> {
    match (socket_domain(fd), socket_type(fd)) {
        (Ok(AddressFamily::UNIX), Ok(SocketType::STREAM)) => Ok(Kind::Socket),
        (Ok(AddressFamily::UNIX), _) => Err(Part::Text("a unix socket for datagrams")),
        (Ok(AddressFamily::INET | AddressFamily::INET6), _) => Err(Part::Text(
            "an internet socket, which belongs to the network outside",
        )),
        (Ok(AddressFamily::NETLINK), _) => Err(Part::Text("a netlink socket")),
        _ => Err(Part::Text("a socket of another family")),
    }
}

/// `MEM_MAJOR` (linux/major.h) and its devices (null(4), full(4), random(4)), or a terminal. The master of
/// one (pts(4)) is none: opened again, it is another terminal's.
fn character_device(fd: BorrowedFd<'_>, status: &Stat) -> Result<Kind, Part<'static>> {
    const MEMORY: u32 = 1;
    /// `TTYAUX_MAJOR` (linux/major.h), and the number of ptmx there.
    const MASTER: (u32, u32) = (5, 2);
    let null = Kind::Device(c"/dev/null");
    if major(status.st_rdev) == MEMORY {
        return match minor(status.st_rdev) {
            3 => Ok(null),
            5 => Ok(Kind::Device(c"/dev/zero")),
            7 => Ok(Kind::Device(c"/dev/full")),
            8 => Ok(Kind::Device(c"/dev/random")),
            9 => Ok(Kind::Device(c"/dev/urandom")),
            _ => Err(Part::Text("a device that shows memory")),
        };
    }
    if (major(status.st_rdev), minor(status.st_rdev)) == MASTER {
        return Err(Part::Text("the master of a terminal"));
    }
    match tcgetattr(fd) {
        Ok(_) => Ok(Kind::Terminal),
        // A terminal that was hung up: nothing comes from it, and nothing goes to it.
        Err(Errno::IO) => Ok(null),
        Err(_) => Err(Part::Text("a device")),
    }
}

/// Whether the path of a file leads to it, and it can be opened again there. Not for /proc: what it
/// shows depends on who opens it.
#[inline(never)] // A path takes a page of the stack, which other descriptors do not need.
fn path_leads_to(number: usize, status: &Stat) -> bool {
    let mut path = Text::new();
    let found = path_of(of_caller(number), &mut path).and_then(|path| {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let found = open(path, flags)?;
        let of_proc = fstatfs(&found)?.f_type == PROC_SUPER_MAGIC;
        Ok(!of_proc && is_same(&fstat(&found)?, status))
    });
    found == Ok(true)
}

/// Whether two descriptors get one replacement.
fn share(number: usize, standard: &Standard, other: usize, earlier: &Standard) -> bool {
    let is_same = is_same(&standard.status, &earlier.status);
    let is_alike = standard.kind == earlier.kind && is_same;
    match standard.kind {
        // A session has one terminal, which has two names: its own and /dev/tty (tty(4)).
        Kind::Terminal if standard.kind == earlier.kind => {
            let is_controlling = |number| tcgetpgrp(of_caller(number)).is_ok();
            is_same || is_controlling(number) && is_controlling(other)
        }
        Kind::HandedOn | Kind::Device(_) | Kind::Terminal => false,
        Kind::Pipe | Kind::Socket => is_alike && standard.direction == earlier.direction,
        Kind::ReadOnlyFile | Kind::OtherFile => {
            is_alike
                && standard.flags == earlier.flags
                && standard.direction == earlier.direction
                && (standard.flags.contains(OFlags::APPEND) || is_one(number, other))
        }
    }
}

/// Whether they are of one open file; where the kernel does not say, whether they are at one position.
fn is_one(number: usize, other: usize) -> bool {
    let (one, other) = (of_caller(number), of_caller(other));
    is_one_open_file(one, other).unwrap_or_else(|_| tell(one) == tell(other))
}
