//! Whole reads and writes: the calls may do a part of what is asked, or be interrupted.

use rustix::fd::AsFd;
use rustix::io::Errno;

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
