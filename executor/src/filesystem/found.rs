//! What was found at a path, by what the kernel knows it.

use crate::files::is_directory;
use crate::text::Text;
use rustix::fs::Statx;

/// What was found at a path.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    /// The mount that it was opened by.
    pub(super) mount: u64,
    pub(super) identity: Identity,
    pub(super) directory: bool,
}

impl Found {
    pub(super) fn of(status: &Statx) -> Self {
        Self {
            mount: status.stx_mnt_id,
            identity: Identity::of(status),
            directory: is_directory(status.stx_mode.into()),
        }
    }
}

/// A file system and a file in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Identity {
    pub(super) device: (u32, u32),
    pub(super) inode: u64,
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
