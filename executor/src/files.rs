//! Whole reads and writes of files: one call may do a part of what is asked, or be interrupted.
//!
//! No program that is executed gets a descriptor which is opened here: all are close-on-exec.

use crate::text::Text;
use core::ffi::CStr;
use purple_sys::descriptors::made;
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, RawMode, Stat, openat, readlinkat_raw};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

/// Opens what is there already.
pub(crate) fn open(path: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    open_at(CWD, path, flags)
}

/// Opens what is there already, below a directory. Whatever is there, this does not wait: not for the
/// other end of a FIFO (fifo(7)), nor for who has a lease on a file (`F_SETLEASE(2const)`).
pub(crate) fn open_at(dir: impl AsFd, path: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    let always = OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    made(openat(dir, path, flags | always, Mode::empty())?)
}

/// A pipe: the end to read from, and the end to write to.
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    Ok((made(reader)?, made(writer)?))
}

/// Reads as much of a file as fits.
pub(crate) fn read<'b>(
    dir: impl AsFd,
    file: &CStr,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Errno> {
    let used = read_all(open_at(dir, file, OFlags::RDONLY)?, buffer)?;
    Ok(buffer.get(..used).unwrap_or(&[]))
}

/// Reads all of a file. One that fills the memory is refused, because it may go on.
pub(crate) fn read_whole<'b>(file: &CStr, memory: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let room = memory.len();
    let text = read(CWD, file, memory)?;
    if text.len() == room {
        return Err(Errno::FBIG);
    }
    Ok(text)
}

/// Writes a file of the kernel's by one write, of which a part would be an error.
pub(crate) fn write(dir: impl AsFd, file: &CStr, content: &[u8]) -> Result<(), Errno> {
    let written = rustix::io::write(open_at(dir, file, OFlags::WRONLY)?, content)?;
    if written != content.len() {
        return Err(Errno::IO);
    }
    Ok(())
}

/// Reads until the end of the file or of the memory; returns how many bytes came.
pub(crate) fn read_all(file: impl AsFd, memory: &mut [u8]) -> Result<usize, Errno> {
    let mut used = 0_usize;
    while let Some(room) = memory.get_mut(used..).filter(|room| !room.is_empty()) {
        match rustix::io::read(&file, room) {
            Ok(0) => break,
            Ok(count) => used = used.saturating_add(count),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(used)
}

/// Writes all of it.
pub(crate) fn write_all(file: impl AsFd, bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(&file, rest) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => rest = rest.get(written..).unwrap_or(&[]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// What a symbolic link leads to. NAMETOOLONG for what is longer than a path can be.
///
/// The memory is the caller's: a path that is returned is copied, and takes up the stack each time.
pub(crate) fn read_link<'t>(
    dir: impl AsFd,
    path: &CStr,
    text: &'t mut Text<4096>,
) -> Result<&'t CStr, Errno> {
    text.fill(|buffer| readlinkat_raw(&dir, path, buffer))?;
    text.c_str()
}

/// The path by which the kernel finds an open file of this process (`proc_pid_fd(5)`).
pub(crate) fn path_of(file: impl AsFd, text: &mut Text<4096>) -> Result<&CStr, Errno> {
    let mut link = Text::<64>::of(b"/proc/self/fd/");
    link.push_number(u64::from(file.as_fd().as_raw_fd().unsigned_abs()));
    read_link(CWD, link.c_str()?, text)
}

/// Whether both are of one file.
pub(crate) fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

/// Whether a mode is a directory's.
pub(crate) fn is_directory(mode: RawMode) -> bool {
    FileType::from_raw_mode(mode) == FileType::Directory
}
