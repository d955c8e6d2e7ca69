//! Files in memory (`memfd_create(2)`).

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;

/// An empty file that commands which this process executes inherit.
pub fn inherited(name: &CStr) -> Result<File, Errno> {
    memfd_create(name, MFdFlags::empty()).map(File::from)
}

/// Has commands that this process executes inherit a file, and gives the descriptor's number.
pub fn inherit(file: &File) -> Result<i32, Errno> {
    let _zero = fcntl(file, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(file.as_raw_fd())
}

/// Bytes that no process can change any more.
#[derive(Debug)]
pub struct SealedBytes {
    memory: OwnedFd,
}

impl SealedBytes {
    /// Seals a copy of these bytes. It stays open across exec, on purpose.
    pub fn new(name: &CStr, bytes: &[u8]) -> io::Result<Self> {
        let memory = memfd_create(name, MFdFlags::MFD_ALLOW_SEALING)?;
        let mut file = File::from(memory);
        file.write_all(bytes)?;
        let seals = SealFlag::F_SEAL_WRITE
            | SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_SEAL;
        let _zero = fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        Ok(Self {
            memory: file.into(),
        })
    }

    /// Where this process finds them, and the command that it executes.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.memory.as_raw_fd()))
    }
}

#[cfg(test)]
mod tests {
    use super::SealedBytes;

    #[test]
    fn sealed_bytes_can_be_read_and_not_changed() {
        let sealed = SealedBytes::new(c"test", b"plan");
        let path = sealed.as_ref().map(SealedBytes::path);
        assert!(path.is_ok_and(|path| {
            std::fs::read(&path).is_ok_and(|bytes| bytes == b"plan")
                && std::fs::write(&path, b"other").is_err()
        }));
    }
}
